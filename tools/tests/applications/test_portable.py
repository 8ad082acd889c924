"""The project on other warehouses: built on a real PostgreSQL with the same content, compiled for Spark."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import pytest

from tests.applications.sample import Copy
from tests.postgres import output, serving, sql
from tests.shop import dump

# Of snapshots, dbt's own columns hold the moment of the build.
MOMENTS = ("dbt_scd_id", "dbt_updated_at", "dbt_valid_from", "dbt_valid_to")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving() as socket:
        yield socket


@pytest.fixture(scope="module")
def on_postgres(server: str, tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """The whole project, built and tested on PostgreSQL; unit tests hold no data that could differ there."""
    project = Copy.of(tmp_path_factory.mktemp("postgres"))
    profile = {"dataops": {"target": "dev", "outputs": {"dev": output(server, "main")}}}
    (project.folder / "profiles" / "profiles.yml").write_text(dump(profile), encoding="utf-8")
    project.dbt("build", "--exclude-resource-type", "unit_test")
    return project


def comparable(value: Any) -> Any:
    """A value as both warehouses' drivers can give it."""
    if isinstance(value, (Decimal, float)):
        return "nan" if math.isnan(value) else f"{float(value):.9g}"
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(timezone.utc).replace(tzinfo=None)
    return value


def test_every_relation_holds_the_same_on_postgres(built: Copy, on_postgres: Copy, server: str) -> None:
    tables = built.rows(
        "select table_schema, table_name, list(column_name order by ordinal_position) from information_schema.columns"
        " where table_schema like 'main_%' group by all order by all"
    )
    assert len(tables) > 120
    different = []
    for schema, table, columns in tables:
        names = ", ".join(f'"{name}"' for name in columns if name not in MOMENTS)
        rows, others = (
            sorted(repr([comparable(value) for value in row]) for row in found)
            for found in (
                built.rows(f"select {names} from {schema}.{table}"),
                sql(server, f"select {names} from {schema}.{table}"),
            )
        )
        if rows != others:
            first = next(((one, other) for one, other in zip(rows, others, strict=False) if one != other), None)
            different.append(f"{schema}.{table}: {len(rows)} and {len(others)} rows, for example {first}")
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
    on_postgres.dbt("run", "--select", "config.materialized:incremental")
    assert {model: sorted(map(repr, sql(server, f"select * from {model}"))) for model in models} == before
