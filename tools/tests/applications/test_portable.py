"""The project on other warehouses: built on a real PostgreSQL with the same content, compiled for Spark."""

from __future__ import annotations

import math
import re
import sys
import types
from collections.abc import Iterator
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlglot

from tests.applications.sample import Copy
from tests.postgres import output, serving, sql
from tests.shop import dump

# The most frequent test, whose SQL is dbt's own.
DBTS_OWN = "test_name:not_null"

# Of snapshots, dbt's own columns hold the moment of the build.
MOMENTS = ("dbt_scd_id", "dbt_updated_at", "dbt_valid_from", "dbt_valid_to")

# Words of DuckDB and PostgreSQL that Spark does not read.
FOREIGN = re.compile(r"::|double precision|generate_series|epoch_ms|interval '\d+ \w+'|\bqualify\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving() as socket:
        yield socket


@pytest.fixture(scope="module")
def on_postgres(server: str, tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """The whole project, built and tested on PostgreSQL but for what holds no data or SQL that could differ there."""
    project = Copy.of(tmp_path_factory.mktemp("postgres"))
    profile = {"dataops": {"target": "dev", "outputs": {"dev": output(server, "main")}}}
    (project.folder / "profiles" / "profiles.yml").write_text(dump(profile), encoding="utf-8")
    project.dbt("build", "--exclude-resource-type", "unit_test", "--exclude", DBTS_OWN)
    return project


Row = tuple[Any, ...]


def exact(row: Row) -> str:
    """What has to be the same: everything but numbers with places."""
    moments = (
        value.astimezone(timezone.utc).replace(tzinfo=None) if isinstance(value, datetime) and value.tzinfo else value
        for value in row
    )
    return repr([value for value in moments if not isinstance(value, (Decimal, float))])


def numbers(row: Row) -> list[float]:
    return [float(value) for value in row if isinstance(value, (Decimal, float))]


def place(value: Decimal | float) -> float:
    """One unit in the last place of a decimal; next to nothing for a floating-point number."""
    return 10.0 ** int(value.as_tuple().exponent) if isinstance(value, Decimal) else 1e-9


def alike(one: Row, other: Row) -> bool:
    """Equal, but for one unit in the last place: the engines divide and take roots with other digits to round from."""
    units = [place(value) for value in other if isinstance(value, (Decimal, float))]
    pairs = zip(numbers(one), numbers(other), units, strict=True)
    return exact(one) == exact(other) and all(
        math.isclose(a, b, rel_tol=1e-9, abs_tol=1.01 * unit) or (a != a and b != b) for a, b, unit in pairs
    )


def test_every_relation_holds_the_same_on_postgres(built: Copy, on_postgres: Copy, server: str) -> None:
    tables = built.rows(
        "select table_schema, table_name, list(column_name order by ordinal_position) from information_schema.columns"
        " where table_schema like 'main_%' group by all order by all"
    )
    assert len(tables) > 120
    different = []
    for schema, table, columns in tables:
        # PostgreSQL has folded to lower case what the seeds' headers do not quote.
        names = ", ".join(f'"{name.lower()}"' for name in columns if name not in MOMENTS)
        rows, others = (
            sorted(found, key=lambda row: (exact(row), numbers(row)))
            for found in (
                built.rows(f"select {names} from {schema}.{table}"),
                sql(server, f"select {names} from {schema}.{table}"),
            )
        )
        unlike = [pair for pair in zip(rows, others, strict=False) if not alike(*pair)]
        if unlike or len(rows) != len(others):
            different.append(f"{schema}.{table}: {len(rows)} and {len(others)} rows, for example {unlike[:1]}")
    assert different == []


@pytest.mark.parametrize("application", ["fraud", "healthcare", "recommendations", "supply_chain"])
def test_planted_defects_are_the_only_warnings_on_postgres(built: Copy, on_postgres: Copy, application: str) -> None:
    assert on_postgres.warnings(application) == built.warnings(application)


def test_incremental_models_find_nothing_to_change_in_a_second_run(on_postgres: Copy, server: str) -> None:
    manifest = on_postgres.artifact("manifest")
    models = [
        node["relation_name"] for node in manifest["nodes"].values() if node["config"]["materialized"] == "incremental"
    ]
    before = {model: sorted(map(repr, sql(server, f"select * from {model}"))) for model in models}
    # The artifacts stay those of the build, which other tests read.
    on_postgres.dbt("run", "--select", "config.materialized:incremental", "--no-write-json")
    assert {model: sorted(map(repr, sql(server, f"select * from {model}"))) for model in models} == before


def test_the_project_compiles_for_spark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # dbt asks for the library of the connection, which compiling never opens.
    monkeypatch.setitem(sys.modules, "pyspark", types.ModuleType("pyspark"))
    from dbt.adapters.spark.impl import SparkAdapter

    # Compiling asks only whether incremental models are there: in an empty warehouse none is.
    monkeypatch.setattr(SparkAdapter, "list_relations_without_caching", lambda *_: [])
    project = Copy.of(tmp_path / "spark")
    spark = {"type": "spark", "method": "session", "host": "none", "schema": "main", "threads": 2}
    profile = {"dataops": {"target": "dev", "outputs": {"dev": spark}}}
    (project.folder / "profiles" / "profiles.yml").write_text(dump(profile), encoding="utf-8")
    project.dbt("compile", "--no-introspect", "--no-populate-cache", "--exclude", DBTS_OWN)
    nodes = project.artifact("manifest")["nodes"].values()
    ours = [node for node in nodes if (node.get("test_metadata") or {}).get("name") != "not_null"]
    compiled = [node for node in ours if node["resource_type"] in ("model", "test")]
    assert len(compiled) > 300
    for node in compiled:
        assert node["compiled_code"], node["name"]
        sqlglot.parse_one(node["compiled_code"], read="spark")
        # What this project's own macros say otherwise on Spark, and sqlglot would let pass.
        assert not FOREIGN.search(node["compiled_code"]), node["name"]
