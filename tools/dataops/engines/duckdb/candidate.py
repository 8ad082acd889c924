"""The next release in a copy of production's file, with copies of the databases that it attaches and writes to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dataops.engines.duckdb import scope
from dataops.engines.duckdb.companions import Companion, mark
from dataops.engines.duckdb.database import Identity
from dataops.engines.duckdb.frozen import freeze
from dataops.engines.duckdb.store import Store
from dataops.engines.duckdb.targets import FileTargets, in_file
from dataops.engines.duckdb.views import repoint
from dataops.project.invocation import OnEvent
from dataops.project.outcome import Outcome
from dataops.project.outlet import Outlet, diverting
from dataops.project.session import Project
from dataops.project.slices import Place
from dataops.store.state import State
from dataops.warehouse import connect


class Candidate:
    """Relations keep their full names in it, because DuckDB names a database by its file."""

    def __init__(
        self,
        project: Project,
        targets: FileTargets,
        store: Store,
        manifest: Any,
        before: Identity | None,
        attached: Sequence[Companion],
    ) -> None:
        """In the store's next file, which is there. `before`: what production was; `attached`: the other copies."""
        self._project = project
        self._store = store
        self._manifest = manifest
        copies = {name: store.attached(name, file) for name, file in scope.attached(manifest, targets).items()}
        self._target = in_file(project, targets, store.next, copies)
        self._before = before
        self._attached = attached
        self._outlet = Outlet(store.next.parent / "files", project.root, for_good=True, look=mark)

    @classmethod
    def begin(cls, project: Project, targets: FileTargets, store: Store, manifest: Any) -> Candidate:
        """Copy production, and the attached databases that the project writes to.

        Raises:
            WarehouseError: somebody is writing to one of them, or there is no room.
        """
        before = store.copy_production()
        written = scope.attached(manifest, targets)
        attached = [store.copy_attached(name, file) for name, file in written.items()]
        return cls(project, targets, store, manifest, before, attached)

    @classmethod
    def reopen(cls, project: Project, targets: FileTargets, store: Store, manifest: Any, release: str) -> Candidate:
        """Go on in the copies that wait as `release`.

        Raises:
            WarehouseError: somebody wrote to what was copied.
            StateError: what was left is damaged.
        """
        before, attached, outlet = store.reopen(release)
        made = cls(project, targets, store, manifest, before, attached)
        made._outlet.recall(outlet)
        return made

    @property
    def begins(self) -> bool:
        """Whether there is no production yet."""
        return self._before is None

    def keep(self, relations: Mapping[str, Place]) -> None:
        """Let relations be what they are now, whatever becomes of what they read."""
        if not self.begins:
            with connect(self._project, self._target, self._manifest) as warehouse:
                freeze(warehouse, relations)

    def run(self, manifest: Any, folder: Path, arguments: Sequence[str], on_event: OnEvent | None) -> Outcome:
        """Build and test in the copy; files that the build exports go beside it."""
        words = ["--target-path", str(folder), *arguments]
        with diverting(self._outlet):
            return self._project.run("build", self._target, manifest, words, on_event)

    def document(self, manifest: Any, folder: Path) -> None:
        """Write dbt's catalog of the copy."""
        self._project.document(self._target, manifest, folder)

    def publish(self, state: State, release: str, superseded: str | None) -> None:
        """Rename the copy into production's place, and all that goes with it."""
        self._repoint()
        self._store.publish(state, release, superseded, self._before, tuple(self._companions()))

    def wait(self, release: str, unfinished: bool = False) -> None:
        """Move the folder of the copy to where it waits, with a list of what goes with it."""
        if unfinished:
            # Views go on reading the files beside the copy, which are where they were when it is gone on with.
            self._store.wait(release, self._before, self._attached, self._outlet.packed())
            return
        self._repoint()
        self._store.wait(release, self._before, tuple(self._companions()))

    def _repoint(self) -> None:
        if self._outlet.taken:
            with connect(self._project, self._target, self._manifest) as warehouse:
                repoint(warehouse, self._project.root, self._outlet, self._store.next.parent / "laid_out")

    def _companions(self) -> Iterable[Companion]:
        """All that is published with the file."""
        yield from self._attached
        files = {self._outlet.place(location): file for location, file in self._outlet.taken.items()}
        for place, file in files.items():
            if file.exists():
                yield Companion(place, file, self._outlet.seen[place])
