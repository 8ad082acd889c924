"""The history on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from dataops.observe.history.elementary.facts import Imported
from dataops.observe.history.facts import Listed
from dataops.output.words import plural

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


_NUMBERS = frozenset({"nodes", "failed", "warned", "skipped", "seconds"})
