"""Build what the plan runs on production's data, without touching production."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb
from rich.console import Console

from dataops.config import WORK
from dataops.errors import SettingsError
from dataops.project import statuses, writes
from dataops.project.baseline import Baseline
from dataops.project.invocation import Parsed
from dataops.project.outcome import Outcome
from dataops.project.outlet import Outlet, diverting
from dataops.project.production import standing_in
from dataops.project.profiles import Target
from dataops.project.run import Work, watching
from dataops.project.session import Project
from dataops.project.slices import Place, places
from dataops.project.targets import Targets, beside
from dataops.review.verdict import Built, Compared
from dataops.warehouse import connect

FILES, COPIES = "files", "copies"
"""Folders beside the change's own database: files that the build exported, and databases that it writes to."""

_HISTORY = ("incremental", "snapshot")
"""Materializations whose build depends on what is already there."""


def build(
    project: Project,
    targets: Targets,
    head: Parsed,
    base: Baseline,
    chosen: set[str],
    full_refresh: bool,
    console: Console,
) -> Built:
    """Build and test `chosen` in the change's own target, then take the shape of what was built.

    Raises:
        SettingsError: the change would be built in production's own schema.
    """
    alone = targets.database is not None and not targets.database.exists()
    here = {uid: place for uid, place in places(head.manifest).items() if uid in chosen}
    _refuse_production(here, base, targets)
    discard(targets)
    target = beside(project, targets, attach_production=not alone, copies=_copies(targets, head, chosen))
    work = Work.of(head.manifest, chosen, standing_in(head, base.places, targets, chosen))
    for manifest in work.slices:
        writes.keep_to_itself(manifest)
    copied: tuple[str, ...] = ()
    if not alone:
        copied = _copy_history(project, target, head.manifest, here, base, full_refresh)
    arguments = ["--target-path", str(WORK / "ci" / "dbt")]
    if full_refresh:
        arguments.append("--full-refresh")
    with apart(project, targets, FILES), watching(console, "building", len(chosen)) as follow:
        outcome = work.run(project, target, arguments, follow)
    compared = _compare(project, target, head.manifest, here, base.places if not alone else {}, outcome)
    failing = {
        each.unique_id: code
        for each in (*outcome.failed, *outcome.warned)
        if each.kind == "test" and (code := work.compiled(each.unique_id))
    }
    return Built(outcome, compared, copied, failing)


def present(project: Project, targets: Targets, head: Parsed, base: Baseline) -> set[str]:
    """Which of the relations that the base says production has are there."""
    live = {uid: place for uid, place in base.places.items() if place.kind != "source"}
    with connect(project, beside(project, targets, attach_production=True), head.manifest) as warehouse:
        return set(warehouse.existing(live))


def discard(targets: Targets) -> bool:
    """Remove the DuckDB files that `ci` made; whether there were any."""
    if targets.ci_database is None:
        return False
    there = targets.ci_database.exists()
    for file in targets.ci_files.values():
        file.unlink(missing_ok=True)
        file.with_name(file.name + ".wal").unlink(missing_ok=True)
    for name in (FILES, COPIES):
        shutil.rmtree(targets.ci_database.with_name(name), ignore_errors=True)
    return there


@contextmanager
def apart(project: Project, targets: Targets, folder: str) -> Iterator[None]:
    """Lead files that dbt writes meanwhile into a folder of the change's own."""
    if targets.ci_database is None:
        yield
        return
    with diverting(Outlet(targets.ci_database.with_name(folder), project.root)):
        yield


def _copies(targets: Targets, head: Parsed, chosen: set[str]) -> dict[str, Path]:
    """Copies of those attached databases that hooks write to, by name."""
    if targets.ci_database is None:
        return {}
    files = {each.name: each.file for each in targets.ci_attached if each.file is not None and each.file.exists()}
    copies = {}
    for name in writes.databases_of_hooks(head.manifest, chosen, files):
        copies[name] = targets.ci_database.with_name(COPIES) / name / files[name].name
        copies[name].parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(str(files[name]), read_only=True):
            for ending in ("", ".wal"):
                file = files[name].with_name(files[name].name + ending)
                if file.exists():
                    shutil.copyfile(file, copies[name].with_name(copies[name].name + ending))
    return copies


def clean(project: Project, targets: Targets, head: Parsed | None = None) -> int:
    """Remove whatever builds of this project left in the change's own target; how many relations (DuckDB: files).

    Every relation that the project can make there goes, not only those of the last plan; but none that production can
    have, whose schema may be the same under both targets.
    """
    if targets.ci_database is not None:
        return int(discard(targets))
    manifest = (head or project.parse(targets.parsing)).manifest
    served = places(project.parse(targets.production).manifest, with_failures=True)
    live = {str(place).lower() for place in served.values()}
    made = {uid: place for uid, place in places(manifest, with_failures=True).items() if place.kind != "source"}
    here = {uid: place for uid, place in made.items() if str(place).lower() not in live}
    with connect(project, targets.parsing, manifest) as warehouse:
        existing = warehouse.existing(here)
        for place in existing.values():
            warehouse.drop(place)
    return len(existing)


def _refuse_production(here: Mapping[str, Place], base: Baseline, targets: Targets) -> None:
    live = {str(place).lower() for place in base.places.values()}
    for uid, place in here.items():
        if str(place).lower() in live:
            raise SettingsError(
                f"target `{targets.parsing.name}` would build {uid} in production's own relation {place}",
                "give that target a schema or database of its own",
            )


def _copy_history(
    project: Project, target: Target, manifest: object, here: Mapping[str, Place], base: Baseline, full_refresh: bool
) -> tuple[str, ...]:
    """Start incremental models and snapshots from production's rows, so that what is tested is the next increment."""
    wanted = {
        uid: base.places[uid]
        for uid, place in here.items()
        if uid in base.places
        and place.materialized in _HISTORY
        and base.places[uid].materialized == place.materialized
        and not (full_refresh and place.materialized == "incremental")
    }
    if not wanted:
        return ()
    with connect(project, target, manifest) as warehouse:
        existing = warehouse.existing(wanted)
        for uid, place in existing.items():
            warehouse.drop(here[uid])
            warehouse.copy(place, here[uid])
    return tuple(sorted(existing))


def _compare(
    project: Project,
    target: Target,
    manifest: object,
    here: Mapping[str, Place],
    live: Mapping[str, Place],
    outcome: Outcome,
) -> tuple[Compared, ...]:
    done = {result.unique_id for result in outcome.results if result.status in statuses.PASSED}
    built = {uid: place for uid, place in here.items() if uid in done}
    if not built:
        return ()
    with connect(project, target, manifest) as warehouse:
        after = warehouse.shapes(warehouse.existing(built))
        before = warehouse.shapes(warehouse.existing({uid: live[uid] for uid in built if uid in live}))
    return tuple(Compared(uid, str(built[uid]), before.get(uid), after.get(uid)) for uid in sorted(built))
