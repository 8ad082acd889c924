"""The evidence that the review rests on beside the build: differences, the rules held against them, offending rows."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from graphlib import TopologicalSorter

from dataops.changes.meaning import Difference
from dataops.changes.planning import Planned
from dataops.checks.personal import Personal
from dataops.checks.taint import ANY
from dataops.config import Settings
from dataops.diff.facts import Diff
from dataops.engines.registry import engine_of
from dataops.project import compiled
from dataops.project.compiling import Compiled
from dataops.project.session import Project
from dataops.project.slices import Place, places
from dataops.project.targets import Targets
from dataops.review import basecode, intended, offending, rules
from dataops.review.data import Asked, Comparing, about, pairs, with_note
from dataops.review.facts import Built
from dataops.review.judged import OffendingRows, Ruling
from dataops.warehouse import Warehouse, connect

PRODUCTION, BASE_CODE = "production", "base code"


@dataclass(frozen=True)
class Evidence:
    """All of it."""

    diffs: tuple[Diff, ...] = ()
    rulings: tuple[Ruling, ...] = ()
    offending: tuple[OffendingRows, ...] = ()


def gather(
    project: Project,
    targets: Targets,
    planned: Planned,
    built: Iterable[str],
    failures: Built | None,
    settings: Settings,
    asked: Asked,
    against: str = PRODUCTION,
) -> Evidence:
    """Compare the relations `built` in the change's own target with production, or with what the base's code makes.

    `failures`: the build whose failing tests' rows are wanted.

    Raises:
        SettingsError: rules or acknowledgements cannot be read.
    """
    rules.check(settings.diff.rules)
    holding, expired = intended.read(project.root, datetime.datetime.now(datetime.timezone.utc).date())
    head, manifest = planned.head, planned.head.manifest
    attached = not planned.plan.alone
    failing = tuple(failures.failing) if failures else ()
    chosen = sorted(built)
    # To compile, or to find production's relations, opens a connection of its own that refuses to work: it ends before
    # the warehouse's begins.
    live = dict(planned.base.places)
    with ExitStack() as stack:
        compiling = Compiled(project, head, stack)
        personal = Personal(manifest, compiling.sql).columns([*chosen, *failing])
        changed = {change.unique_id for change in planned.plan.changes if not change.cosmetic}
        wanted = [uid for uid in chosen if uid not in changed] if against == BASE_CODE else []
        unchanged = {uid: sql for uid in wanted if (sql := compiling.sql(uid)) is not None}
    with connect(project, engine_of(project, targets).workspace.target(), manifest) as warehouse:
        comparing = Comparing(manifest, warehouse, settings.diff, asked)
        here = {uid: place for uid, place in places(manifest).items() if uid in set(chosen)}
        two = pairs(chosen, here, live if attached else {}, warehouse)
        diffs = list(_against_production(comparing, two, personal, planned.effects.differences))
        if against == BASE_CODE:
            diffs = _against_base_code(warehouse, planned, comparing, two, here, personal, unchanged)
        diffs = [_noted(diff, tuple(rules.acknowledged(diff, holding))) for diff in diffs]
        rows = _offending(comparing, failures, here, personal) if failures else ()
    return Evidence(
        tuple(diffs), rules.judge(settings.diff.rules, diffs, about(manifest, chosen), holding, expired), rows
    )


def _offending(
    comparing: Comparing, failures: Built, here: Mapping[str, Place], personal: Mapping[str, frozenset[str]]
) -> tuple[OffendingRows, ...]:
    told = {}
    hidden = dict(personal)
    for test, attached in comparing.attached(failures.failing):
        if attached in here:
            sql = comparing.holes(test, here[attached])
            if sql:
                told[test.unique_id] = sql
                hidden[test.unique_id] = personal.get(attached, frozenset({ANY}))
    return offending.rows(comparing.warehouse, failures.outcome.results, failures.failing, told, hidden)


def _against_production(
    comparing: Comparing,
    two: Mapping[str, tuple[Place, Place]],
    personal: Mapping[str, frozenset[str]],
    differences: Mapping[str, Difference],
) -> Iterable[Diff]:
    for uid, (before, after) in two.items():
        yield comparing.diff(uid, before, after, personal.get(uid, ()), PRODUCTION, differences.get(uid))


def _against_base_code(
    warehouse: Warehouse,
    planned: Planned,
    comparing: Comparing,
    two: Mapping[str, tuple[Place, Place]],
    here: Mapping[str, Place],
    personal: Mapping[str, frozenset[str]],
    unchanged: Mapping[str, str],
) -> list[Diff]:
    """Each relation beside what the base's code makes of the same inputs; how that differs from production is told."""
    manifest = planned.head.manifest
    rebuilt = basecode.rebuild(
        warehouse,
        _ordered(planned, here),
        here,
        planned.base.places,
        planned.base.compiled(),
        unchanged.get,
        compiled.names(manifest),
    )
    diffs = []
    for uid, (production, after) in two.items():
        hidden = personal.get(uid, ())
        before = rebuilt.places.get(uid)
        if before is None:
            diff = comparing.diff(uid, production, after, hidden, PRODUCTION, planned.effects.differences.get(uid))
            diffs.append(with_note(diff, f"Compared with production: {rebuilt.problems.get(uid, 'not built')}."))
            continue
        diff = comparing.diff(uid, before, after, hidden, BASE_CODE, planned.effects.differences.get(uid))
        own = comparing.diff(uid, production, before, hidden)
        diffs.append(with_note(diff, _own_differences(own)))
    for place in rebuilt.places.values():
        warehouse.drop(place)
    return diffs


def _own_differences(own: Diff) -> str:
    """What production differs in by itself, from what its own code makes of today's inputs."""
    if own.rows is None:
        return f"Production could not be compared with what its own code makes of the same inputs: {own.failure}"
    if own.alike:
        return "Production is what its own code makes of the same inputs."
    rows = own.rows
    return (
        "Not part of this change: production differs from what its own code makes of the same inputs by "
        f"{rows.added:,} rows added, {rows.removed:,} removed, {rows.modified:,} modified."
    )


def _ordered(planned: Planned, wanted: Mapping[str, Place]) -> list[str]:
    """Nodes, parents first."""
    return [uid for uid in TopologicalSorter(planned.graph.parents).static_order() if uid in wanted]


def _noted(diff: Diff, notes: tuple[str, ...]) -> Diff:
    for note in notes:
        diff = with_note(diff, note)
    return diff
