"""DuckDB as an engine: production is a file, the next release a copy of it, and publishing a rename."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from dataops.engines import parquet
from dataops.engines.adapters import CAPABILITIES
from dataops.engines.duckdb import scope
from dataops.engines.duckdb.candidate import Candidate
from dataops.engines.duckdb.store import Store
from dataops.engines.duckdb.targets import FileTargets, in_file, with_production
from dataops.engines.duckdb.watch import Watch
from dataops.engines.duckdb.workspace import OwnFile, stand_ins
from dataops.engines.values import Capabilities, Extract, Note, Stand
from dataops.errors import SettingsError
from dataops.project.invocation import Parsed
from dataops.project.profiles import Target
from dataops.project.session import Project
from dataops.project.slices import Place
from dataops.store.state import State


class DuckDB:
    """Production in a DuckDB file."""

    def __init__(self, project: Project, targets: FileTargets) -> None:
        self._project = project
        self._targets = targets
        self._store = Store(targets.database)

    @property
    def workspace(self) -> OwnFile:
        """A file of the change's own."""
        return OwnFile(self._project, self._targets)

    @property
    def capabilities(self) -> Capabilities:
        """What holds on a file."""
        return CAPABILITIES["duckdb"]

    @property
    def production(self) -> str:
        """The file."""
        return str(self._store.production)

    def exists(self) -> bool:
        """Whether there is a file."""
        return self._store.production.exists()

    def reading(self) -> Target:
        """Production's target with whatever it attaches opened for reading only."""
        # By the name that the profile gives, which may be a link's: DuckDB calls the database after it.
        return in_file(self._project, self._targets, self._targets.database, {})

    def with_production(self, name: str) -> Target:
        """A target with production's file attached read-only, unless it is its own."""
        return with_production(self._project, self._targets, name)

    def stand_ins(
        self, head: Parsed, live: Mapping[str, Place], chosen: Collection[str], database: str
    ) -> dict[str, Place]:
        """Production's relations; a source without a database of its own lies in production's file."""
        return stand_ins(self._targets, head, live, chosen, database or self._targets.ci_name)

    def notes(self, manifest: Any) -> Iterator[Note]:
        """The attached databases: those that are part of a release, and those that are only read."""
        written = scope.attached(manifest, self._targets)
        for name, file in written.items():
            yield Note("attached", f"{name} in {file} is part of a release; `ci` cannot write to it")
        alone = [each.name for each in self._targets.attached if each.name not in written]
        if alone:
            yield Note("attached", f"{', '.join(alone)}: read only")

    def remarks(self) -> tuple[str, ...]:
        """Nothing: a file is replaced at once."""
        return ()

    def ensure_releases(self) -> None:
        """A file can always be replaced."""

    def refusals(self, manifest: Any) -> Iterator[SettingsError]:
        """What is written elsewhere than into files that this engine can replace."""
        return scope.refusals(self._project, self._targets, manifest)

    def held(self) -> AbstractContextManager[None]:
        """Hold the lock beside production."""
        return self._store.held()

    def settle(self, state: State) -> None:
        """Finish or forget what `pending.json` tells of."""
        self._store.settle(state)

    def settle_if_idle(self, state: State) -> None:
        """As `settle`, unless a deploy is under way."""
        self._store.settle_if_idle(state)

    def watch(self) -> Watch:
        """Look at production's file, at those that it attaches, and at all that releases exported."""
        others = [each.file for each in self._targets.attached if each.file is not None]
        return Watch([self._store.production, *others, *self._store.places.known()])

    def candidate(self, manifest: Any, keep: Mapping[str, Place], full_refresh: bool) -> Candidate:
        """Copy production; all of its rows are there, so that dbt itself refreshes what is to be made anew."""
        made = Candidate.begin(self._project, self._targets, self._store, manifest)
        if keep:
            made.keep(keep)
        return made

    def reopen(self, release: str, manifest: Any) -> Candidate:
        """Move its folder back to where releases are built."""
        return Candidate.reopen(self._project, self._targets, self._store, manifest, release)

    def discard(self) -> None:
        """Remove the copies."""
        self._store.discard()

    def waiting(self) -> str | None:
        """The release whose folder is among those that wait."""
        return self._store.waiting.release()

    def publish_waiting(self, state: State, release: str, superseded: str | None) -> None:
        """Rename its file into production's place, and all that goes with it."""
        self._store.publish_waiting(state, release, superseded)

    def drop_waiting(self) -> None:
        """Delete its folder."""
        self._store.waiting.clear()

    def restore(self, state: State, release: str, superseded: str) -> None:
        """Rename a kept file into production's place."""
        self._store.restore(state, release, superseded)

    def retained(self) -> set[str]:
        """The releases whose file is kept."""
        return self._store.all_kept()

    def forget(self, keep: int, order: Sequence[str]) -> list[str]:
        """Delete files of older releases."""
        return self._store.forget(keep, list(order))

    def holds(self, release: str) -> bool:
        """Whether production's file and what goes with it are as they were published."""
        return self._store.holds(release)

    def export(self, place: Place, file: Path, described: Mapping[str, str], personal: set[str]) -> Extract:
        """Let DuckDB write the Parquet file."""
        return parquet.extract(self._store.production, place, file, described, personal)

    def stand(self, folder: Path, name: str) -> Stand:
        """A file in the folder, to which nothing is attached."""
        changes = {"path": str(folder / "rehearsed.duckdb"), "schema": name, "attach": None}
        return Stand(changes, {"config_options": {"access_mode": "READ_ONLY"}})

    def vacate(self) -> None:
        """All of it is beside the file."""
