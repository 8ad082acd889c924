"""Run exactly some nodes of a project, with dbt's events as progress that a person can follow."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbt.contracts.graph.manifest import Manifest
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from dataops.project.invocation import OnEvent
from dataops.project.outcome import Outcome
from dataops.project.profiles import Target
from dataops.project.session import Project
from dataops.project.slices import Place, cut, exactly

if TYPE_CHECKING:
    from dbt_common.events.base_types import EventMsg

    from dataops.project.invocation import OnEvent


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


@dataclass(frozen=True)
class Work:
    """Slices of a project (`slices.cut`): what `dbt build` runs, and what `dbt test` does. Empty ones are None."""

    built: Manifest | None
    tested: Manifest | None

    @classmethod
    def of(cls, head: Manifest, chosen: Collection[str], standing_in: Mapping[str, Place]) -> Work:
        """The work of running `chosen`; of nothing, a build of nothing."""
        units = {uid: test.depends_on.nodes[0] for uid, test in head.unit_tests.items() if uid in chosen}
        alone = {uid for uid, model in units.items() if model not in chosen}
        rest = set(chosen) - alone
        return cls(
            cut(head, rest, standing_in) if rest or not alone else None,
            cut(head, alone, standing_in) if alone else None,
        )

    @property
    def slices(self) -> tuple[Manifest, ...]:
        """Those that there are."""
        return tuple(each for each in (self.built, self.tested) if each is not None)

    def compiled(self, unique_id: str) -> str | None:
        """The SQL of a node as it ran."""
        nodes = (each.nodes.get(unique_id) for each in self.slices)
        return next((str(code) for node in nodes if (code := getattr(node, "compiled_code", None))), None)

    def run(
        self,
        project: Project,
        target: Target,
        arguments: Sequence[str] = (),
        on_event: OnEvent | None = None,
        left: Collection[str] = (),
    ) -> Outcome:
        """Run it. `left`: flags of dbt that the environment and the project may set. Both commands run hooks."""
        outcome = Outcome((), 0.0)
        if self.built is not None:
            outcome = project.run("build", target, self.built, [*exactly(self.built), *arguments], on_event, left)
        if self.tested is not None:
            words = [*exactly(self.tested), *(word for word in arguments if word != "--full-refresh")]
            outcome = outcome.then(project.run("test", target, self.tested, words, on_event, left))
        return outcome
