"""What the warehouse tells once a run has ended: the series of monitors, columns of what was built, failing rows."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

from dataops.diff import offending
from dataops.errors import WarehouseError
from dataops.history import nodes
from dataops.history.records import Point, Record, Relation, Sample, columns
from dataops.project import statuses
from dataops.project.outcome import NodeResult, Outcome
from dataops.project.profiles import Target
from dataops.project.session import Project
from dataops.project.slices import Place, places
from dataops.sql.lineage import ANY
from dataops.sql.privacy import Personal
from dataops.warehouse import Warehouse, connect

_BUILT = ("model", "seed", "snapshot")
ONE_PERSON_S = frozenset({"min", "max"})
"""Metrics that are a value of the column itself: of a personal one, somebody's."""


def of_monitors(manifest: Any, results: Iterable[NodeResult]) -> dict[str, Any]:
    """The tests among `results` that ran and stored a series."""
    found = {}
    for result in results:
        node = manifest.nodes.get(result.unique_id)
        if result.kind != "test" or result.status not in statuses.COUNTED or node is None:
            continue
        stored = node.is_relational and str(node.config.materialized) != "view" and node.relation_name
        if stored and "is_anomaly" in str(node.compiled_code or ""):
            found[result.unique_id] = node
    return found


def points_of(
    warehouse: Warehouse, invocation_id: str, tests: Mapping[str, Any], personal: Mapping[str, frozenset[str]]
) -> Iterator[Point]:
    """The stored series of monitors, without what shows a personal value.

    `personal`: personal columns of the nodes that are watched. Of such a column no `min` and `max` are kept, and of
    dimensions that are personal nothing is.
    """
    kept = [name for name in columns("point") if name not in ("invocation_id", "unique_id")]
    for unique_id, node in tests.items():
        hidden = personal.get(node.attached_node or "", frozenset())
        dimensions = _dimensions(node)
        if dimensions and any(name in dimensions or name == ANY for name in hidden):
            continue
        watched = (nodes.column(node) or "").lower()
        alone = bool(watched) and (watched in hidden or ANY in hidden)
        try:
            names, rows = warehouse.table(f"select * from {node.relation_name}")  # noqa: S608
        except WarehouseError:
            # The next run of the same test may have replaced it already.
            continue
        if not {"bucket", "value", "is_anomaly"} <= set(names):
            continue
        for row in rows:
            given = {name.lower(): value for name, value in zip(names, row, strict=True)}
            if alone and given.get("metric") in ONE_PERSON_S:
                continue
            values = {name: _cast(name, given.get(name)) for name in kept}
            yield Point(invocation_id, unique_id, **values)


def _dimensions(node: Any) -> str:
    """The monitor's dimensions, which are SQL: whatever names a personal column in them shows it."""
    given = node.test_metadata.kwargs.get("dimensions") if node.test_metadata else None
    return str(given or "").lower()


def _cast(name: str, value: Any) -> Any:
    kind = columns("point")[name]
    if value is None:
        return None
    if kind == "TIMESTAMP":
        return moment(value)
    if kind == "DOUBLE":
        return float(value)
    if kind == "BIGINT":
        return int(value)
    return bool(value) if kind == "BOOLEAN" else str(value)


def moment(value: Any) -> datetime | None:
    """A time as a driver gives it, in UTC without a zone."""
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).replace(tzinfo=None) if value.tzinfo else value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    if isinstance(value, int | float | Decimal):
        return datetime.fromtimestamp(float(value), timezone.utc).replace(tzinfo=None) if math.isfinite(value) else None
    try:
        return moment(datetime.fromisoformat(str(value).strip().replace("Z", "+00:00")))
    except ValueError:
        return None


def of_built(here: Mapping[str, Place], results: Iterable[NodeResult]) -> dict[str, Place]:
    """The relations that a run made."""
    done = {each.unique_id for each in results if each.kind in _BUILT and each.status in statuses.PASSED}
    return {uid: place for uid, place in here.items() if uid in done}


def relations_of(warehouse: Warehouse, invocation_id: str, made: Mapping[str, Place]) -> Iterator[Relation]:
    """The columns of what was built, as the warehouse has them."""
    for unique_id, found in warehouse.columns_of(made).items():
        yield Relation(invocation_id, unique_id, str(made[unique_id]), tuple(found), tuple(found.values()))


@dataclass(frozen=True)
class Surveyed:
    """A run that has ended. `whole`: the project's manifest, of which `manifest` may be a slice."""

    invocation_id: str
    target: Target
    whole: Any
    manifest: Any
    outcome: Outcome


def survey(project: Project, run: Surveyed, samples: int) -> Iterator[Record]:
    """The points of monitors, at most `samples` failing rows of each other test, and the columns of what was built."""
    manifest, results = run.manifest, run.outcome.results
    made = of_built(places(manifest), results)
    watching = of_monitors(manifest, results)
    failing = [each for each in results if each.unique_id not in watching and _has_rows(manifest, each) and samples]
    if not made and not watching and not failing:
        return
    watched = [node.attached_node for node in watching.values() if node.attached_node]
    personal = _personal(run, [*watched, *(each.unique_id for each in failing)])
    with connect(project, run.target, manifest) as warehouse:
        yield from points_of(warehouse, run.invocation_id, watching, personal)
        yield from _samples(warehouse, run, failing, personal, samples)
        yield from relations_of(warehouse, run.invocation_id, made)


def _has_rows(manifest: Any, result: NodeResult) -> bool:
    node = manifest.nodes.get(result.unique_id)
    return result.kind == "test" and result.status in statuses.OFFENDING and bool(getattr(node, "compiled_code", None))


def _personal(run: Surveyed, wanted: Sequence[str]) -> dict[str, frozenset[str]]:
    """Personal columns by node. Those of a slice whose whole is not known are all personal: tags lie further up."""
    if run.whole is None:
        return {unique_id: frozenset({ANY}) for unique_id in wanted}

    def sql(unique_id: str) -> str | None:
        for manifest in (run.manifest, run.whole):
            code = getattr(manifest.nodes.get(unique_id), "compiled_code", None)
            if code:
                return str(code)
        return None

    return Personal(run.whole, sql).columns(wanted)


def _samples(
    warehouse: Warehouse,
    run: Surveyed,
    failing: Iterable[NodeResult],
    personal: dict[str, frozenset[str]],
    most: int,
) -> Iterator[Sample]:
    failing = list(failing)
    compiled = {each.unique_id: str(run.manifest.nodes[each.unique_id].compiled_code) for each in failing}
    for found in offending.rows(warehouse, failing, compiled, {}, personal, most):
        for number, row in enumerate(found.rows, 1):
            shown = {name: value for name, value in zip(found.columns, row, strict=True) if name not in found.hidden}
            text = json.dumps(shown, ensure_ascii=False)
            yield Sample(run.invocation_id, found.unique_id, number, text, found.hidden)
