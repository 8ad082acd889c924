"""`--events FILE`: what a command does is added to a file as it happens, a JSON object a line (schemas/event.json)."""

from __future__ import annotations

import json
import os
import sys
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from dataops.breaker.pauses import Hold
from dataops.environment import git
from dataops.errors import UNABLE, DataopsError, RefusedError, SettingsError, StateError
from dataops.history import observation
from dataops.history.names import short
from dataops.project.invocation import Parsed
from dataops.project.outcome import Account, NodeResult, Outcome, counted
from dataops.project.profiles import Target
from dataops.project.session import Project
from dataops.release.contents import Contents
from dataops.release.facts import Deployed
from dataops.release.waiting import contents
from dataops.store.record import Release
from dataops.store.state import State

VERSION = 1
"""Version of a line."""

_TOLD = frozenset({"NodeStart", "NodeFinished"})
_INTERRUPTED = 130


class Events:
    """The events of one command; a watcher of its project's runs. Without a file it tells nobody anything."""

    def __init__(self, file: Path | None, command: str) -> None:
        """Open the file to add to it.

        Raises:
            SettingsError: it cannot be written.
        """
        self._command = command
        self._run = str(uuid.uuid4())
        self._began = _iso(datetime.now(timezone.utc))
        self._adding = threading.Lock()
        self._project: Project | None = None
        self._target: str | None = None
        self._pauses = False
        self._started = False
        self._build = 0
        self._manifests: tuple[Any, Any] = (None, None)
        self._told: set[str] = set()
        self._waits: tuple[Release, Contents] | None = None
        self._file: int | None = None
        if file is not None:
            try:
                file.parent.mkdir(parents=True, exist_ok=True)
                self._file = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
            except OSError as error:
                raise SettingsError(f"--events {file}: {error.strerror}", "name a file that can be written") from error

    @property
    def wanted(self) -> bool:
        """Whether anybody is told."""
        return self._file is not None

    # -- the command ------------------------------------------------------------------------------------------------

    def begin(self, project: Project, target: str, pauses: bool = False) -> None:
        """The project was opened, and the target chosen; what dbt runs in it from now on is told.

        `pauses`: whether what fails can yet be held, and the rest released.
        """
        self._project, self._target, self._pauses = project, target, pauses
        self._start()
        if self.wanted:
            project.watchers.append(self)

    def end(self, code: int, verdict: str) -> int:
        """The command has ended; returns its exit code."""
        self._start()
        self._say("run.finished", exit_code=code, verdict=verdict)
        if self._file is not None:
            with suppress(OSError):
                os.fsync(self._file)
        return code

    def fail(self, error: BaseException) -> None:
        """The command ends with an error."""
        if isinstance(error, RefusedError) and self._waits is not None:
            self._release("release.refused", *self._waits, why=error.message)
        if isinstance(error, DataopsError):
            self.end(error.exit_code, error.message)
        elif isinstance(error, KeyboardInterrupt):
            self.end(_INTERRUPTED, "interrupted")
        else:
            self.end(UNABLE, f"{type(error).__name__}, a defect of dataops")

    def close(self) -> None:
        """Let go of the file and the project."""
        if self._project is not None and self in self._project.watchers:
            self._project.watchers.remove(self)
        if self._file is not None:
            os.close(self._file)
            self._file = None

    # -- releases ---------------------------------------------------------------------------------------------------

    def paused(self, holds: Sequence[Hold]) -> None:
        """Tell of the pauses that began during the command."""
        for each in holds:
            if each.pause.at >= self._began:
                self._say("node.paused", unique_id=each.pause.node, test=each.pause.check, why=each.pause.reason)

    def deployed(self, done: Deployed) -> None:
        """A deploy has ended: what became of its release."""
        self.paused(done.holds)
        if done.release is None:
            kept = done.unfinished.release if done.unfinished is not None else None
            self._release("release.refused", None, done.contents, done.superseded, done.verdict, kept)
        else:
            event = "release.waiting" if done.waiting is not None else "release.published"
            self._release(event, done.release, done.contents, superseded=done.superseded)

    def found(self, state: State, release: str) -> None:
        """A release waits, and something is about to become of it. What its record does not tell is not told."""
        if not self.wanted:
            return
        with suppress(StateError):
            record = state.release(release)
            if record is not None:
                self._waits = record, contents(state, release)

    def publishing(self, state: State, release: str) -> None:
        """As `found`; whoever waits for what is published would wait for ever if nobody knew what it is.

        Raises:
            StateError: what is in the release cannot be read. Nothing was published yet.
        """
        self.found(state, release)
        if self.wanted and self._waits is None:
            contents(state, release)

    def published(self) -> None:
        """What was found is live."""
        if self._waits is not None:
            self._release("release.published", *self._waits)

    def discarded(self) -> None:
        """What was found was dropped."""
        if self._waits is not None:
            self._release("release.discarded", *self._waits)

    # -- nodes, as the project's watcher ----------------------------------------------------------------------------

    def began(self, command: str, target: Target, parsed: Parsed | None, manifest: Any, words: list[str]) -> None:
        """See `Watcher`."""
        self._build += 1
        self._manifests = manifest, parsed.manifest if parsed is not None else None
        self._told = set()

    def happened(self, event: Any) -> None:
        """See `Watcher`."""
        if event.info.name not in _TOLD:
            return
        about = event.data.node_info
        if event.info.name == "NodeStart":
            self._say("node.started", **self._node(about.unique_id, about.resource_type))
            return
        ran = event.data.run_result
        rows = ran.adapter_response.fields.get("rows_affected")
        self._told.add(about.unique_id)
        self._finished(
            about.unique_id,
            about.resource_type,
            ran.status or about.node_status,
            ran.message,
            ran.execution_time,
            ran.num_failures if about.resource_type in ("test", "unit_test") else None,
            observation.affected(rows.number_value if rows is not None else None),
        )

    def ended(self, outcome: Outcome) -> None:
        """See `Watcher`. Tells of nodes that dbt gave up before they began."""
        for each in outcome.results:
            if each.unique_id not in self._told:
                self._finished(each.unique_id, each.kind, each.status, each.message, each.seconds, each.failures, None)

    # -- lines ------------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        if not self._started:
            self._started = True
            project = self._project
            self._say(
                "run.started",
                command=self._command,
                project=project.name if project is not None else None,
                target=self._target,
                revision=git.revision(project.root) if project is not None and self.wanted else None,
                pauses=self._pauses,
            )

    def _node(self, unique_id: str, kind: str) -> dict[str, Any]:
        return {
            "build": self._build,
            "unique_id": unique_id,
            "name": short(unique_id),
            "kind": kind,
            "tested": self._tested(unique_id) if kind in ("test", "unit_test") else [],
        }

    def _tested(self, unique_id: str) -> list[str]:
        """What a test is about: the node that it is defined on, or all that it reads."""
        manifest = self._manifests[0]
        node = manifest.nodes.get(unique_id) or manifest.unit_tests.get(unique_id)
        attached = getattr(node, "attached_node", None) or getattr(node, "tested_node_unique_id", None)
        return [attached] if attached else sorted(set(getattr(getattr(node, "depends_on", None), "nodes", ())))

    def _finished(
        self,
        unique_id: str,
        kind: str,
        status: str,
        message: str | None,
        seconds: float,
        failures: int | None,
        rows: int | None,
    ) -> None:
        self._say(
            "node.finished",
            **self._node(unique_id, kind),
            status=status,
            seconds=round(seconds, 3),
            rows=rows,
            failures=failures,
            message=observation.message(self._manifests[1], unique_id, status, message),
        )

    def _release(
        self,
        event: str,
        release: Release | None,
        found: Contents,
        superseded: str | None = None,
        why: str | None = None,
        unfinished: str | None = None,
    ) -> None:
        self._say(
            event,
            release=release.id if release is not None else None,
            revision=release.revision if release is not None else None,
            superseded=release.previous if release is not None else superseded,
            nodes=[asdict(each) for each in found.nodes],
            held=[asdict(each) for each in found.held],
            why=why,
            unfinished=unfinished,
        )

    def _say(self, event: str, **told: Any) -> None:
        """Add a line, whole or not at all. What cannot be written costs nobody the run: no `run.finished` follows."""
        with self._adding:
            if self._file is None:
                return
            now = _iso(datetime.now(timezone.utc))
            line = {"version": VERSION, "at": now, "run": self._run, "event": event, **told}
            text = json.dumps(line, ensure_ascii=False, default=str) + "\n"
            try:
                os.write(self._file, text.encode("utf-8", "backslashreplace"))
            except OSError as error:
                os.close(self._file)
                self._file = None
                sys.stderr.write(f"no more is told in --events: {error.strerror}\n")


@contextmanager
def telling(file: Path | None, command: str) -> Iterator[Events]:
    """Tell in a file what a command does. What ends it early is told, too; a process that is killed tells nothing."""
    events = Events(file.absolute() if file is not None else None, command)
    try:
        yield events
    except BaseException as error:
        events.fail(error)
        raise
    finally:
        events.close()


def verdict(account: Account) -> str:
    """What a build did, on one line."""
    if not account.complete:
        return f"Not all was built: {', '.join(account.problems)}"
    return f"Built {counted(account.built, 'node')}, and {counted(account.tested, 'test')} passed"


def ages(outcome: Outcome) -> str:
    """What asking sources for their age found, on one line."""
    late: list[NodeResult] = [*outcome.failed, *(each for each in outcome.ahead if not each.failed)]
    named = ", ".join(each.name for each in late)
    return f"Late or not known: {named}" if late else f"{counted(len(outcome.results), 'source')} fresh"


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"
