"""Monitors in a project of their own, on DuckDB: what fires, what does not, and what is kept of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from dbt.cli.main import dbtRunner

from dataops.commands import package as packaging
from tests.monitors.package import Watched

BY = {"timestamp_column": "created_at"}

# Thirty days of orders, a hundred and some a day; the last whole day before the first of March is a leap day.
ORDERS = """
create table {name} as
select
    day * 1000 + number as order_id,
    timestamp '2024-02-01' + to_days(cast(day as integer)) + to_seconds(number * 600) as created_at,
    timestamp '2024-02-01' + to_days(cast(day as integer)) + to_seconds(number * 600 - 300) as happened_at,
    case when (day * 7 + number) % 20 = 0 then null else 10 + ((day * 31 + number * 7919) % 1000) / 100.0 end as amount,
    case when number % 3 = 0 then 'shop' else 'web' end as channel
from range(0, 29) as days (day), range(0, 100 + 11) as numbers (number)
where number < 100 + (day * 7) % 11
"""


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Watched:
    project = Watched.lay_out(tmp_path_factory.mktemp("watched"))
    project.sql(ORDERS.format(name="orders"))
    project.sql("create table fewer as select * from orders where created_at < '2024-02-29' or order_id % 2 = 0")
    project.sql("create table recorded as select * from fewer")
    project.sql("create table empty as select * from orders where false")
    project.sql("create table gone_today as select * from orders")
    project.sql("create table single as select * from orders where created_at >= '2024-02-29'")
    project.sql("create table gone as select * from orders where created_at < '2024-02-29'")
    project.sql(
        "create table constant as select timestamp '2024-02-01' + to_hours(cast(hour as integer)) as created_at"
        " from range(0, 29 * 24) as hours (hour)"
    )
    project.sql("create table constant_less_one as select * from constant where created_at <> '2024-02-29 05:00:00'")
    project.sql("create table late as select * from orders where created_at < '2024-02-29 06:00:00'")
    project.sql(
        "create table untimed as select * from orders union all"
        " select 1, null, null, null, null from range(0, 5000)"
        " union all select 1, 'infinity'::timestamp, null, null, null"
    )
    project.sql(
        "create table broken as select * replace (case when created_at >= '2024-02-29' then 'nan'::double"
        " when created_at >= '2024-02-28' then 'infinity'::double else amount end as amount) from orders"
    )
    project.sql("create table zoned as select * replace (created_at at time zone 'UTC' as created_at) from orders")
    project.sql("create table without_shop as select * from orders where created_at < '2024-02-29' or channel = 'web'")
    project.sql(
        "create table nulled as select * replace (case when created_at < '2024-02-29' then amount end as amount)"
        " from orders"
    )
    project.sql(
        "create table delayed as select * replace (case when created_at < '2024-02-29' then happened_at"
        " else happened_at - interval 3 hour end as happened_at) from orders"
    )
    project.watch(MONITORS)
    # As a user without a network installs it: written from the tool, then `dbt deps`.
    for folder in ("project/dbt_packages", "package"):
        shutil.rmtree(project.folder.parent / folder)
    packaging.write(project.folder.parent / "package")
    project.dbt("deps")
    project.dbt("test", "--vars", json.dumps({"dataops_incidents": RECORDED_INCIDENTS}), passes=False)
    return project


def volume(alias: str, **arguments: Any) -> dict[str, Any]:
    return {"test": "volume_anomalies", "alias": alias, **BY, **arguments}


def column(alias: str, metrics: list[str] | None, **arguments: Any) -> dict[str, Any]:
    chosen = {"column_anomalies": metrics} if metrics else {}
    return {"test": "column_anomalies", "alias": alias, "column_name": "amount", **chosen, **BY, **arguments}


def fresh_by(alias: str, sla_time: str, timezone: str, **arguments: Any) -> dict[str, Any]:
    return {"test": "data_freshness_sla", "alias": alias, **BY, "sla_time": sla_time, "timezone": timezone, **arguments}


FRESHNESS = {"event_timestamp_column": "happened_at", "update_timestamp_column": "created_at"}
KNOWN_INCIDENT = [{"from": "2024-02-29", "to": "2024-02-29"}]
# As `dataops resume` records it: by what is watched, to the microsecond.
RECORDED_INCIDENTS = {
    "source.watched.raw.recorded": [{"from": "2024-02-29T03:00:00.123456Z", "to": "2024-02-29T09:00:00.000000Z"}]
}

MONITORS: dict[str, list[dict[str, Any]]] = {
    "orders": [
        volume("quiet"),
        volume("quiet_normal", distribution="normal"),
        volume("quiet_robust", robust=True),
        volume("quiet_weekly", seasonality="day_of_week"),
        volume("quiet_hourly", time_bucket={"period": "hour", "count": 1}, seasonality="hour_of_day"),
        volume(
            "quiet_weeks", time_bucket={"period": "week", "count": 1}, training_period={"period": "week", "count": 3}
        ),
        column("quiet_column", None),
        {"test": "dimension_anomalies", "alias": "quiet_channels", "dimensions": ["channel"], **BY},
        {"test": "event_freshness_anomalies", "alias": "quiet_freshness", **FRESHNESS},
        {
            "test": "volume_threshold",
            "alias": "quiet_threshold",
            **BY,
            "warn_threshold_percent": 20,
            "error_threshold_percent": 30,
        },
    ],
    "fewer": [
        volume("halved"),
        volume("halved_normal", distribution="normal"),
        volume("halved_robust", robust=True),
        volume("halved_ewma", chart="ewma", ewma_lambda=0.4),
        volume("halved_cusum", chart="cusum"),
        volume("halved_rules", rules="nelson"),
        volume("halved_weekly", seasonality="day_of_week"),
        volume("halved_but_known", exclude=KNOWN_INCIDENT),
        volume("halved_but_spikes_only", anomaly_direction="spike"),
        volume("halved_but_small", ignore_small_changes={"drop_failure_percent_threshold": 60}),
        volume("halved_but_untrained", min_training_set_size=40),
        volume("halved_elsewhere", where_expression="order_id % 2 = 0"),
        {"test": "volume_threshold", "alias": "halved_threshold", **BY},
    ],
    "recorded": [volume("recorded"), volume("recorded_and_known", exclude=[{"from": "2024-02-28"}])],
    "empty": [
        volume("no_rows"),
        volume("no_rows_on_zero", fail_on_zero=True),
        volume("no_rows_but_spikes_only", anomaly_direction="spike"),
        column("no_rows_column", ["average"]),
        {"test": "volume_threshold", "alias": "no_rows_left", **BY},
        {"test": "dimension_anomalies", "alias": "no_rows_of_a_channel", "dimensions": ["channel"], **BY},
    ],
    "single": [volume("one_bucket")],
    "gone": [volume("missing_day"), column("missing_day_column", ["average", "sum"])],
    "constant": [volume("exact")],
    "constant_less_one": [volume("exact_less_one"), volume("exact_less_one_by_the_way", detection_period=1)],
    "late": [volume("early"), volume("early_but_delayed", detection_delay={"period": "hour", "count": 12})],
    "untimed": [volume("untimed_rows")],
    "broken": [column("broken", ["average"])],
    "zoned": [volume("zoned")],
    "without_shop": [{"test": "dimension_anomalies", "alias": "a_channel_less", "dimensions": ["channel"], **BY}],
    "nulled": [column("nulls", ["null_count", "null_percent", "average", "not_null_percent"])],
    "delayed": [{"test": "event_freshness_anomalies", "alias": "delayed", **FRESHNESS}],
    # The newest row is of 29 February, 18:00 UTC; it is 06:00 UTC on Friday, 1 March.
    "gone_today": [
        fresh_by("sla_missed", "05:30", "UTC"),
        fresh_by("sla_to_come", "6:30am", "UTC"),
        fresh_by("sla_met_elsewhere", "9pm", "America/Los_Angeles"),
        fresh_by("sla_missed_in_the_east", "07:00", "Europe/Berlin"),
        fresh_by("sla_of_another_day", "05:30", "UTC", day_of_week=["Monday", "Tuesday"]),
        fresh_by("sla_of_this_day_of_month", "05:30", "UTC", day_of_week="Monday", day_of_month=1),
    ],
}


def anomalies(watched: Watched, alias: str, schema: str = "main_series") -> list[tuple[str, str | None, str]]:
    return [
        (metric, dimension, str(bucket)[:10])
        for metric, dimension, bucket in watched.sql(
            f"select metric, dimension, bucket from {schema}.{alias} where is_anomaly order by all"
        )
    ]


QUIET = [test["alias"] for test in MONITORS["orders"]]
QUIET += ["no_rows_but_spikes_only", "one_bucket", "exact", "untimed_rows", "zoned", "early_but_delayed"]
QUIET += ["sla_to_come", "sla_met_elsewhere", "sla_of_another_day"]
QUIET += [test["alias"] for test in MONITORS["fewer"] if "_but_" in test["alias"]]


@pytest.mark.parametrize("alias", QUIET)
def test_nothing_fires_where_nothing_happened(watched: Watched, alias: str) -> None:
    assert anomalies(watched, alias) == []


@pytest.mark.parametrize(
    "alias",
    ["halved", "halved_normal", "halved_robust", "halved_ewma", "halved_cusum", "halved_rules", "halved_weekly"],
)
def test_half_the_rows_fire_on_every_chart(watched: Watched, alias: str) -> None:
    assert anomalies(watched, alias) == [("row_count", None, "2024-02-29")]


@pytest.mark.parametrize(
    ("alias", "expected"),
    [
        ("halved_threshold", [("row_count", None)]),
        ("no_rows", [("row_count", None)]),
        ("no_rows_on_zero", [("row_count", None)]),
        ("no_rows_column", [("average", None)]),
        ("no_rows_left", [("row_count", None)]),
        ("no_rows_of_a_channel", [("row_count", None)]),
        ("missing_day", [("row_count", None)]),
        ("missing_day_column", [("sum", None)]),
        ("exact_less_one", [("row_count", None)]),
        ("early", [("row_count", None)]),
        ("broken", [("average", None)] * 2),
        ("a_channel_less", [("row_count", "shop")]),
        ("nulls", [("not_null_percent", None), ("null_count", None), ("null_percent", None)]),
        ("delayed", [("event_freshness", None)]),
        ("sla_missed", [("data_freshness", None)]),
        ("sla_missed_in_the_east", [("data_freshness", None)]),
        ("sla_of_this_day_of_month", [("data_freshness", None)]),
    ],
)
def test_what_happened_fires(watched: Watched, alias: str, expected: list[tuple[str, str | None]]) -> None:
    assert [(metric, dimension) for metric, dimension, _ in anomalies(watched, alias)] == expected


def test_recorded_incidents_are_left_out_like_known_ones(watched: Watched) -> None:
    days = "select bucket from main_series.{} where not is_detected and bucket >= '2024-02-28' order by 1"
    assert [str(day)[:10] for (day,) in watched.sql(days.format("recorded"))] == ["2024-02-29"]
    assert [str(day)[:10] for (day,) in watched.sql(days.format("recorded_and_known"))] == ["2024-02-28", "2024-02-29"]
    assert anomalies(watched, "recorded") == anomalies(watched, "recorded_and_known") == []


def test_the_series_is_kept_whether_it_passes_or_fails(watched: Watched) -> None:
    for alias in ("quiet", "halved"):
        assert watched.sql(f"select count(*), count(upper), count(score) from main_series.{alias}") == [(16, 9, 9)]


def test_a_zone_moves_no_row_to_another_bucket(watched: Watched) -> None:
    of_utc, of_zone = (
        watched.sql(f"select bucket, value from main_series.{alias} order by all") for alias in ("quiet", "zoned")
    )
    assert of_utc == of_zone


def test_a_point_does_not_move_its_own_limits(watched: Watched) -> None:
    limits = [
        watched.sql(f"select centre, lower, upper from main_series.{alias} where bucket = '2024-02-29'")
        for alias in ("quiet", "halved")
    ]
    assert limits[0] == limits[1]


def test_a_known_incident_trains_nothing(watched: Watched) -> None:
    assert watched.sql(
        "select is_detected, is_anomaly from main_series.halved_but_known where bucket = '2024-02-29'"
    ) == [(False, False)]


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ({"sensitivty": 3}, "no 'sensitivty'"),
        ({"seasonality": "day_of_year"}, "It can be: day_of_week"),
        ({"time_bucket": {"period": "fortnight"}}, "time_bucket needs a period"),
        ({"seasonality": "hour_of_day"}, "needs time_bucket"),
        ({"rules": "western"}, "It can be: western_electric"),
        ({"trend": "linear", "robust": True}, "cannot be combined with robust"),
    ],
)
def test_unknown_names_and_values_are_errors(tmp_path: Path, argument: dict[str, Any], said: str) -> None:
    project = Watched.lay_out(tmp_path)
    project.watch({"orders": [volume("wrong", **argument)]})
    folders = ["--project-dir", str(project.folder), "--profiles-dir", str(project.folder)]
    assert said in str(dbtRunner().invoke(["parse", "--quiet", *folders]).exception)
