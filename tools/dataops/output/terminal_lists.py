"""The age of sources, and the history, on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from dataops.history.summary import Imported, Listed
from dataops.history.summary import NodeResult as Result
from dataops.output.words import plural
from dataops.plan.lineage import Reached, Trace
from dataops.project.outcome import AHEAD, Age, NodeResult, Outcome
from dataops.project.statuses import FAILED, WARNED

_AGE_STYLES = {"pass": "green", "warn": "yellow"}
_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"))


def sources(console: Console, outcome: Outcome, target: str, production: str) -> None:
    """The oldest last, where a person's eye is when the command ends; below them those that could not be asked.

    Of which target they are, and where late sources show only if they are production's, is said at the end.
    """
    checked = [each for each in outcome.results if each.kind == "source"]
    if not checked:
        console.print("No source that is selected has a freshness to check.")
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("source", "freshness", "newest row (UTC)", "age"):
        table.add_column(name)
    for age, each in sorted(((each.age, each) for each in checked if each.age), key=lambda pair: pair[0].seconds):
        style = _AGE_STYLES.get(each.status, "red")
        loaded = f"{age.loaded_at:%Y-%m-%d %H:%M:%S}"
        table.add_row(escape(_name(each)), f"[{style}]{each.status}[/]", loaded, old(age))
    if table.row_count:
        console.print(table)
    for each in checked:
        if each.age is None:
            said = " ".join(each.message.split())
            console.print(f"[red]{escape(_name(each))}: {escape(said)}[/]", highlight=False, soft_wrap=True)
    for each in outcome.ahead:
        assert each.age is not None  # noqa: S101 - that is what `ahead` means
        said = f"newest row of {each.age.loaded_at:%Y-%m-%d %H:%M} UTC, {AHEAD}"
        console.print(f"[red]{escape(_name(each))}: {said}[/]", highlight=False, soft_wrap=True)
    counts = {
        name: sum(each.status == name for each in checked) for name in dict.fromkeys(each.status for each in checked)
    }
    told = ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items()))
    console.print(f"{plural(len(checked), 'source')} of target {escape(target)}: {told}", highlight=False)
    if target != production:
        console.print(
            f"`status`, the site and alerts tell of production's: `dataops freshness --target {escape(production)}`",
            highlight=False,
            soft_wrap=True,
        )


def old(age: Age) -> str:
    """An age in the largest unit of which it has two, or in seconds."""
    for length, unit in _UNITS:
        if age.seconds >= 2 * length:
            return plural(int(age.seconds // length), unit)
    return f"{age.seconds:,.0f} s"


def _name(result: NodeResult) -> str:
    return ".".join(result.unique_id.split(".")[2:])


_STYLES = {"success": "green", "failed": "red", "error": "red", "interrupted": "yellow", "running": "cyan"}


def invocations(console: Console, listed: Sequence[Listed]) -> None:
    """One line each, the latest last."""
    if not listed:
        console.print("Nothing is recorded yet: `dataops build`, `ci` and `deploy` record what they run.")
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("started (UTC)", "command", "target", "status", "nodes", "failed", "warned", "skipped", "seconds"):
        table.add_column(name, justify="right" if name in _NUMBERS else "left")
    table.add_column("by")
    table.add_column("invocation")
    for each in listed:
        style = _STYLES.get(each.status, "")
        table.add_row(
            f"{each.started_at:%Y-%m-%d %H:%M:%S}",
            each.command,
            escape(each.target or ""),
            f"[{style}]{each.status}[/]" if style else each.status,
            *(f"{count:,}" if count else "" for count in (each.nodes, each.failed, each.warned, each.skipped)),
            f"{each.seconds:,.1f}" if each.seconds is not None else "",
            escape(f"{each.user or ''}@{each.host}" if each.host else each.user or ""),
            each.invocation_id[:8],
        )
    console.print(table)


def results(console: Console, listed: Sequence[Result]) -> None:
    """One line for each run of a node, the latest last."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("started (UTC)", "command", "target", "status", "failures", "seconds", "message"):
        table.add_column(name, justify="right" if name in _NUMBERS else "left")
    for each in listed:
        style = "red" if each.status in FAILED else "yellow" if each.status in WARNED else ""
        table.add_row(
            f"{each.started_at:%Y-%m-%d %H:%M:%S}",
            each.command,
            escape(each.target or ""),
            f"[{style}]{each.status}[/]" if style else each.status,
            f"{each.failures:,}" if each.failures else "",
            f"{each.seconds:,.1f}" if each.seconds is not None else "",
            escape(" ".join((each.message or "").split())),
        )
    console.print(table)


def imported(console: Console, done: Imported, dry: bool) -> None:
    """What was taken over, or would be, and what was not."""
    when = f", of {done.first:%Y-%m-%d} to {done.last:%Y-%m-%d}" if done.first and done.last else ""
    took = f"{'Would import' if dry else 'Imported'} {plural(done.invocations, 'invocation')}{when}"
    named = {"result": "result", "sample": "failing row", "point": "point", "freshness": "freshness check"}
    told = ", ".join(plural(count, named[kind]) for kind, count in done.records.items() if count)
    console.print(took + (f": {told}" if told else ""), highlight=False)
    if done.known:
        console.print(f"{plural(done.known, 'invocation')} recorded before", highlight=False)
    for each in done.left_out:
        console.print(f"[yellow]left out:[/] {escape(each)}", highlight=False, soft_wrap=True)


def trace(console: Console, found: Trace) -> None:
    """What a node or a column comes from, the farthest first, and what it goes to, as one reads a pipeline."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("", "node", "kind", *(["columns"] if found.column else [])):
        table.add_column(name)
    for each in reversed(found.upstream):
        table.add_row("↑" * min(each.distance, _STEPS), *_named(each, found))
    named = f"{found.name}.{found.column}" if found.column else found.name
    table.add_row("", f"[bold]{escape(named)}[/]", found.kind)
    for each in found.downstream:
        table.add_row("↓" * min(each.distance, _STEPS), *_named(each, found))
    console.print(table)
    up, down = len(found.upstream), len(found.downstream)
    console.print(f"made from {plural(up, 'node')}, {plural(down, 'node')} made from it", highlight=False)
    for unique_id, why in found.unclear.items():
        console.print(f"[yellow]not followed:[/] {escape(unique_id)}: {escape(why)}", highlight=False, soft_wrap=True)


def _named(each: Reached, found: Trace) -> list[str]:
    return [escape(each.name), each.kind, *([escape(", ".join(each.columns))] if found.column else [])]


_STEPS = 5
_NUMBERS = frozenset({"nodes", "failed", "warned", "skipped", "seconds", "failures"})
