"""What a change does to the data, for a person at a terminal: short, the rest is on the page."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dataops.diff.difference import Diff
from dataops.output.page import blocks, data, details, differing, problems
from dataops.output.page.blocks import Block, Line
from dataops.output.page.personal import without_personal, without_values
from dataops.review.verdict import Review, Ruling

_STYLES = {"aside": "dim", "strong": "bold"}
_ROWS = 30
_SHORT = 5
"""Rows of a failing test that are shown."""


def findings(console: Console, review: Review) -> None:
    """Rows that fail tests, broken rules, and the data: one table and a few lines for each relation that differs."""
    open_ = without_personal(review)
    for rows in open_.offending:
        _table(console, problems.offending(rows), _SHORT)
    rules(console, open_.rulings)
    for section in data.sections(open_.diffs, open_.built)[:1]:
        console.print()
        console.print(Text(_plain(section.title), style="bold"))
        for block in section.blocks:
            _block(console, block, _ROWS)


def rules(console: Console, rulings: tuple[Ruling, ...]) -> None:
    """The rules on data that are broken, and those that the branch says may be."""
    for section in problems.rules(rulings):
        console.print(Text(_plain(section.title), style="bold") if section.title else "")
        for block in section.blocks:
            _block(console, block, _ROWS)


def diff(console: Console, diff: Diff) -> None:
    """One difference: all that is known of it."""
    open_ = without_values(diff)
    console.print(
        Text.assemble((differing.title(open_).text, "bold"), f": {differing.headline(open_)}"),
        highlight=False,
    )
    if open_.rows:
        _table(console, data.summary([open_]), _ROWS)
    for block in details.details(open_):
        _block(console, block, _ROWS)


def _block(console: Console, block: Block, rows: int) -> None:
    if isinstance(block, blocks.Table):
        _table(console, block, rows)
    elif isinstance(block, blocks.Items):
        for each in block.lines[:rows]:
            console.print(Text("  ").append_text(_text(each)), highlight=False, soft_wrap=True)
        _more(console, len(block.lines) - rows, block.more)
    elif isinstance(block, blocks.Paragraph):
        console.print(Text("  ").append_text(_text(block.line)), highlight=False, soft_wrap=True)


def _table(console: Console, table: blocks.Table, rows: int) -> None:
    drawn = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for index, head in enumerate(table.heads):
        drawn.add_column(Text(f"  {head}" if not index else head), justify="right" if index in table.right else "left")
    for row in table.rows[:rows]:
        drawn.add_row(
            *(Text("  ").append_text(_text(cell)) if not index else _text(cell) for index, cell in enumerate(row))
        )
    if table.captioned:
        console.print(Text(table.caption), highlight=False, soft_wrap=True)
    console.print(drawn)
    _more(console, len(table.rows) - rows, table.more)


def _more(console: Console, here: int, nowhere: int) -> None:
    left = max(0, here) + nowhere
    if left:
        console.print(f"    [dim]… and {left:,} more (--format json has all)[/]", highlight=False)


def _text(line: Line) -> Text:
    return Text.assemble(*((span.text, _STYLES.get(span.style, "")) for span in line))


def _plain(line: Iterable[blocks.Span]) -> str:
    return "".join(span.text for span in line)
