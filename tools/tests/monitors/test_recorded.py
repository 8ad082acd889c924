"""Tests that compare with what their earlier run recorded, or with YAML: twice on DuckDB and on PostgreSQL."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from dbt.cli.main import dbtRunner

from tests.monitors.package import Watched, monitor, write
from tests.postgres import output, serving, sql

TABLES = (
    "create schema raw",
    """create table raw.counted as
    select
        n as id,
        case when n % 5 < 3 then 'null' when n % 5 = 3 then 'O''Neil; 1' else '2024-01-01' end as kind,
        cast(n as double precision) as amount,
        cast(n as double precision) as doomed
    from generate_series(1, 100) as numbers (n)""",
    """create table raw.odd ("select" integer, "a""b'c\\d" double precision, "Größe.名" varchar, flag boolean)""",
    """insert into raw.odd values (1, 2.5, 'x', true), (2, 'nan', null, false), (null, 'infinity', '', null)""",
    "create table raw.typed (id integer, amount numeric(10, 2), name varchar, seen_at timestamp)",
    "create table raw.none (id integer)",
)
LATER = "2024-03-02T06:00:00"


def recorded(test: str, alias: str, **arguments: Any) -> dict[str, Any]:
    """A test under a name of its own: several of a table are without arguments."""
    ((kind, written),) = monitor(test, alias, **arguments).items()
    return {kind: {"name": alias, **written}}


def unstored(test: str) -> dict[str, Any]:
    return {f"dataops_toolkit.{test}": {"config": {"alias": f"unstored_{test}", "store_failures": False}}}


def table(name: str, tests: list[dict[str, Any]], columns: dict[str, str | None] | None = None) -> dict[str, Any]:
    """A source, by whatever name of the table that the name begins with, with the columns that YAML declares of it."""
    declared = [{"name": column, **({"data_type": kind} if kind else {})} for column, kind in (columns or {}).items()]
    return {"name": name, "identifier": name.split("_", maxsplit=1)[0], "data_tests": tests, "columns": declared}


BASELINE = "schema_changes_from_baseline"
SOURCES = [
    table(
        "counted",
        [
            recorded("volume_anomalies", "volume"),
            recorded("volume_anomalies", "volume_of_later"),
            recorded("volume_anomalies", "narrowed"),
            recorded("dimension_anomalies", "kinds", dimensions=["kind"]),
            recorded("column_anomalies", "amounts", column_name="amount", column_anomalies=["average", "null_percent"]),
            recorded("column_anomalies", "doomed", column_name="doomed", column_anomalies=["average"]),
            recorded("schema_changes", "columns"),
            unstored("volume_anomalies"),
            unstored("schema_changes"),
        ],
    ),
    table("odd", [recorded("all_columns_anomalies", "all_odd", exclude_regexp=".*LAG")]),
    table("none", [recorded("volume_anomalies", "no_rows", where_expression="id > 0")]),
    table(
        "typed_fits",
        [recorded(BASELINE, "fits", enforce_types=True, fail_on_added=True)],
        {"ID": "int", "amount": "decimal(10,2)", "name": "text", "seen_at": "timestamp"},
    ),
    table(
        "typed_differs",
        [recorded(BASELINE, "differs"), recorded("exposure_schema_validity", "exposed")],
        {"id": "text", "amount": "numeric(12, 2)", "gone": None, "name": None},
    ),
    table("typed_added", [recorded(BASELINE, "added", fail_on_added=True)], {"id": None}),
    table("typed_unsaid", [recorded(BASELINE, "unsaid", enforce_types=True)], {"id": None}),
    table("typed_bare", [recorded(BASELINE, "bare")]),
]
EXPOSURE = {
    "name": "dashboard",
    "type": "dashboard",
    "owner": {"name": "Ann"},
    "depends_on": ["source('raw', 'typed_differs')", "source('raw', 'counted')"],
    "config": {
        "meta": {
            "referenced_columns": [
                {"column_name": "ID", "data_type": "int", "node": "source('raw', 'typed_differs')"},
                {"column_name": "amount", "data_type": "text", "node": "source('raw', 'typed_differs')"},
                {"column_name": "gone", "node": "source('raw', 'typed_differs')"},
                {"column_name": "elsewhere", "node": "source('raw', 'counted')"},
            ]
        }
    },
}


@dataclass(frozen=True)
class Ran:
    """A project after two runs of its tests, a day apart."""

    ask: Callable[[str], list[tuple[Any, ...]]]
    first: str
    second: str


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "duckdb":
        project = Watched.lay_out(folder)
        yield twice(project, lambda *words: project.dbt("test", *words, passes=False), project.sql)
        return
    with serving() as server:
        project = Watched.lay_out(folder, output(server, "main"))
        yield twice(project, lambda *words: within(project, *words), lambda query: sql(server, query))


def within(project: Watched, *words: str) -> str:
    """Run the tests in this process, which is quicker; what was said of each."""
    folders = ["--project-dir", str(project.folder), "--profiles-dir", str(project.folder)]
    ran = dbtRunner().invoke(["test", "--quiet", *folders, *words])
    return "\n".join(f"{result.node.name} {result.status} {result.message}" for result in ran.result)


def twice(project: Watched, dbt: Callable[..., str], ask: Callable[[str], list[tuple[Any, ...]]]) -> Ran:
    for statement in TABLES:
        ask(statement)
    content = {"version": 2, "sources": [{"name": "raw", "schema": "raw", "tables": SOURCES}], "exposures": [EXPOSURE]}
    write(project.folder / "models" / "sources.yml", content)
    first = dbt()
    for alias in ("volume", "kinds", "amounts", "doomed", "narrowed"):
        remember(ask, alias)
    narrowed = next(test for test in SOURCES[0]["data_tests"] if "narrowed" in str(test))
    content = copy.deepcopy(content)
    tests = content["sources"][0]["tables"][0]["data_tests"]
    ((kind, written),) = narrowed.items()
    config = {**written["config"], "where": "id <= 10"}
    tests[tests.index(narrowed)] = {kind: {**written, "config": config}}
    write(project.folder / "models" / "sources.yml", content)
    stored = "main_series.volume"
    columns = "metric, bucket, value, trials, recorded_of"
    for moment, value, subject in (
        ("2024-03-02 00:00:00", "77", "table"),
        ("2024-01-20 00:00:00", "100", "table"),
        ("2024-02-18 00:00:00", "'nan'", "table"),
        ("2024-02-19 00:00:00", "5000", "another table"),
    ):
        ask(f"insert into {stored} ({columns}) values ('row_count', '{moment}', {value}, 1, '{subject}')")
    ask(f"insert into main_series.volume_of_later ({columns}) values ('row_count', '2024-03-04', 1, 1, 'table')")
    ask("delete from raw.counted where id > 50 or kind like 'O%'")
    ask("alter table raw.counted drop column doomed")
    ask("alter table raw.counted alter column amount type numeric(12, 3)")
    ask('alter table raw.counted add column "new\'one" date')
    changed = ["source:raw.counted", "source:raw.odd"]
    second = dbt("--vars", f"{{dataops_as_of: '{LATER}'}}", "--select", *changed)
    return Ran(ask, first, second)


def remember(ask: Callable[[str], list[tuple[Any, ...]]], alias: str) -> None:
    """Ten earlier days, as if the test had run on each."""
    ask(
        f"insert into main_series.{alias} (metric, dimension, bucket, value, trials, recorded_of)"
        " select metric, dimension, bucket - days * interval '1 day', value + days % 3, trials, recorded_of"
        f" from main_series.{alias}, generate_series(1, 10) as numbers (days)"
    )


def series(ran: Ran, alias: str, rest: str = "") -> list[tuple[Any, ...]]:
    found = ran.ask(f"select metric, dimension, bucket, value, rule from main_series.{alias} {rest} order by 1, 2, 3")
    return [(metric, dimension, str(bucket)[:10], value, rule) for metric, dimension, bucket, value, rule in found]


def test_the_first_run_records_one_point_and_judges_nothing(ran: Ran) -> None:
    query = "select metric, cast(bucket as text), value, upper, rule, recorded_of from main_series.no_rows"
    assert ran.ask(query) == [
        ("row_count", "2024-03-01 00:00:00", 0, None, "no_rows", "where_expression id > 0"),
    ], "a table without a row needs no history to be an alarm"


def test_later_runs_are_judged_by_the_earlier_ones(ran: Ran) -> None:
    volumes = series(ran, "volume")
    assert [point[2] for point in volumes] == [f"2024-02-{day}" for day in (18, *range(20, 30))] + [
        "2024-03-01",
        "2024-03-02",
    ], "the window's points; that of the same day is replaced, older ones and another series' are gone"
    assert [str(point[3]) for point in volumes[:2]] == ["None", "101.0"], "NaN is no value, and trains nothing"
    assert volumes[-1] == ("row_count", None, "2024-03-02", 40, "beyond_limit")
    assert {point[4] for point in volumes[:-1]} == {None}


def test_another_filter_begins_another_series(ran: Ran) -> None:
    """Ten days of all rows say nothing of the eight that are left: the first point of what is new is judged by none."""
    of_today = series(ran, "narrowed", f"where bucket >= date '{LATER[:10]}'")
    assert [(metric, value, rule) for metric, _, _, value, rule in of_today] == [("row_count", 8, None)]


def test_a_value_of_a_dimension_that_is_gone_has_no_rows(ran: Ran) -> None:
    today = series(ran, "kinds", "where bucket >= '2024-03-02'")
    assert {(dimension, value, rule) for _, dimension, _, value, rule in today} == {
        ("2024-01-01", 10, "beyond_limit"),
        ("O'Neil; 1", 0, "beyond_limit"),
        ("'null'", 30, "beyond_limit"),
    }, "the text null does not read like no value"
    assert len(series(ran, "kinds")) == 3 * 12


def test_metrics_of_a_column_have_a_history_each(ran: Ran) -> None:
    assert [point[0] for point in series(ran, "amounts", "where is_anomaly")] == ["average"]
    assert len(series(ran, "amounts")) == 2 * 12


def test_a_run_that_fails_loses_no_history(ran: Ran) -> None:
    assert "doomed" in ran.second
    assert len(series(ran, "doomed")) == 11


def test_a_figure_of_now_is_not_recorded_in_the_past(ran: Ran) -> None:
    assert "holds a figure of 2024-03-04 00:00:00, later than 2024-03-02 06:00:00" in " ".join(ran.second.split())
    assert len(series(ran, "volume_of_later")) == 2


def test_without_a_stored_table_there_is_an_error_that_says_so(ran: Ran) -> None:
    said = " ".join(ran.first.split())
    assert said.count("dbt is not asked to keep that. Add config {store_failures: true") == 2


def test_every_column_is_measured_whatever_it_is_called(ran: Ran) -> None:
    measured: dict[str, set[str]] = {}
    for metric, *_ in series(ran, "all_odd"):
        column, _, name = metric.rpartition(".")
        measured.setdefault(column, set()).add(name)
    assert measured.keys() == {"select", "a\"b'c\\d", "Größe.名"}
    assert "average" in measured["select"] and "min_length" in measured["Größe.名"]
    today = ran.ask("select metric, value, rule from main_series.all_odd where bucket >= '2024-03-02' order by 1")
    assert ("Größe.名.null_count", 1, None) in today
    assert {metric for metric, _, rule in today if rule} == {f"a\"b'c\\d.{name}" for name in ("average", "max")}, (
        "NaN and infinity are found"
    )


def test_changes_of_the_schema_are_found_once_each(ran: Ran) -> None:
    rows = ran.ask("select column_name, change, data_type_before is null from main_series.columns order by 1")
    assert rows == [
        ("amount", "type_changed", False),
        ("doomed", "column_removed", False),
        ("id", None, False),
        ("kind", None, False),
        ("new'one", "column_added", True),
    ]


@pytest.mark.parametrize(
    ("alias", "changes"),
    [
        ("fits", []),
        ("differs", [("amount", "type_changed"), ("gone", "column_removed"), ("id", "type_changed")]),
        ("added", [("amount", "column_added"), ("name", "column_added"), ("seen_at", "column_added")]),
    ],
)
def test_the_schema_is_held_against_yaml(ran: Ran, alias: str, changes: list[tuple[str, str]]) -> None:
    assert ran.ask(f"select column_name, change from main_series.{alias} where is_anomaly order by 1") == changes


def test_a_baseline_that_says_nothing_is_an_error(ran: Ran) -> None:
    said = " ".join(ran.first.split())
    assert "typed_unsaid has no data_type for id in YAML, and enforce_types asks for all" in said
    assert "typed_bare has no columns in YAML to compare with" in said


def test_exposures_are_told_what_they_miss(ran: Ran) -> None:
    rows = ran.ask("select exposure, column_name, error from main_series.exposed order by 2")
    assert [(exposure, column, error.partition(":")[0]) for exposure, column, error in rows] == [
        ("dashboard", "amount", "type_differs"),
        ("dashboard", "gone", "column_missing"),
    ]
