"""What the pages of a server show besides those of a folder: what runs, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from dataops.observe.health.facts import Last
from dataops.observe.site.facts import NodeRun, Run, Running, Site
from dataops.output.words import plural

_GOING = "running"
_LINGERS = timedelta(minutes=10)


def shown(running: Iterable[Running], now: datetime) -> tuple[Running, ...]:
    """Those that run, and those that ended a moment ago."""
    return tuple(each for each in running if each.ended is None or now - each.ended < _LINGERS)


def joined(site: Site, running: Iterable[Running], now: datetime) -> Site:
    """A site with production's runs as they are now, where what was gathered says less of them."""
    known = {run.key: run for run in site.runs if run.status != _GOING}
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


def line(running: Iterable[Running]) -> str:
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
