"""A rehearsal as it goes on, and what it found: a table, Markdown, JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from dataops.output import escaping
from dataops.rehearsal.finding import Rehearsal

VERSION = 1
"""Version of the JSON."""

_STYLES = {"held": "green", "broken": "red", "not tried": "yellow"}


@contextmanager
def following(console: Console, total: int) -> Iterator[Callable[[str], None]]:
    """A progress bar over promises, told of each before it is tried; nothing where output is not a terminal."""
    if not console.is_terminal:
        yield lambda _: None
        return
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=total)
        told: list[str] = []

        def tell(promise: str) -> None:
            bar.update(task, description=promise, completed=len(told))
            told.append(promise)

        yield tell


def table(console: Console, found: Rehearsal) -> None:
    """One line for each promise, and one for all."""
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("promise", "", "seen"):
        shown.add_column(name, overflow="fold")
    for each in found.findings:
        shown.add_row(escape(each.promise), f"[{_STYLES[each.verdict]}]{each.verdict}[/]", escape(each.seen))
    console.print(shown)
    console.print(f"{found.engine}: {found.sentence}", highlight=False)


def markdown(found: Rehearsal) -> str:
    """The same as Markdown."""
    lines = ["| promise | | seen |", "| --- | --- | --- |"]
    lines += [f"| {each.promise} | {each.verdict} | {escaping.text(each.seen)} |" for each in found.findings]
    told = f"{found.engine}: {found.sentence} (dataops {found.version}, dbt-{found.adapter} {found.adapter_version})"
    return "\n".join([*lines, "", told, ""])


def document(found: Rehearsal) -> dict[str, Any]:
    """The same for machines."""
    told = found.document()
    return {"version": VERSION, "dataops_version": told.pop("version"), **told}
