"""The history on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from dataops.observe.history.facts import Listed

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


_NUMBERS = frozenset({"nodes", "failed", "warned", "skipped", "seconds"})
