"""dbt's events as progress that a person can follow; silent when nobody watches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from dbt_common.events.base_types import EventMsg

    from dataops.project.session import OnEvent


@contextmanager
def watching(console: Console, title: str, total: int) -> Iterator[OnEvent | None]:
    """A progress bar over `total` nodes, fed by the events of one run; None where output is not a terminal."""
    if not console.is_terminal:
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn("[dim]{task.fields[node]}"), console=console, transient=True) as bar:
        task = bar.add_task(title, total=total, node="")

        def follow(event: EventMsg) -> None:
            if event.info.name == "NodeStart":
                bar.update(task, node=event.data.node_info.node_name)
            elif event.info.name == "NodeFinished":
                bar.advance(task)

        yield follow


@contextmanager
def waiting(console: Console, title: str) -> Iterator[None]:
    """A spinner for a step of unknown length; nothing where output is not a terminal."""
    if not console.is_terminal:
        yield
        return
    with console.status(title):
        yield
