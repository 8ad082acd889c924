"""Monitors on every form of table, timestamp, column and configuration that dbt has, on DuckDB and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import yaml
from dbt.cli.main import dbtRunner

from tests.monitors.package import PROJECT, Watched, monitor, write
from tests.postgres import output, serving, sql

# Forty days of an event each hour; in the last two the half is gone, and amounts have moved for a week.
EVENTS = """
create table raw.events as
select
    moment as ts,
    timezone('UTC', moment) as zoned,
    cast(moment as date) as day,
    to_char_of_moment as written,
    to_char_of_moment || '+01:00' as written_in_a_zone,
    cast(extract(epoch from moment) as bigint) as s,
    cast(extract(epoch from moment) as bigint) * 1000 as ms,
    cast(extract(epoch from moment) as bigint) * 1000000 as us,
    cast(extract(epoch from moment) as bigint) * 1000000000 as ns,
    20240000 + hour % 30 as ymd,
    moment as "two words",
    cast(hour % 10 + case when hour >= 33 * 24 then 8 else 0 end as double precision) as amount,
    cast(hour % 10 + case when hour >= 33 * 24 then 8 else 0 end as numeric(10, 2)) as "select",
    case hour % 4 when 0 then null when 1 then 'null' when 2 then 'a; b' else '''it' end as kind,
    case hour % 4 when 2 then 'c' else 'b; c' end as other,
    hour % 2 = 0 as flag,
    hour
from (
    select
        hour,
        timestamp '2024-01-21 00:00:00' + hour * interval '1 hour' as moment,
        to_char_of(timestamp '2024-01-21 00:00:00' + hour * interval '1 hour') as to_char_of_moment
    from generate_series(0, 959) as hours (hour)
) as moments
where hour < 38 * 24 or hour % 2 = 0
"""
WRITTEN = {
    "duckdb": "create macro to_char_of(m) as strftime(m, '%Y-%m-%dT%H:%M:%S')",
    "postgres": "create function to_char_of(m timestamp) returns text language sql"
    " as $$ select to_char(m, 'YYYY-MM-DD\"T\"HH24:MI:SS') $$",
}
BY = {"timestamp_column": "ts"}


def named(kind: str, alias: str, config: dict[str, Any] | None = None, **arguments: Any) -> dict[str, Any]:
    """A monitor under a name of its own, with settings of dbt's."""
    ((name, written),) = monitor(kind, alias, **arguments).items()
    return {name: {"name": alias, **written, "config": {**written["config"], **(config or {})}}}


def volume(alias: str, column: str = "ts", config: dict[str, Any] | None = None, **arguments: Any) -> dict[str, Any]:
    return named("volume_anomalies", alias, config, timestamp_column=column, **arguments)


SAME = {
    "by_zone": "zoned",
    "by_day": "day",
    "by_text": "written",
    "by_seconds": "s",
    "by_milliseconds": "ms",
    "by_microseconds": "us",
    "by_nanoseconds": "ns",
    "by_two_words": "two words",
    "by_quoted": '"two words"',
    "by_sql": "cast(written as timestamp)",
}
MOVED = {"where": "amount >= 0"}
EVENTS_TESTS = [
    volume("by_ts"),
    *(volume(alias, column) for alias, column in SAME.items()),
    volume("by_an_hour_earlier", "written_in_a_zone", time_bucket={"period": "hour", "count": 1}),
    volume("by_hour", "ts", time_bucket={"period": "hour", "count": 1}),
    volume("by_no_moment", "ymd"),
    volume("by_no_type", "flag"),
    volume("cut", config={"limit": 3}),
    volume("warned", config={"severity": "warn"}),
    volume("unstored", config={"store_failures": False}),
    volume("filtered", config={"where": "hour % 2 = 0"}),
    named("volume_threshold", "threshold_cut", {"limit": 1}, **BY, min_row_count=1, where_expression="hour < 39 * 24"),
    named("distribution_drift", "drift", column_name="amount", **BY),
    named("distribution_drift", "drift_where", MOVED, column_name="amount", **BY),
    named("distribution_drift", "drift_quoted", MOVED, column_name="select", **BY),
    named("column_anomalies", "column", column_name="select", **BY),
    named("column_anomalies", "column_where", MOVED, column_name="select", **BY),
    named("all_columns_anomalies", "columns", exclude_regexp="^(?!amount)", **BY),
    named("all_columns_anomalies", "columns_where", MOVED, exclude_regexp="^(?!amount)", **BY),
    named("dimension_anomalies", "kinds", dimensions=["kind"], **BY),
    named("dimension_anomalies", "pairs", dimensions=["kind", "other"], **BY),
    named("schema_changes", "schema"),
    named("freshness_anomalies", "fresh_by_text", timestamp_column="written"),
    named("data_freshness_sla", "sla", timestamp_column="ms", sla_time="05:30", timezone="UTC"),
]
EPHEMERAL_TESTS = [
    volume("of_ephemeral"),
    volume("of_ephemeral_where", config={"where": "hour % 2 = 0"}),
    volume("of_ephemeral_text", "written"),
    volume("of_ephemeral_number", "ms"),
    volume("of_ephemeral_zone", "zoned"),
    named("distribution_drift", "drift_of_ephemeral", column_name="amount", **BY),
    named("distribution_drift", "drift_of_ephemeral_text", column_name="other", **BY),
    named("distribution_drift", "drift_of_nothing", column_name="amount", where_expression="hour < 0", **BY),
    named("column_anomalies", "column_of_ephemeral", column_name="amount", column_anomalies=["average"], **BY),
    named("column_anomalies", "column_unknown", column_name="amount", **BY),
    named("all_columns_anomalies", "columns_unknown", **BY),
]
FUTURE = [named("data_freshness_sla", "sla_of_the_future", **BY, sla_time="05:30", timezone="UTC")]
MODELS = {
    "passed.sql": "{{ config(materialized='ephemeral') }} select * from {{ source('raw', 'events') }}",
    "kept.sql": "{{ config(materialized='table') }} select ts, hour from {{ source('raw', 'events') }}",
    "kept_v2.sql": "select ts, hour from {{ source('raw', 'events') }} where hour < 38 * 24",
    "future.sql": "select ts from {{ source('raw', 'events') }} where hour < 900"
    " union all select timestamp '2099-01-01 00:00:00'",
}
VERSIONED = {
    "name": "kept",
    "latest_version": 2,
    "versions": [{"v": 1, "defined_in": "kept"}, {"v": 2, "defined_in": "kept_v2"}],
    "data_tests": [{"dataops_toolkit.volume_anomalies": {"arguments": BY}}],
}
SNAPSHOT = {
    "name": "taken",
    "relation": "source('raw', 'events')",
    "config": {"unique_key": "hour", "strategy": "check", "check_cols": ["hour"]},
    "data_tests": [volume("of_snapshot")],
}


@dataclass(frozen=True)
class Ran:
    """What `dbt build` made of it: the status and the message of each test, and a way to ask the warehouse."""

    statuses: dict[str, str]
    messages: dict[str, str]
    ask: Callable[[str], list[tuple[Any, ...]]]

    def series(self, alias: str) -> list[tuple[str, float]]:
        found = self.ask(f"select bucket, value from main_series.{alias} order by 1")
        return [(str(bucket)[:16], value) for bucket, value in found]

    def failing(self, alias: str, what: str = "metric") -> set[Any]:
        return {row[0] for row in self.ask(f"select {what} from main_series.{alias} where is_anomaly")}


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "duckdb":
        project = Watched.lay_out(folder)
        yield built(project, project.sql, request.param)
        return
    with serving() as server:
        sql(server, "alter database postgres set timezone to 'Pacific/Auckland'")
        yield built(Watched.lay_out(folder, output(server, "main")), lambda query: sql(server, query), request.param)


def built(project: Watched, ask: Callable[[str], list[tuple[Any, ...]]], engine: str) -> Ran:
    # A limit for the whole project: of failing rows, and not of what a monitor returns.
    write(project.folder / "dbt_project.yml", {**PROJECT, "data_tests": {"+limit": 2}})
    for statement in ("create schema raw", WRITTEN[engine], EVENTS):
        ask(statement)
    for name, text in MODELS.items():
        (project.folder / "models").mkdir(exist_ok=True)
        (project.folder / "models" / name).write_text(text, encoding="utf-8")
    (project.folder / "seeds").mkdir()
    days = "".join(f"2024-02-{day:02d} 06:00:00,{day}\n" for day in range(1, 30) for _ in range(24 if day < 29 else 2))
    (project.folder / "seeds" / "planted.csv").write_text("ts,day\n" + days, encoding="utf-8")
    content = {
        "version": 2,
        "sources": [{"name": "raw", "schema": "raw", "tables": [{"name": "events", "data_tests": EVENTS_TESTS}]}],
        "models": [
            {"name": "passed", "data_tests": EPHEMERAL_TESTS},
            {"name": "future", "data_tests": FUTURE},
            VERSIONED,
        ],
        "seeds": [{"name": "planted", "data_tests": [volume("of_seed")]}],
        "snapshots": [SNAPSHOT],
    }
    (project.folder / "models" / "sources.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
    folders = ["--project-dir", str(project.folder), "--profiles-dir", str(project.folder)]
    dbtRunner().invoke(["build", "--quiet", "--exclude-resource-type", "test", *folders])
    ran = dbtRunner().invoke(["test", "--quiet", *folders])
    assert ran.result, ran.exception
    results = ran.result
    statuses = {each.node.name: str(each.status) for each in results}
    messages = {each.node.name: " ".join(str(each.message).split()) for each in results}
    return Ran(statuses, messages, ask)


@pytest.mark.parametrize("alias", [*SAME, "of_ephemeral", "of_ephemeral_text", "of_ephemeral_number", "of_snapshot"])
def test_a_timestamp_is_one_whatever_its_type(ran: Ran, alias: str) -> None:
    assert len(ran.series("by_ts")) == 16, "a limit of the project does not cut it"
    assert ran.series(alias) == ran.series("by_ts")
    assert ran.failing(alias, "cast(bucket as date)") == ran.failing("by_ts", "cast(bucket as date)") != set()


def test_a_zone_in_a_text_is_honoured(ran: Ran) -> None:
    earlier = dict(ran.series("by_an_hour_earlier"))
    assert [earlier[f"2024-02-29 {hour:02d}:00"] for hour in range(8)] == [0, 1] * 4
    assert [dict(ran.series("by_hour"))[f"2024-02-29 {hour:02d}:00"] for hour in range(8)] == [1, 0] * 4


def test_a_type_that_is_no_moment_is_an_error_and_a_number_that_is_none_is_an_alarm(ran: Ran) -> None:
    assert "flag is of type" in ran.messages["by_no_type"] and "cast(flag as timestamp)" in ran.messages["by_no_type"]
    assert ran.failing("by_no_moment", "rule") == {"no_rows"}


def test_a_limit_counts_all_anomalies_and_keeps_them_first(ran: Ran) -> None:
    assert ran.messages["cut"] == ran.messages["by_ts"] == "Got 2 results, configured to fail if != 0"
    assert len(ran.series("cut")) == 3
    assert ran.failing("cut", "cast(bucket as date)") == ran.failing("by_ts", "cast(bucket as date)")
    assert ran.statuses["threshold_cut"] == "fail"


def test_severity_and_storing_are_those_of_dbt(ran: Ran) -> None:
    assert (ran.statuses["warned"], ran.statuses["unstored"]) == ("warn", "fail")
    assert ran.messages["unstored"] == ran.messages["by_ts"]


def test_where_leaves_a_column_its_type(ran: Ran) -> None:
    assert {value for _, value in ran.series("filtered")} == {12}
    assert ran.statuses["filtered"] == "pass"
    for alias in ("drift", "drift_where", "drift_quoted"):
        assert ran.failing(alias) == {"population_stability_index", "kolmogorov_smirnov"}, alias
    metrics = "select distinct metric from main_series.{} order by 1"
    for plain, filtered, number in (("column", "column_where", 9), ("columns", "columns_where", 9)):
        assert ran.ask(metrics.format(plain)) == ran.ask(metrics.format(filtered))
        assert len(ran.ask(metrics.format(plain))) == number


def test_an_ephemeral_model_is_watched_or_refused(ran: Ran) -> None:
    assert {value for _, value in ran.series("of_ephemeral_where")} == {12}
    assert ran.series("of_ephemeral_zone") == ran.series("by_ts")
    assert ran.failing("drift_of_ephemeral") == {"population_stability_index", "kolmogorov_smirnov"}
    assert ran.statuses["drift_of_ephemeral_text"] == "pass"
    assert len(ran.ask("select * from main_series.drift_of_ephemeral_text")) == 1
    assert ran.failing("drift_of_nothing", "rule") == {"no_rows"}
    assert ran.failing("column_of_ephemeral") == {"average"}
    assert "The type of amount is not known" in ran.messages["column_unknown"]
    assert "an ephemeral model is none" in ran.messages["columns_unknown"]


def test_no_two_values_of_a_dimension_are_one(ran: Ran) -> None:
    of_one, of_two = (
        {row[0] for row in ran.ask(f"select distinct dimension from main_series.{alias}")}
        for alias in ("kinds", "pairs")
    )
    assert of_one == {"null", "'null'", "a; b", "'''it'"}
    assert of_two == {"null; 'b; c'", "'null'; 'b; c'", "'a; b'; c", "'''it'; 'b; c'"}


def test_what_a_test_can_be_given_to_can_be_watched(ran: Ran) -> None:
    assert {str(day) for day in ran.failing("of_seed", "cast(bucket as date)")} == {"2024-02-29"}
    of_versions = {name: status for name, status in ran.statuses.items() if name.startswith("dataops_toolkit_volume")}
    assert sorted(of_versions.values()) == ["fail", "fail"] and len(of_versions) == 2
    assert len(ran.ask("select * from main_series.schema")) == 17


def test_rows_of_the_future_make_no_table_fresh(ran: Ran) -> None:
    assert ran.failing("fresh_by_text", "max(value)") == {2 * 3600}
    assert (ran.statuses["sla"], ran.statuses["sla_of_the_future"]) == ("fail", "fail")
