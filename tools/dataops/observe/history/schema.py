"""The records as columns: how they lie in a file, and as which views they are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from dataops.observe.history.records import Freshness, Invocation, Point, Relation, Result, Sample

VERSION = 1
"""Version of the records. Files of each version lie in a folder of their own; a reader reads all of them."""

KINDS: Mapping[str, type[Any]] = {
    "invocation": Invocation,
    "result": Result,
    "sample": Sample,
    "point": Point,
    "freshness": Freshness,
    "relation": Relation,
}
"""A file has one row a record: `kind`, and one struct column a kind, of which the row's own is set."""

KIND_OF = {record: kind for kind, record in KINDS.items()}

_SQL = {
    "str": "VARCHAR",
    "datetime": "TIMESTAMP",
    "int": "BIGINT",
    "float": "DOUBLE",
    "bool": "BOOLEAN",
    "tuple[str, ...]": "VARCHAR[]",
}


def columns(kind: str) -> dict[str, str]:
    """The SQL types of a kind's columns by name."""
    return {each.name: _SQL[str(each.type).removesuffix(" | None")] for each in fields(KINDS[kind])}


def struct(kind: str) -> str:
    """The type of a kind's column in a file."""
    return "STRUCT(" + ", ".join(f'"{name}" {type_}' for name, type_ in columns(kind).items()) + ")"


def reading_lines() -> str:
    """The argument `columns` of DuckDB's `read_json` for a journal."""
    types = {"line": "BIGINT", "kind": "VARCHAR"} | {kind: struct(kind) for kind in KINDS}
    return "{" + ", ".join(f"'{name}': '{type_}'" for name, type_ in types.items()) + "}"


VIEWS: Mapping[str, str] = {
    "invocations": "select * from all_invocation",
    "results": "select * from all_result",
    "tests": """
        select
            invocation_id, unique_id, name, status, message, started_at, finished_at, seconds, failures, severity,
            tested, column_name, test_name, test_namespace, test_type, package, file, tags, owners, parents,
            compiled_sql
        from all_result
        where kind in ('test', 'unit_test')""",
    "samples": "select * from all_sample",
    "points": "select * from all_point",
    "freshness": "select * from all_freshness",
    "columns": """
        select
            invocation_id, unique_id, relation,
            unnest(range(1, len(columns) + 1)) as position, unnest(columns) as name, unnest(types) as type
        from all_relation""",
}
"""What a reader queries. Dates in them are UTC; each has `invocation_id`, by which they are joined."""
