"""What the history holds, one class a kind: as columns of a file, and as the views that they are read by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Invocation:
    """One run of dbt, be it by this tool or by another.

    `command`: the tool's (`build`, `ci`, `deploy`, `source freshness`), or dbt's own if dbt was run alone.
    `status`: `running`; `success`; `failed` (nodes failed, or the command says that it is not well); `error` (it could
    not run); `interrupted` (it was killed, or stopped by hand). `message`: what the command said in the end, its
    verdict or why it could not run. `origin`: `dataops`, `artifacts` (`dataops record`) or `elementary` (`dataops
    import elementary`). `planned`: nodes that it was to run. `selected`: dbt's selection as typed; `variables`: names
    alone, for values can be secrets. `release`: what a deploy made live.
    """

    invocation_id: str
    command: str
    status: str
    origin: str
    started_at: datetime
    finished_at: datetime | None = None
    seconds: float | None = None
    message: str | None = None
    planned: int | None = None
    project: str | None = None
    profile: str | None = None
    target: str | None = None
    adapter: str | None = None
    database: str | None = None
    schema: str | None = None
    threads: int | None = None
    is_full_refresh: bool | None = None
    selected: str | None = None
    variables: tuple[str, ...] = ()
    dbt_version: str | None = None
    dataops_version: str | None = None
    revision: str | None = None
    branch: str | None = None
    is_dirty: bool | None = None
    user: str | None = None
    host: str | None = None
    orchestrator: str | None = None
    job_name: str | None = None
    job_url: str | None = None
    pull_request: str | None = None
    release: str | None = None


@dataclass(frozen=True)
class Result:
    """One node's result in one invocation; of a test also what it tests.

    `status` is dbt's own word. `seconds`: wall time, `compile_seconds` of it for compiling. `rows_affected`: what the
    adapter says; most say nothing for views. `failures`: failing rows that a test counts. `tested`: unique id of the
    node that a test is attached to; `test_name`: the generic test (`unique`), or the singular test's own name.
    `compiled_sql`: of tests that did not pass. `owners`: of a test, those of the node that it tests. `parents`: unique
    ids of what it read.
    """

    invocation_id: str
    unique_id: str
    name: str
    kind: str
    status: str
    message: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    seconds: float | None = None
    compile_seconds: float | None = None
    thread: str | None = None
    rows_affected: int | None = None
    failures: int | None = None
    package: str | None = None
    file: str | None = None
    database: str | None = None
    schema: str | None = None
    identifier: str | None = None
    materialized: str | None = None
    tags: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    tested: str | None = None
    column_name: str | None = None
    test_name: str | None = None
    test_namespace: str | None = None
    test_type: str | None = None
    severity: str | None = None
    compiled_sql: str | None = None


@dataclass(frozen=True)
class Sample:
    """One failing row of a test; `number` counts from 1.

    `row`: JSON, column to text or null, without the personal columns, which `hidden` names.
    """

    invocation_id: str
    unique_id: str
    number: int
    row: str
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True)
class Point:
    """One scored point of a monitor, as docs/monitors.md describes it. `unique_id`: the monitor's test."""

    invocation_id: str
    unique_id: str
    metric: str | None = None
    dimension: str | None = None
    bucket: datetime | None = None
    value: float | None = None
    centre: float | None = None
    lower: float | None = None
    upper: float | None = None
    score: float | None = None
    rule: str | None = None
    is_anomaly: bool | None = None
    is_detected: bool | None = None
    training_set_size: int | None = None


@dataclass(frozen=True)
class Freshness:
    """How old a source's newest row was. `age_seconds`: at `checked_at`; limits are in seconds, None where not set."""

    invocation_id: str
    unique_id: str
    name: str
    status: str
    message: str | None = None
    max_loaded_at: datetime | None = None
    checked_at: datetime | None = None
    age_seconds: float | None = None
    warn_after_seconds: float | None = None
    error_after_seconds: float | None = None
    seconds: float | None = None
    file: str | None = None
    database: str | None = None
    schema: str | None = None
    identifier: str | None = None
    tags: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()


@dataclass(frozen=True)
class Relation:
    """The columns of a relation after it was built: `columns` and `types` in the relation's order."""

    invocation_id: str
    unique_id: str
    relation: str
    columns: tuple[str, ...]
    types: tuple[str, ...]


Record = Invocation | Result | Sample | Point | Freshness | Relation


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
