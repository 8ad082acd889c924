"""Any two relations or queries compared, as a person names them."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from dataops.checks.personal import Personal, shown
from dataops.config import Settings
from dataops.diff import keys
from dataops.diff.compare import compare
from dataops.diff.facts import Diff, Key
from dataops.diff.request import Pair, Side
from dataops.engines.registry import engine_of, resolve
from dataops.errors import SettingsError, WarehouseError
from dataops.project.compiling import Compiled
from dataops.project.session import Project
from dataops.project.slices import Place, places
from dataops.review.data import Asked, Comparing, event_time, tests_by_node
from dataops.warehouse import Warehouse, connect


def relations(project: Project, settings: Settings, before: str, after: str, queries: bool, asked: Asked) -> Diff:
    """Compare two relations (`database.schema.name`, as in SQL) or, with `queries`, the results of two queries.

    On DuckDB production's file is attached under its own name. A relation of the project brings its own key.

    Raises:
        WarehouseError: one of them cannot be read.
    """
    engine = engine_of(project, resolve(project, settings, None))
    target = engine.with_production(project.options.target or project.default_target)
    head = project.parse(target)
    node = None if queries else _node(head.manifest, [before, after])
    with ExitStack() as stack:
        known = Personal(head.manifest, Compiled(project, head, stack).sql)
        personal = known.names | (known.columns([node.unique_id])[node.unique_id] if node is not None else frozenset())
    with connect(project, target, head.manifest) as warehouse:
        comparing = Comparing(head.manifest, warehouse, settings.diff, asked)
        sides = _side(warehouse, before, queries), _side(warehouse, after, queries)
        tests = tests_by_node(head.manifest).get(node.unique_id, ()) if node is not None else ()
        key = keys.chosen(node, tests, asked.key) if node is not None else Key(asked.key, "--key" if asked.key else "")
        _refuse_unknown(asked.key, sides)
        hidden = shown([*sides[0].columns, *sides[1].columns], personal)
        pair = Pair(node.unique_id if node is not None else f"{sides[0].label} → {sides[1].label}", sides[0], sides[1])
        return compare(warehouse, pair, comparing.options(key, hidden, asked.event_time or event_time(node)))


def _side(warehouse: Warehouse, named: str, query: bool) -> Side:
    sql = f"({named.strip().rstrip(';')}\n)" if query else named
    try:
        return Side(named, sql, warehouse.query_columns(f"select * from {sql} s"))  # noqa: S608
    except WarehouseError as error:
        raise WarehouseError(
            f"{'the query' if query else 'the relation'} {named} cannot be read: {error.message}",
            "name it as in SQL: database.schema.name, with quotes where SQL needs them",
        ) from error


def _node(manifest: Any, named: list[str]) -> Any:
    """The node that one of the relations belongs to, so that its key and its personal columns are known."""
    wanted = {"".join(mark for mark in each if mark not in '"`[]').lower() for each in named}
    here = {uid: place for uid, place in places(manifest).items() if uid in manifest.nodes}
    # Under another target it has another database or schema; its own name may then be enough.
    for parts in (3, 2, 1):
        found = [uid for uid, place in here.items() if _dotted(place, parts) in {_last(each, parts) for each in wanted}]
        if len(found) == 1:
            return manifest.nodes[found[0]]
    return None


def _dotted(place: Place, parts: int) -> str:
    return ".".join([str(part).lower() for part in (place.database, place.schema, place.identifier)][-parts:])


def _last(name: str, parts: int) -> str:
    return ".".join(name.split(".")[-parts:])


def _refuse_unknown(key: tuple[str, ...], sides: tuple[Side, Side]) -> None:
    for side in sides:
        missing = [name for name in key if name.lower() not in {each.lower() for each in side.columns}]
        if missing:
            raise SettingsError(
                f"{side.label} has no column `{missing[0]}`", f"its columns: {', '.join(list(side.columns)[:30])}"
            )
