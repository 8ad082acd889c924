"""Build what the plan runs on production's data, without touching production."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console

from dataops.config import WORK
from dataops.engines.engine import Workspace
from dataops.engines.registry import engine_of
from dataops.errors import SettingsError
from dataops.project import statuses, writes
from dataops.project.baseline import Baseline
from dataops.project.invocation import Parsed
from dataops.project.outcome import Outcome
from dataops.project.profiles import Target
from dataops.project.run import Work, watching
from dataops.project.session import Project
from dataops.project.slices import Place, places
from dataops.project.targets import Targets
from dataops.review.verdict import Built, Compared
from dataops.warehouse import connect

_FILES = "files"
"""Folder of the workspace's for files that the build exports."""

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
    engine = engine_of(project, targets)
    workspace, alone = engine.workspace, not engine.exists()
    here = {uid: place for uid, place in places(head.manifest).items() if uid in chosen}
    _refuse_production(here, base, targets)
    workspace.discard()
    target = workspace.building(head, chosen)
    work = Work.of(head.manifest, chosen, workspace.stand_ins(head, base.places, chosen))
    for manifest in work.slices:
        writes.keep_to_itself(manifest)
    copied: tuple[str, ...] = ()
    if not alone:
        copied = _take_over(workspace, target, head, here, base, full_refresh)
    arguments = ["--target-path", str(WORK / "ci" / "dbt")]
    if full_refresh:
        arguments.append("--full-refresh")
    with workspace.apart(_FILES), watching(console, "building", len(chosen)) as follow:
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
    target = engine_of(project, targets).workspace.target()
    with connect(project, target, head.manifest) as warehouse:
        return set(warehouse.existing(live))


def _refuse_production(here: Mapping[str, Place], base: Baseline, targets: Targets) -> None:
    live = {str(place).lower() for place in base.places.values()}
    for uid, place in here.items():
        if str(place).lower() in live:
            raise SettingsError(
                f"target `{targets.parsing.name}` would build {uid} in production's own relation {place}",
                "give that target a schema or database of its own",
            )


def _take_over(
    workspace: Workspace, target: Target, head: Parsed, here: Mapping[str, Place], base: Baseline, full_refresh: bool
) -> tuple[str, ...]:
    """Start incremental models and snapshots from production's rows, so that what is tested is the next increment."""
    wanted = {
        uid: (base.places[uid], place)
        for uid, place in here.items()
        if uid in base.places
        and place.materialized in _HISTORY
        and base.places[uid].materialized == place.materialized
        and not (full_refresh and place.materialized == "incremental")
    }
    return workspace.take_over(target, head, wanted) if wanted else ()


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
