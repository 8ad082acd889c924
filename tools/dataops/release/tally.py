"""How many rows each table of a release has, counted right after it was built."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from dataops.project.invocation import Parsed
from dataops.project.outcome import Outcome
from dataops.project.profiles import Target
from dataops.project.session import Project
from dataops.project.slices import Place, places
from dataops.release.contents import is_built
from dataops.warehouse import Warehouse, connect

_AT_ONCE = 100
"""Relations whose rows are counted in one statement."""


@dataclass
class Tally:
    """Counts the rows of what a project's runs build, right after each run; a watcher. `rows`: of the last run."""

    project: Project
    rows: dict[str, int] = field(default_factory=dict)
    _run: tuple[Target, Any] | None = None

    def began(self, command: str, target: Target, parsed: Parsed | None, manifest: Any, words: list[str]) -> None:
        """See `Watcher`."""
        self._run, self.rows = (target, manifest), {}

    def happened(self, event: Any) -> None:
        """See `Watcher`."""

    def ended(self, outcome: Outcome) -> None:
        """See `Watcher`. What cannot be counted is unknown, and costs nobody the run."""
        if self._run is None:
            return
        target, manifest = self._run
        done = {each.unique_id for each in outcome.results if is_built(each.kind, each.status)}
        made = {uid: place for uid, place in places(manifest).items() if uid in done and place.table}
        if made:
            with _unknown(), connect(self.project, target, manifest) as warehouse:
                self._count(warehouse, made)

    def _count(self, warehouse: Warehouse, made: Mapping[str, Place]) -> None:
        keys = sorted(made)
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            counts = " union all ".join(
                f"select {number}, count(*) from {warehouse.rendered(made[uid])}"  # noqa: S608
                for number, uid in enumerate(some)
            )
            with _unknown():
                self.rows |= {some[int(number)]: int(rows) for number, rows in warehouse.rows(counts)}


@contextmanager
def _unknown() -> Iterator[None]:
    """What goes wrong within leaves rows unknown."""
    try:
        yield
    except Exception:  # noqa: BLE001 - whatever an adapter raises: no count is worth a release
        return


@contextmanager
def tallied(project: Project, wanted: bool) -> Iterator[Tally]:
    """Count rows while a command runs, if that is wanted."""
    tally = Tally(project)
    if wanted:
        project.watchers.append(tally)
    try:
        yield tally
    finally:
        if wanted:
            project.watchers.remove(tally)
