"""Freshness against the longest gap, and drift against scipy: one compilation, its queries run on DuckDB directly."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import duckdb
import numpy as np
import pytest
from dbt.cli.main import dbtRunner
from scipy import stats

from tests.monitors.package import Watched

BY = {"timestamp_column": "created_at", "model": "watched"}
DRIFT: dict[str, Any] = {**BY, "test": "distribution_drift", "column_name": "amount", "categorical": False}
HOURS = {"time_bucket": {"period": "hour", "count": 1}, "training_period": {"period": "hour", "count": 24}}
QUERIES: dict[str, dict[str, Any]] = {
    "fresh": {**BY, "test": "freshness_anomalies"},
    "fresh_by_hour": {**BY, "test": "freshness_anomalies", **HOURS},
    "fresh_by_kind": {**BY, "test": "freshness_anomalies", "dimensions": ["kind"]},
    "table": {**BY, "test": "table_anomalies"},
    "drift": DRIFT,
    "drift_in_five": {**DRIFT, "bins": 5},
    "drift_of_kinds": {**DRIFT, "column_name": "kind", "categorical": True, "bins": 3},
}
LAST = datetime(2024, 3, 1)


@pytest.fixture(scope="module")
def queries(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    project = Watched.lay_out(tmp_path_factory.mktemp("tables"))
    (project.folder / "analyses").mkdir()
    for name, arguments in QUERIES.items():
        given = {key: value for key, value in arguments.items() if key != "test"}
        text = f"{{{{ dataops_toolkit.test_{arguments['test']}(**{given!r}) }}}}"
        (project.folder / "analyses" / f"{name}.sql").write_text(text, encoding="utf-8")
    folders = ["--project-dir", str(project.folder), "--profiles-dir", str(project.folder)]
    ran = dbtRunner().invoke(["compile", "--no-introspect", "--no-populate-cache", "--quiet", *folders])
    assert ran.success, ran.exception
    base = project.folder / "target" / "compiled" / "watched" / "analyses"
    return {name: (base / f"{name}.sql").read_text(encoding="utf-8") for name in QUERIES}


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("create table watched (created_at timestamp, amount double, kind varchar)")
        yield connection


def points(connection: duckdb.DuckDBPyConnection, query: str, by: str = "bucket") -> list[dict[str, Any]]:
    found = connection.execute(f"select * from ({query}) order by {by}")
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def filled(connection: duckdb.DuckDBPyConnection, moments: list[datetime], kind: str = "a") -> None:
    connection.register("given", {"moment": np.array(moments, dtype="datetime64[us]")})
    connection.execute("insert into watched select moment, 1, ? from given", [kind])
    connection.unregister("given")


def days_of_rows(number: int, seed: int) -> list[datetime]:
    random = np.random.default_rng(seed)
    return sorted(LAST - timedelta(seconds=float(each)) for each in random.uniform(0, 16 * 86400, number))


def longest(moments: list[datetime], start: datetime, end: datetime) -> float:
    """Seconds of the longest wait that ended, or was cut off, within a bucket."""
    earlier = max(moment for moment in moments if moment < start)
    within = [moment for moment in moments if start <= moment < end]
    ends = [*within, end]
    return max((later - before).total_seconds() for before, later in zip([earlier, *within], ends, strict=True))


def test_freshness_is_the_longest_wait_for_a_row(
    queries: dict[str, str], connection: duckdb.DuckDBPyConnection
) -> None:
    moments = [moment for moment in days_of_rows(200, 3) if not 5 <= (LAST - moment) / timedelta(days=1) <= 7.5]
    filled(connection, moments)
    found = points(connection, queries["fresh"])
    assert len(found) == 16
    assert found[0]["value"] is None, "how long the first row was waited for is unknown"
    for point in found[1:]:
        start = point["bucket"]
        assert point["value"] == pytest.approx(longest(moments, start, start + timedelta(days=1)), abs=1e-3)
    assert max(point["value"] for point in found[1:]) > 2.5 * 86400, "the wait goes on over a day without rows"


def test_rows_that_stop_coming_are_an_anomaly_and_rows_that_come_faster_are_none(
    queries: dict[str, str], connection: duckdb.DuckDBPyConnection
) -> None:
    jitter = np.random.default_rng(4).integers(-60, 60, 16 * 48)
    usual = [LAST - timedelta(minutes=30 * place, seconds=int(jitter[place])) for place in range(1, 16 * 48)]
    filled(connection, [moment for moment in usual if not LAST - timedelta(hours=8) < moment < LAST])
    for name in ("fresh", "fresh_by_hour", "table"):
        last = [point for point in points(connection, queries[name]) if point["metric"] == "freshness"][-1]
        assert last["rule"] == "beyond_limit", name
        assert last["lower"] is None or name == "table"
    assert len(points(connection, queries["table"])) == 32
    connection.execute("delete from watched")
    filled(connection, usual)
    filled(connection, [LAST - timedelta(seconds=40 * place) for place in range(1, 4400)])
    rules = {(point["metric"], point["rule"]) for point in points(connection, queries["table"]) if point["rule"]}
    assert rules == {("row_count", "beyond_limit")}


def test_a_dimension_waits_for_its_own_rows(queries: dict[str, str], connection: duckdb.DuckDBPyConnection) -> None:
    filled(connection, [LAST - timedelta(hours=place, minutes=5) for place in range(16 * 24)], "a")
    filled(connection, [LAST - timedelta(hours=2 * place, minutes=5) for place in range(10, 8 * 24)], "b")
    last = points(connection, queries["fresh_by_kind"], "dimension, bucket")
    assert [(point["dimension"], point["value"]) for point in last if point["bucket"] == LAST - timedelta(days=1)] == [
        ("a", 3600),
        ("b", 20 * 3600 + 300),
    ]


def test_a_table_without_rows_is_an_alarm(queries: dict[str, str], connection: duckdb.DuckDBPyConnection) -> None:
    for name in ("fresh", "fresh_by_kind", "table"):
        found = points(connection, queries[name])
        assert {(point["metric"], point["rule"]) for point in found} >= {("freshness", "no_rows")}, name
        assert {point["bucket"] for point in found} == {LAST - timedelta(days=1)}, "no bucket was measured that trains"
        assert {point["training_set_size"] for point in found} == {0}


# -- drift ----------------------------------------------------------------------------------------------------------


def amounts(connection: duckdb.DuckDBPyConnection, then: Any, now: Any) -> None:
    """Values of the reference period, and of the week that is judged."""
    values = np.concatenate([np.asarray(then, dtype=float), np.asarray(now, dtype=float)])
    days = np.where(np.arange(len(values)) < len(then), 20, 3)
    connection.register("given", {"amount": values, "days": days})
    connection.execute(
        "insert into watched select ? - to_days(cast(days as integer)), amount, cast(amount as varchar) from given",
        [LAST],
    )


def figures(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, dict[str, Any]]:
    return {point["metric"]: point for point in points(connection, query, "metric")}


def stability(then: Any, now: Any, bins: int) -> float:
    """By the reference's quantiles, half a row added to each bin that is there."""
    ordered = np.sort(then)
    places = [
        np.minimum(np.searchsorted(ordered, each, side="left") * bins // len(then), bins - 1) for each in (then, now)
    ]
    there = np.unique(np.concatenate(places))
    p, q = (
        (np.array([(each == place).sum() for place in there]) + 0.5) / (len(each) + 0.5 * len(there)) for each in places
    )
    return float(((q - p) * np.log(q / p)).sum())


@pytest.mark.parametrize(("shift", "fails"), [(0, set()), (0.3, set()), (0.8, {"both"}), (-0.8, {"both"})])
@pytest.mark.parametrize("rounded", [False, True])
def test_both_figures_are_those_of_scipy(
    queries: dict[str, str], connection: duckdb.DuckDBPyConnection, shift: float, fails: set[str], rounded: bool
) -> None:
    random = np.random.default_rng(9)
    then, now = random.normal(0, 1, 3000), random.normal(shift, 1, 2000)
    if rounded:
        then, now = then.round(), now.round()
    amounts(connection, then, now)
    for name, bins in (("drift", 10), ("drift_in_five", 5)):
        found = figures(connection, queries[name])
        assert found["kolmogorov_smirnov"]["value"] == pytest.approx(stats.ks_2samp(then, now).statistic)
        assert found["population_stability_index"]["value"] == pytest.approx(stability(then, now, bins))
        assert {point["is_anomaly"] for point in found.values()} == {bool(fails)}
        assert found["population_stability_index"]["upper"] == 0.25
        assert found["kolmogorov_smirnov"]["upper"] == 0.2


def test_few_rows_have_wider_limits(queries: dict[str, str], connection: duckdb.DuckDBPyConnection) -> None:
    amounts(connection, np.arange(50), np.arange(20))
    found = figures(connection, queries["drift"])
    rate = 1 / 50 + 1 / 20
    tail = stats.norm.sf(3)
    assert found["population_stability_index"]["upper"] == pytest.approx(stats.chi2.isf(tail, 9) * rate, rel=0.01)
    assert found["kolmogorov_smirnov"]["upper"] == pytest.approx((-np.log(tail) / 2 * rate) ** 0.5)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_a_bin_of_its_own(
    queries: dict[str, str], connection: duckdb.DuckDBPyConnection, bad: float
) -> None:
    then = np.random.default_rng(2).normal(0, 1, 2000)
    amounts(connection, then, np.where(np.arange(2000) % 2 == 0, bad, then))
    found = figures(connection, queries["drift"])
    assert found["population_stability_index"]["is_anomaly"]
    assert found["kolmogorov_smirnov"]["value"] < 0.03


@pytest.mark.parametrize(("then", "now"), [([], []), ([1, 2], []), ([], [1, 2])])
def test_nothing_is_judged_where_a_period_has_no_rows_and_an_emptied_table_is_an_alarm(
    queries: dict[str, str], connection: duckdb.DuckDBPyConnection, then: list[float], now: list[float]
) -> None:
    amounts(connection, then, now)
    for name in ("drift", "drift_of_kinds"):
        found = points(connection, queries[name])
        assert len(found) == (2 if name == "drift" else 1)
        for point in found:
            assert (point["value"], point["upper"]) == (None, None)
            assert point["rule"] == (None if then or now else "no_rows")


def test_a_value_that_never_was_is_a_category(queries: dict[str, str], connection: duckdb.DuckDBPyConnection) -> None:
    amounts(connection, [1] * 60 + [2] * 40, [1] * 60 + [2] * 40)
    (same,) = points(connection, queries["drift_of_kinds"])
    assert same["value"] == 0
    connection.execute("delete from watched")
    amounts(connection, [1] * 60 + [2] * 40 + [3] * 3 + [4] * 2, [1] * 60 + [9] * 40)
    (moved,) = points(connection, queries["drift_of_kinds"])
    # 3, 4 and 9 are one bin, the third of three.
    p, q = np.array([60.5, 40.5, 5.5]) / 106.5, np.array([60.5, 0.5, 40.5]) / 101.5
    assert moved["value"] == pytest.approx(float(((q - p) * np.log(q / p)).sum()))
    assert moved["is_anomaly"]
