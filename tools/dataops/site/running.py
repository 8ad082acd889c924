"""What runs right now, from the journals of this machine: each is read on from where it was read before."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import IO, Any

from dataops.health.health import Last
from dataops.history.journals import is_live, journals
from dataops.history.names import ended, file_name, moment
from dataops.output.words import plural
from dataops.project import statuses
from dataops.site.content import SHOWN, NodeRun, Run, Running, Site

_RUNNING = "running"


class Journals:
    """The journals of a folder, read time and again. Not for several threads."""

    def __init__(self, folder: Path) -> None:
        """Name the folder, which need not be there yet."""
        self._folder = folder
        self._read: dict[Path, _Journal] = {}

    def look(self) -> tuple[Running, ...]:
        """All runs that there are journals of, the newest first, and once more those whose journal was just stored."""
        there = journals(self._folder)
        for path in there:
            if path not in self._read:
                self._add(path)
        found = [told for each in self._read.values() if (told := each.look()) is not None]
        for path in self._read.keys() - set(there):
            self._read.pop(path).close()
        return tuple(sorted(found, key=lambda each: each.run.started, reverse=True))

    def close(self) -> None:
        """Let go of the files."""
        for each in self._read.values():
            each.close()

    def _add(self, path: Path) -> None:
        with suppress(FileNotFoundError):  # stored and removed since it was listed
            self._read[path] = _Journal(path)


class _Journal:
    """One journal. Its file stays open: its writer's last words can be read when it is removed already."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] = path.open("rb")
        self._half = b""
        self._invocation: Mapping[str, Any] | None = None
        self._begun: dict[str, NodeRun] = {}
        self._done: dict[str, NodeRun] = {}
        self._never_began: dict[str, str] = {}
        self._told: Running | None = None
        self._heard = datetime.now(timezone.utc)
        self._dead = False

    def look(self) -> Running | None:
        """The run as it is now; None before its first line."""
        new = self._file.read()
        if new:
            *lines, self._half = (self._half + new).split(b"\n")
            for line in lines:
                self._take(line)
            self._heard = datetime.fromtimestamp(os.fstat(self._file.fileno()).st_mtime, timezone.utc)
        # A live writer says so with a lock. Once nobody held it, nobody will: it is not asked for again.
        killed = not new and not self._dead and self._going and not is_live(self._path)
        self._dead = self._dead or killed
        if self._invocation is not None and (new or killed or self._told is None):
            self._told = self._tell(self._invocation)
        return self._told

    def close(self) -> None:
        self._file.close()

    @property
    def _going(self) -> bool:
        return self._invocation is not None and self._invocation.get("status") == _RUNNING

    def _take(self, line: bytes) -> None:
        try:
            told = json.loads(line)
            kind, given = told["kind"], told[told["kind"]]
            if kind == "invocation":
                moment(datetime.fromisoformat(given["started_at"]))
                self._invocation = given
            elif kind == "started":
                self._begun[given["unique_id"]] = _node(given, _RUNNING)
            elif kind == "result" and given["started_at"] is None:
                self._never_began[given["unique_id"]] = given["status"]
            elif kind == "result":
                self._begun.pop(given["unique_id"], None)
                self._done[given["unique_id"]] = _node(given, given["status"])
        except (ValueError, KeyError, TypeError, AttributeError):
            return  # a line that a killed writer did not finish, or that somebody damaged

    def _tell(self, given: Mapping[str, Any]) -> Running:
        status = "interrupted" if self._dead and self._going else str(given["status"])
        longest = sorted(self._done.values(), key=lambda node: node.seconds, reverse=True)[:SHOWN]
        run = Run(
            key=file_name(str(given["invocation_id"])),
            command=str(given.get("command")),
            started=moment(datetime.fromisoformat(given["started_at"])),
            seconds=given.get("seconds"),
            status=ended(status),
            target=str(given.get("target")),
            by="@".join(each for each in (given.get("user"), given.get("host")) if each),
            revision=given.get("revision"),
            counts=Counter([*(node.status for node in self._done.values()), *self._never_began.values()]),
            nodes=tuple(sorted(longest, key=lambda node: (node.started, node.key))),
        )
        over = None if status == _RUNNING else self._heard
        bad = tuple(node for node in self._done.values() if statuses.is_failure(node.status))
        planned = given.get("planned")
        if planned is not None:
            planned = max(planned, sum(run.counts.values()))  # hooks end too, and dbt does not count them
        return Running(run, planned, tuple(self._begun.values()), bad, over)


def _node(given: Mapping[str, Any], status: str) -> NodeRun:
    return NodeRun(
        key=given["unique_id"],
        name=given["name"],
        kind=given["kind"],
        status=status,
        started=moment(datetime.fromisoformat(given["started_at"])),
        seconds=given.get("seconds") or 0.0,
        lane=given.get("thread") or "thread",
        rows=given.get("rows_affected"),
        message=given.get("message") or "",
    )


_LINGERS = timedelta(minutes=10)


def shown_runs(running: Iterable[Running], now: datetime) -> tuple[Running, ...]:
    """Those that run, and those that ended a moment ago."""
    return tuple(each for each in running if each.ended is None or now - each.ended < _LINGERS)


def joined(site: Site, running: Iterable[Running], now: datetime) -> Site:
    """A site with production's runs as they are now, where what was gathered says less of them."""
    known = {run.key: run for run in site.runs if run.status != _RUNNING}
    mine = {
        each.run.key: _with_active(each, now)
        for each in running
        if each.run.target == site.environment and each.run.command != "ci" and each.run.key not in known
    }
    if not mine:
        return site
    runs = sorted(
        [*mine.values(), *(run for run in site.runs if run.key not in mine)], key=lambda run: run.started, reverse=True
    )
    newest = runs[0]
    last = Last(newest.key, newest.command, newest.started, newest.seconds, newest.status)
    return replace(site, runs=tuple(runs), health=replace(site.health, last=last))


def so_far(running: Running) -> str:
    """`12 of 30 nodes have ended, 1 failed`."""
    done = sum(running.run.counts.values())
    of = f" of {running.planned:,}" if running.planned else ""
    failed = f", {len(running.bad):,} failed" if running.bad else ""
    return f"{done:,}{of} {'node' if (running.planned or done) == 1 else 'nodes'} done{failed}"


def running_line(running: Iterable[Running]) -> str:
    """What runs, in a few words; empty when nothing does."""
    return "; ".join(f"{_named(each.run)}: {so_far(each)}" for each in running if each.ended is None)


def news(before: Iterable[Running], after: Iterable[Running]) -> str:
    """What whoever does not look has to hear: that a run began, that nodes failed, and how it ended."""
    known = {each.run.key: each for each in before}
    words = []
    for each in after:
        old = known.get(each.run.key)
        if old is None and each.ended is None:
            words.append(f"{_named(each.run)} has begun")
        failed = each.bad[len(old.bad) if old else 0 :]
        if failed:
            words.append(f"{plural(len(failed), 'node')} failed: {', '.join(node.name for node in failed[:3])}")
        if each.ended is not None and (old is None or old.ended is None):
            words.append(f"{_named(each.run)} has ended: {each.run.status}, {so_far(each)}")
    return ". ".join(words)


def _named(run: Run) -> str:
    return f"{run.command} in {run.target}"


def _with_active(running: Running, now: datetime) -> Run:
    until = running.ended or now
    active = [replace(node, seconds=max(0.0, (until - node.started).total_seconds())) for node in running.active]
    nodes: tuple[NodeRun, ...] = (*(running.run.nodes or ()), *active)
    return replace(running.run, nodes=tuple(sorted(nodes, key=lambda node: (node.started, node.key))))
