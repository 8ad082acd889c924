"""How production stands, on a terminal and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape

from dataops.health.health import DAYS, KINDS, Health, Last, Problem, Status
from dataops.output import paused
from dataops.output.words import plural
from dataops.store.record import Waiting

VERSION = 1
"""Version of what `status --format json` prints. A change that breaks readers raises it."""

MOST = 12


def verdict(health: Health) -> str:
    """Health in one line."""
    found = [f"{len(health.of(kind)):,} {kind}" for kind in KINDS if health.of(kind)]
    if found:
        return f"Production is not healthy: {', '.join(found)}"
    if health.last is None:
        return "Nothing is known of production yet"
    if health.unrun:
        tests = plural(health.tests, "test")
        return f"Nothing is known to be wrong in production; {health.unrun:,} of {tests} did not run"
    return "Production is healthy"


def status(console: Console, status: Status) -> None:
    """How production stands, for a person who was just woken: the verdict first, each problem with since when."""
    health, live = status.health, status.live
    _line(console, f"[bold {'green' if health.healthy else 'red'}]{escape(verdict(health))}[/]")
    _line(console, escape(_ran(health)))
    made = f"{live.id}, made {paused.minute(live.created_at)} by {live.by}" if live else "none yet"
    _line(console, f"Live release: {escape(made)}")
    if status.waiting is not None:
        _line(console, f"[yellow]Waits to be published:[/] {escape(_waits(status.waiting))}")
    if status.unfinished is not None:
        _line(console, f"[yellow]Kept unfinished:[/] {escape(paused.kept(status.unfinished))}")
    for each in health.damaged:
        _line(console, f"[red]Left out:[/] {escape(each.file)} of the history: {escape(each.why)}")
    for kind in KINDS[:-1]:
        problems = health.of(kind)
        for problem in problems[:MOST]:
            _problem(console, problem)
        if len(problems) > MOST:
            _line(console, f"  … and {len(problems) - MOST:,} more {kind}")
    paused.holds(console, status.holds)


def document(status: Status) -> dict[str, Any]:
    """The status as JSON."""
    health = status.health
    return {
        "version": VERSION,
        "healthy": health.healthy,
        "project": status.project,
        "target": health.target,
        "problems": [_listed(each) for each in health.problems],
        "tests": health.tests,
        "passing": health.passing,
        "not_run": health.unrun,
        "last_run": _invocation(health.last) if health.last else None,
        "live": asdict(status.live) if status.live else None,
        "waiting": asdict(status.waiting) if status.waiting else None,
        "unfinished": asdict(status.unfinished) if status.unfinished else None,
        "paused": [paused.hold(each) for each in status.holds],
        "damaged": [asdict(each) for each in health.damaged],
    }


def _waits(waiting: Waiting) -> str:
    since, until = paused.minute(waiting.since), paused.minute(waiting.until)
    return f"{waiting.release}, since {since}, by {waiting.by}; `dataops publish` releases it until {until}"


def _ran(health: Health) -> str:
    last = health.last
    if last is None:
        return f"No run in target {health.target} is in the last {DAYS} days of the history"
    after = f" after {last.seconds:,.1f} s" if last.seconds is not None else ""
    tests = f"{health.passing:,} of {plural(health.tests, 'test')} pass"
    return f"Last run in {health.target}: {last.command} {_minute(last.started)}, {last.status}{after}; {tests}"


def _problem(console: Console, problem: Problem) -> None:
    style = "red" if problem.kind == "failing" else "yellow"
    message = " ".join(problem.message.split())
    _line(console, f"[bold {style}]{problem.kind.upper()}[/] {escape(f'{problem.name}: {message}')}")
    more = [f"since {_minute(problem.since)}"] if problem.since else []
    more += [f"owner {problem.owner}"] if problem.owner else []
    if more:
        _line(console, f"  {escape(', '.join(more))}")


def _line(console: Console, text: str) -> None:
    console.print(text, highlight=False, soft_wrap=True)


def _listed(each: Problem) -> dict[str, Any]:
    return {
        "kind": each.kind,
        "node": each.node,
        "name": each.name,
        "message": each.message,
        "since": _iso(each.since) if each.since else None,
        "owner": each.owner,
    }


def _invocation(last: Last) -> dict[str, Any]:
    return {
        "id": last.key,
        "command": last.command,
        "status": last.status,
        "started_at": _iso(last.started),
        "seconds": last.seconds,
    }


def _minute(at: datetime) -> str:
    return paused.minute(_iso(at))


def _iso(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S.%fZ}"
