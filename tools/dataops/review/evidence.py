"""The evidence that the review rests on beside the build: differences, the rules held against them, offending rows."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter

from dataops.config import Settings
from dataops.diff import offending
from dataops.diff.difference import Diff, OffendingRows
from dataops.engines.registry import engine_of
from dataops.errors import WarehouseError
from dataops.plan.plan import Plan
from dataops.plan.planning import Planned
from dataops.project import compiled
from dataops.project.compiled import EPHEMERAL, CompiledSql
from dataops.project.compiling import Compiled
from dataops.project.difference import Break
from dataops.project.outcome import Shape
from dataops.project.session import Project
from dataops.project.slices import Place, places
from dataops.project.targets import Targets
from dataops.review import rules
from dataops.review.data import Asked, Comparing, about, pairs, with_note
from dataops.review.verdict import Built, Compared, Ruling
from dataops.sql.difference import Difference
from dataops.sql.lineage import ANY
from dataops.sql.privacy import Personal
from dataops.warehouse import Warehouse, connect

_SUFFIX = "__before"
_REBUILT = ("table", "view")


@dataclass(frozen=True)
class Rebuilt:
    """Where the earlier versions are, and why some could not be made, by unique id."""

    places: Mapping[str, Place]
    problems: Mapping[str, str]


def rebuild_base(
    warehouse: Warehouse,
    order: Collection[str],
    here: Mapping[str, Place],
    live: Mapping[str, Place],
    before: CompiledSql,
    unchanged: Callable[[str], str | None],
    names: Mapping[str, str],
) -> Rebuilt:
    """Build the earlier version of the nodes of `order` (parents first), each beside what the change built.

    `before` is the base's compiled SQL; `unchanged` gives the SQL, with relations called as in `names`, of a node whose
    own text did not change. An earlier version reads the earlier versions of its parents, and production otherwise.
    """
    places: dict[str, Place] = {}
    problems: dict[str, str] = {}
    for unique_id in order:
        place = here[unique_id]
        if place.kind != "model" or place.materialized not in _REBUILT:
            problems[unique_id] = f"a {place.materialized or place.kind} cannot be built again as it was"
            continue
        sql, called = before.sql.get(unique_id), before.names
        if sql is None:
            sql, called = unchanged(unique_id), names
        if sql is None:
            problems[unique_id] = "its earlier SQL is not at hand"
            continue
        if EPHEMERAL in sql and before.sql.get(unique_id) is None:
            problems[unique_id] = "it reads an ephemeral model"
            continue
        target = replace(place, identifier=f"{place.identifier}{_SUFFIX}", materialized="table")
        moved = {name: {**live, **places}.get(uid) for uid, name in called.items() if not name.startswith(EPHEMERAL)}
        try:
            warehouse.create(
                target, _renamed(sql, {n: warehouse.rendered(p) for n, p in moved.items() if p is not None})
            )
        except WarehouseError as error:
            problems[unique_id] = error.message
            continue
        places[unique_id] = target
    return Rebuilt(places, problems)


def _renamed(sql: str, names: Mapping[str, str]) -> str:
    """SQL with relations, as dbt rendered them, called by other names."""
    if not names:
        return sql
    pattern = re.compile("|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)))
    return pattern.sub(lambda found: names[found[0]], sql)


def settled(plan: Plan, compared: Iterable[Compared]) -> Plan:
    """The plan without readers of a column that kept its type, and sure of those whose column has another one."""
    types = {each.unique_id: (_types(each.before), _types(each.after)) for each in compared}
    return replace(plan, breaking=tuple(_settled(plan.breaking, types)))


def _settled(breaking: Iterable[Break], types: dict[str, tuple[dict[str, str], dict[str, str]]]) -> Iterator[Break]:
    for each in breaking:
        before, after = (side.get(each.column.casefold()) for side in types.get(each.unique_id, ({}, {})))
        if each.kind != "retyped" or before is None or after is None:
            yield each
        elif before != after:
            yield replace(each, doubt=None if each.doubt == "type" else each.doubt)


def _types(shape: Shape | None) -> dict[str, str]:
    return {name.casefold(): kind for name, kind in shape.columns.items()} if shape else {}


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
    holding, expired = rules.read_intended(project.root, datetime.datetime.now(datetime.timezone.utc).date())
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
    rebuilt = rebuild_base(
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
