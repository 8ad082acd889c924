"""The earlier version of what the change builds, made of the same inputs: what differs is the change's alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from dataops.errors import WarehouseError
from dataops.project.compiled import EPHEMERAL, CompiledSql
from dataops.project.slices import Place
from dataops.warehouse import Warehouse

_SUFFIX = "__before"
_REBUILT = ("table", "view")


@dataclass(frozen=True)
class Rebuilt:
    """Where the earlier versions are, and why some could not be made, by unique id."""

    places: Mapping[str, Place]
    problems: Mapping[str, str]


def rebuild(
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
