"""What the warehouse tells after a run: the series that monitors stored, and the columns of what was built."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

from dataops import statuses
from dataops.checks.taint import ANY
from dataops.errors import WarehouseError
from dataops.observe.history import described
from dataops.observe.history.records import Point, Relation
from dataops.observe.history.schema import columns
from dataops.project.outcome import NodeResult
from dataops.project.slices import Place
from dataops.warehouse import Warehouse

_BUILT = ("model", "seed", "snapshot")
ONE_PERSON_S = frozenset({"min", "max"})
"""Metrics that are a value of the column itself: of a personal one, somebody's."""


def monitors(manifest: Any, results: Iterable[NodeResult]) -> dict[str, Any]:
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


def points(
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
        watched = (described.column(node) or "").lower()
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


def built(here: Mapping[str, Place], results: Iterable[NodeResult]) -> dict[str, Place]:
    """The relations that a run made."""
    done = {each.unique_id for each in results if each.kind in _BUILT and each.status in statuses.PASSED}
    return {uid: place for uid, place in here.items() if uid in done}


def relations(warehouse: Warehouse, invocation_id: str, made: Mapping[str, Place]) -> Iterator[Relation]:
    """The columns of what was built, as the warehouse has them."""
    for unique_id, found in warehouse.columns_of(made).items():
        yield Relation(invocation_id, unique_id, str(made[unique_id]), tuple(found), tuple(found.values()))
