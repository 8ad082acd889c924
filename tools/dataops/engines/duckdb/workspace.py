"""Pull requests on DuckDB: built in a file of their own, to which production's is attached read-only."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from dataops.engines.duckdb.targets import FileTargets, beside
from dataops.engines.server import Copies, take_over
from dataops.project import writes
from dataops.project.invocation import Parsed
from dataops.project.outlet import Outlet, diverting
from dataops.project.production import standing_in
from dataops.project.profiles import Target
from dataops.project.session import Project
from dataops.project.slices import Place, places
from dataops.warehouse import connect

FILES, COPIES = "files", "copies"
"""Folders beside the change's own database: files that the build exported, and databases that it writes to."""


@dataclass(frozen=True)
class OwnFile:
    """A change is built in a file that is made anew by each run."""

    project: Project
    targets: FileTargets

    def target(self) -> Target:
        """The change's file, with production's attached if there is one."""
        return beside(self.project, self.targets, self.targets.database.exists())

    def building(self, head: Parsed, chosen: Collection[str]) -> Target:
        """As `target`, with copies of the attached databases that hooks write to."""
        return beside(self.project, self.targets, self.targets.database.exists(), self._copies(head, chosen))

    def stand_ins(self, head: Parsed, live: Mapping[str, Place], chosen: Collection[str]) -> dict[str, Place]:
        """Production's relations; a source without a database of its own lies in production's file."""
        return stand_ins(self.targets, head, live, chosen, self.targets.ci_name)

    def take_over(self, target: Target, head: Parsed, wanted: Copies) -> tuple[str, ...]:
        """Copy from production's file."""
        with connect(self.project, target, head.manifest) as warehouse:
            return take_over(warehouse, wanted)

    @contextmanager
    def apart(self, folder: str) -> Iterator[None]:
        """Lead files that dbt writes meanwhile into a folder beside the change's database."""
        with diverting(Outlet(self.targets.ci_database.with_name(folder), self.project.root)):
            yield

    def left(self) -> bool:
        """Whether there is a file."""
        return self.targets.ci_database.exists()

    def discard(self) -> None:
        """Remove the files that `ci` made."""
        for file in self.targets.ci_files.values():
            file.unlink(missing_ok=True)
            file.with_name(file.name + ".wal").unlink(missing_ok=True)
        for name in (FILES, COPIES):
            shutil.rmtree(self.targets.ci_database.with_name(name), ignore_errors=True)

    def clean(self, head: Parsed | None) -> int:
        """As `discard`; how many databases there were."""
        there = self.left()
        self.discard()
        return int(there)

    def _copies(self, head: Parsed, chosen: Collection[str]) -> dict[str, Path]:
        """Copies of those attached databases that hooks write to, by name."""
        attached = self.targets.ci_attached
        files = {each.name: each.file for each in attached if each.file is not None and each.file.exists()}
        copies = {}
        for name in writes.databases_of_hooks(head.manifest, chosen, files):
            copies[name] = self.targets.ci_database.with_name(COPIES) / name / files[name].name
            copies[name].parent.mkdir(parents=True, exist_ok=True)
            with duckdb.connect(str(files[name]), read_only=True):
                for ending in ("", ".wal"):
                    file = files[name].with_name(files[name].name + ending)
                    if file.exists():
                        shutil.copyfile(file, copies[name].with_name(copies[name].name + ending))
        return copies


def stand_ins(
    targets: FileTargets, head: Parsed, live: Mapping[str, Place], chosen: Collection[str], own: str
) -> dict[str, Place]:
    """Where nodes that are not `chosen`, and sources, are read by a build in the database that SQL calls `own`.

    Empty when production has no data.
    """
    if not targets.database.exists():
        return {}
    found = standing_in(live, chosen)
    for uid, place in places(head.manifest).items():
        if place.kind == "source" and place.database == own and not _loaded(head.manifest.sources[uid]):
            found[uid] = replace(place, database=targets.name)
    return found


def _loaded(source: Any) -> bool:
    """Whether a plugin of dbt-duckdb makes the source's table in whatever database it is read in."""
    return "plugin" in source.meta or "plugin" in (source.config.extra or {})
