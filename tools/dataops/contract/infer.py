"""Contracts that production keeps already: types, columns that are never NULL, and what identifies a row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dataops.contract.terms import NOT_NULL, PRIMARY_KEY, UNIQUE
from dataops.contract.writing import Inferred
from dataops.errors import SettingsError
from dataops.project.reading import get, text
from dataops.project.session import Project
from dataops.project.slices import Place, places
from dataops.project.targets import Targets
from dataops.sql.dialects import dialect
from dataops.sql.widening import compared
from dataops.warehouse import Warehouse, connect

_KEY = re.compile(r"(^|_)(id|key)$", re.IGNORECASE)
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*$")


@dataclass
class _Seen:
    """What production has of a model. `declared`: what tests and constraints say already, of columns in lower case."""

    columns: Mapping[str, str]
    is_view: bool
    declared: frozenset[tuple[str, str]]
    rows: int = 0
    filled: dict[str, int] = field(default_factory=dict)
    distinct: dict[str, int] = field(default_factory=dict)


def infer(project: Project, targets: Targets, names: Sequence[str]) -> list[Inferred]:
    """What production's relations of some models keep.

    Raises:
        SettingsError: a name is none of a model that can have a contract.
        WarehouseError: production cannot be read.
    """
    parsed = project.parse(targets.production)
    nodes = [_node(parsed.manifest, project.name, name) for name in dict.fromkeys(names)]
    where = places(parsed.manifest)
    declared = {node.unique_id: frozenset(_declared(parsed.manifest, node)) for node in nodes}
    speaks = dialect(str(parsed.manifest.metadata.adapter_type))
    with connect(project, targets.production, parsed.manifest) as warehouse:
        there = warehouse.existing({node.unique_id: where[node.unique_id] for node in nodes})
        for node in nodes:
            if node.unique_id not in there:
                raise SettingsError(
                    f"production has no {where[node.unique_id]}, the relation of {node.name}",
                    "release it first; a contract is inferred from what production has",
                )
        return [
            _inferred(node, _look(node, declared[node.unique_id], warehouse, there[node.unique_id]), warehouse, speaks)
            for node in nodes
        ]


def _node(manifest: Any, package: str, name: str) -> Any:
    models = [each for uid, each in manifest.nodes.items() if uid.startswith("model.") and each.package_name == package]
    found = [each for each in models if name in (each.unique_id, each.name)]
    hint = "name a model of the project, as dbt does"
    if not found:
        raise SettingsError(f"the project has no model {name}", hint)
    if found[0].version is not None:
        raise SettingsError(
            f"{name} has versions, whose columns are in several places", "write its contract by hand: dbt knows which"
        )
    if str(found[0].config.materialized) == "ephemeral":
        raise SettingsError(f"{name} is ephemeral: it has no relation, and dbt lets it have no contract", hint)
    return found[0]


def _inferred(node: Any, seen: _Seen, warehouse: Warehouse, speaks: str) -> Inferred:
    said = {name.lower(): column for name, column in node.columns.items()}
    supported = {} if seen.is_view else warehouse.constraints()
    key = _key(node, seen)
    columns = []
    for name, kind in seen.columns.items():
        column = said.get(name.lower())
        wanted: dict[str, Any] = {"name": get(column, "name") or name}
        if column is None and not _PLAIN.match(name if speaks != "snowflake" else name.lower()):
            wanted["quote"] = True
        if not text(get(column, "data_type")):
            wanted["data_type"] = kind.lower()
        kinds = [NOT_NULL] * (seen.rows > 0 and seen.filled[name] == seen.rows) + [PRIMARY_KEY] * (name == key)
        there = {text(get(each, "type")) for each in get(column, "constraints") or ()}
        if new := [_constraint(each, supported) for each in kinds if _may_be_written(each, supported, there)]:
            wanted["constraints"] = new
        if len(wanted) > 1 or column is None:
            columns.append(wanted)
    entry: dict[str, Any] = {} if node.config.contract.enforced else {"config": {"contract": {"enforced": True}}}
    notes = (*_against(node, seen, said, speaks), *_left_out(node, seen, supported))
    return Inferred(node.unique_id, {**entry, "columns": columns} if columns else entry, seen.rows, notes)


def _left_out(node: Any, seen: _Seen, supported: Mapping[str, str]) -> Iterator[str]:
    """What is not written, and why."""
    if seen.is_view:
        yield "a view enforces no constraint, so none is written"
    for each in (NOT_NULL, PRIMARY_KEY):
        if supported and supported.get(each, "not_supported") == "not_supported":
            yield f"the warehouse knows no {each}, so none is written"
    if not seen.rows:
        yield "it has no rows: nothing is known of NULL and of keys"
    follows = ("append_new_columns", "fail")
    if str(node.config.materialized) == "incremental" and text(node.config.on_schema_change) not in follows:
        yield "dbt wants `on_schema_change: append_new_columns`, or `fail`, of an incremental model under a contract"


def _look(node: Any, declared: frozenset[tuple[str, str]], warehouse: Warehouse, place: Place) -> _Seen:
    """One query: rows, those with a value in each column, and the different values of what may be a key."""
    seen = _Seen(warehouse.exact_columns(place), warehouse.is_view(place), declared)
    names = list(seen.columns)
    likely = [each for each in names if (UNIQUE, each.lower()) in declared or _KEY.search(each)]
    counts = [f"count({warehouse.quote(each)})" for each in names]
    counts += [f"count(distinct {warehouse.quote(each)})" for each in likely]
    sql = f"select {', '.join(['count(*)', *counts])} from {warehouse.rendered(place)}"  # noqa: S608
    answer = iter(map(int, warehouse.rows(sql)[0]))
    seen.rows = next(answer)
    seen.filled = {each: next(answer) for each in names}
    seen.distinct = {each: next(answer) for each in likely}
    return seen


def _declared(manifest: Any, node: Any) -> Iterator[tuple[str, str]]:
    """What tests and constraints of single columns say."""
    for name, column in node.columns.items():
        for each in column.constraints or ():
            kind = text(get(each, "type"))
            yield from ((one, name.lower()) for one in ((NOT_NULL, UNIQUE) if kind == PRIMARY_KEY else (kind,)))
    for test in manifest.nodes.values():
        about = getattr(test, "test_metadata", None)
        if about is not None and test.attached_node == node.unique_id and about.name in (NOT_NULL, UNIQUE):
            yield about.name, str(test.column_name or "").strip('"`[]').lower()


def _key(node: Any, seen: _Seen) -> str | None:
    """What identifies a row: what is declared, before what merely holds."""
    holds = [name for name, count in seen.distinct.items() if 0 < count == seen.filled[name] == seen.rows]
    if any(text(get(each, "type")) == PRIMARY_KEY for each in node.constraints or ()) or any(
        text(get(each, "type")) == PRIMARY_KEY for column in node.columns.values() for each in column.constraints or ()
    ):
        return None
    return next((name for name in sorted(holds, key=lambda each: (UNIQUE, each.lower()) not in seen.declared)), None)


def _against(node: Any, seen: _Seen, said: Mapping[str, Any], speaks: str) -> Iterator[str]:
    """What is declared and does not hold in production."""
    here = {name.lower(): name for name in seen.columns}
    for name, column in said.items():
        if name not in here:
            yield f"{column.name} is declared, and production has no such column"
            continue
        stored = here[name]
        declared = text(column.data_type)
        if declared and compared(declared, seen.columns[stored], speaks) != "same":
            yield f"{column.name} is declared {declared}, and is {seen.columns[stored].lower()} in production"
        if (NOT_NULL, name) in seen.declared and seen.filled[stored] < seen.rows:
            empty = seen.rows - seen.filled[stored]
            yield f"{column.name} is declared not_null, and is NULL in {empty:,} of {seen.rows:,} rows"
        if (UNIQUE, name) in seen.declared and seen.distinct.get(stored, 0) < seen.filled[stored]:
            again = seen.filled[stored] - seen.distinct[stored]
            yield f"{column.name} is declared unique, and {again:,} of its values come again"


def _may_be_written(kind: str, supported: Mapping[str, str], there: set[str]) -> bool:
    return supported.get(kind, "not_supported") != "not_supported" and kind not in there


def _constraint(kind: str, supported: Mapping[str, str]) -> dict[str, Any]:
    """As it is written: dbt warns of one that is not enforced, unless it is told that this is known."""
    return {"type": kind, **({"warn_unenforced": False} if supported[kind] == "not_enforced" else {})}
