"""The same monitors on a real PostgreSQL; their SQL for other warehouses, as far as it can be read without one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from dbt.cli.main import dbtRunner
from dbt.context import providers

from tests.monitors.package import Watched
from tests.monitors.test_monitors import BY, FRESHNESS, ORDERS, column, fresh_by, volume
from tests.postgres import output, serving, sql

# One of each kind of query.
KINDS: list[dict[str, Any]] = [
    volume("plain"),
    volume("normal", distribution="normal", fail_on_zero=True),
    volume("robust", robust=True),
    volume("ewma", chart="ewma", rules="nelson"),
    volume("cusum", chart="cusum", rules="western_electric"),
    volume("rising", trend="linear"),
    volume("rising_weekly", trend="linear", seasonality="day_of_week"),
    volume("weekly", seasonality="day_of_week"),
    volume("weekly_robust", seasonality="day_of_week", robust=True),
    volume("months", time_bucket={"period": "month", "count": 1}, training_period={"period": "month", "count": 3}),
    volume("small", anomaly_exclude_metrics="metric_value < 1 and metric_date > '2024-02-01'"),
    column(
        "amounts",
        [
            "null_count",
            "null_percent",
            "average",
            "sum",
            "min",
            "max",
            "standard_deviation",
            "zero_count",
            "missing_percent",
        ],
    ),
    {
        "test": "column_anomalies",
        "alias": "channel_texts",
        "column_name": "channel",
        **BY,
        "column_anomalies": ["min_length", "max_length", "average_length", "missing_count"],
    },
    column("amounts_ewma", ["null_percent", "null_count", "average"], chart="ewma"),
    {"test": "dimension_anomalies", "alias": "channels", "dimensions": ["channel", "order_id % 2"], **BY},
    {"test": "event_freshness_anomalies", "alias": "freshness", **FRESHNESS},
    {"test": "volume_threshold", "alias": "threshold", **BY},
    fresh_by("sla", "05:30", "UTC"),
    {"test": "table_anomalies", "alias": "whole", **BY},
    {"test": "freshness_anomalies", "alias": "waits", **BY, "dimensions": ["channel"]},
    {
        "test": "freshness_anomalies",
        "alias": "waits_of_weeks",
        **BY,
        "time_bucket": {"period": "week", "count": 1},
        "training_period": {"period": "week", "count": 4},
    },
    {"test": "distribution_drift", "alias": "drift", **BY, "column_name": "amount", "categorical": False},
    {
        "test": "distribution_drift",
        "alias": "drift_of_texts",
        **BY,
        "column_name": "channel",
        "categorical": True,
        "dimensions": ["order_id % 2"],
        "exclude": [{"from": "2024-02-20"}],
    },
]

# What asks the warehouse for a table's columns cannot be compiled without one, but what it makes of them can.
PARTS = {
    "all_columns": """
        {%- set settings = dataops_toolkit.monitor_settings({'timestamp_column': 'created_at'}, 'by_metric') -%}
        {{ dataops_toolkit.monitored_table('orders', settings, dataops_toolkit.metrics_of_all_columns([
            {'name': 'select', 'data_type': 'bigint'}, {'name': "it's", 'data_type': 'text'}
        ], none, none, none, settings)) }}""",
    "recorded": r"""{{ dataops_toolkit.recorded_rows([
        ['row_count', none, 3, '1.5', 'nan'], ['a', "o'n\\", 4, none, '1']
    ]) }}""",
    "columns": """{{ dataops_toolkit.schema_rows([
        ["it's", 'int', none, 'column_added'], ['b', 'int', 'text', none]
    ]) }}""",
}
SCHEMA: dict[str, Any] = {
    "type": ["object", "array"],
    "required": ["id"],
    "properties": {
        "id": {"type": "integer", "minimum": 1, "exclusiveMaximum": 1000},
        "it's": {"enum": ["a", 1, True, None], "const": "a"},
        "tags": {"items": {"type": "string", "pattern": "^\\d+$", "maxLength": 3}, "minItems": 1},
        "any": {"anyOf": [{"type": "null"}, {"not": {"type": "string"}}], "oneOf": [True, {"type": "number"}]},
    },
    "additionalProperties": False,
}

# What the table below has on PostgreSQL too, with the zone of the session far from UTC.
LOADED = """
create table raw.orders as
select
    day * 1000 + number as order_id,
    timestamptz '2024-02-01 00:00:00+00' + day * interval '1 day' + number * interval '600 second' as created_at,
    timestamptz '2024-02-01 00:00:00+00' + day * interval '1 day' + (number * 600 - 300) * interval '1 second'
        as happened_at,
    case
        when day = 27 and number = 5 then double precision 'NaN'
        when (day * 7 + number) % 20 = 0 then null
        else 10 + ((day * 31 + number * 7919) % 1000) / 100.0
    end as amount,
    case when number % 3 = 0 then 'shop' else 'web' end as channel
from generate_series(0, 28) as days (day), generate_series(0, 110) as numbers (number)
where number < 100 + (day * 7) % 11 and (day < 28 or number % 2 = 0)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving() as socket:
        yield socket


def test_postgres_finds_what_duckdb_finds(server: str, tmp_path: Path) -> None:
    sql(server, "create schema raw")
    sql(server, LOADED)
    sql(server, "alter database postgres set timezone to 'Pacific/Auckland'")
    there = Watched.lay_out(tmp_path / "postgres", output(server, "main"))
    here = Watched.lay_out(tmp_path / "duckdb")
    here.sql("create schema raw")
    here.sql(ORDERS.format(name="raw.orders"))
    here.sql("delete from raw.orders where created_at >= '2024-02-29' and order_id % 2 = 1")
    here.sql("update raw.orders set amount = 'nan' where order_id = 27005")
    for project in (here, there):
        project.watch({"orders": KINDS}, schema="raw")
        project.dbt("test", passes=False)
    for kind in KINDS:
        query = f"select * from main_series.{kind['alias']} order by metric, dimension, bucket"
        one, other = here.sql(query), sql(server, query)
        assert one, kind["alias"]
        assert [rounded(row) for row in other] == [rounded(row) for row in one], kind["alias"]


def rounded(row: tuple[Any, ...]) -> list[Any]:
    """Numbers to seven significant digits: engines add up in other orders."""
    return [float(f"{value:.7g}") if isinstance(value, float) else value for value in row]


@pytest.mark.parametrize("warehouse", ["snowflake", "bigquery", "spark"])
def test_the_sql_for_other_warehouses_can_be_read(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Watched.lay_out(tmp_path)
    parsing = {"test": "json_schema", "alias": "json", "column_name": "channel", **SCHEMA}
    # Spark has no SQL for it, and says so.
    project.watch({"orders": [*KINDS, *([parsing] if warehouse != "spark" else [])]})
    for name, part in PARTS.items():
        place = project.folder / "analyses" / f"{name}.sql"
        place.parent.mkdir(exist_ok=True)
        place.write_text(part, encoding="utf-8")
    # dbt has the adapters of these in packages of their own; the monitors' own macros need only be looked up for them.
    monkeypatch.setattr(providers, "get_adapter_type_names", lambda _: [warehouse])
    folders = ["--project-dir", str(project.folder), "--profiles-dir", str(project.folder)]
    ran = dbtRunner().invoke(["compile", "--no-introspect", "--no-populate-cache", "--quiet", *folders])
    assert ran.success, ran.exception
    compiled = list((project.folder / "target" / "compiled").rglob("*.sql"))
    assert len(compiled) == len(KINDS) + len(PARTS) + (warehouse != "spark")
    for file in compiled:
        text = file.read_text(encoding="utf-8")
        sqlglot.parse_one(text, read=warehouse)
        # What only DuckDB reads, and sqlglot lets pass.
        assert not re.search(r"make_timestamp|isfinite|\bepoch\(", text), file.name
