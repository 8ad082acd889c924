"""The history: what a run leaves, and what a stranger reads of it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from dataops.history.reader import History, reading
from dataops.history.records import KINDS, VIEWS, columns
from tests.shop import Shop, copied

REPOSITORY = Path(__file__).resolve().parents[3]

# -- one build, of which everything is asked --------------------------------------------------------------------------


PEOPLE = """
select 1 as id, 'jane@example.com' as email, 'Jane' as "select"
union all
select 2, 'jane@example.com', null
"""
SERIES = """
{% test series(model, column_name=none, metric='row_count', dimensions=none) %}
{{ config(
    fail_calc='coalesce(sum(case when is_anomaly then 1 else 0 end), 0)',
    store_failures=true, store_failures_as='table', severity='warn'
) }}
select
    '{{ metric }}' as metric, {{ (dimensions or ['null'])[0] }} as dimension,
    cast('2026-03-01 23:00:00+02' as timestamptz) as bucket, cast(count(*) as decimal(9, 2)) as value,
    cast('nan' as double) as score, true as is_anomaly, 7 as training_set_size
from {{ model }} group by all
{% endtest %}
"""
PEOPLE_YML = """
models:
  - name: people
    config: {meta: {owner: "Ann, Bob"}, tags: [staff]}
    data_tests:
      - series: {config: {alias: rows_of_people}}
      - series: {arguments: {dimensions: [upper(email)]}, config: {alias: by_email}}
      - series: {arguments: {dimensions: ['"select"']}, config: {alias: by_name}}
    columns:
      - name: email
        config: {tags: [pii]}
        data_tests:
          - unique
          - series: {arguments: {metric: max}, config: {alias: of_one_person}}
          - series: {arguments: {metric: null_count}, config: {alias: of_all}}
          - accepted_values: {arguments: {values: [x]}, config: {severity: warn}}
      - name: select
        quote: true
        data_tests: [not_null]
"""


@pytest.fixture(scope="module")
def recorded(_fresh: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shop, History]]:
    """The shop and its history after one build, in which tests fail on personal data."""
    shop = copied(_fresh, tmp_path_factory.mktemp("history") / "shop")
    shop.write("models/staging/people.sql", PEOPLE)
    shop.write("models/staging/people.yml", PEOPLE_YML)
    shop.write("tests/generic/series.sql", SERIES)
    shop.write("tests/shaded.sql", "select 'grey' as shade from {{ ref('orders') }} limit 1 -- and no line after this")
    assert shop.run("build", "-s", "people orders", "--vars", "{token: geheim}").code == 1
    with reading(str(shop.root / ".dataops" / "state"), shop.root) as history:
        yield shop, history


def rows(recorded: tuple[Shop, History], sql: str) -> list[tuple[Any, ...]]:
    return recorded[1].connection.execute(sql).fetchall()


def test_a_run_is_one_invocation(recorded: tuple[Shop, History]) -> None:
    names = "command, status, origin, project, target, adapter, planned, selected, variables, is_dirty"
    assert rows(recorded, f"select {names} from invocations") == [
        ("build", "failed", "dataops", "shop", "dev", "duckdb", 11, "--select people orders", ["token"], False)
    ]
    sane = "length(revision) = 40 and branch = 'main' and finished_at > started_at and user > '' and host > ''"
    assert rows(recorded, f"select {sane} from invocations") == [(True,)]


def test_each_node_has_its_result(recorded: tuple[Shop, History]) -> None:
    names = "name, kind, status, rows_affected, failures, materialized, identifier, owners, tags"
    assert rows(recorded, f"select {names} from results where kind != 'test' order by name") == [
        ("orders", "seed", "success", 4, None, "seed", "orders", [], []),
        ("people", "model", "success", None, None, "view", "people", ["Ann", "Bob"], ["staff"]),
    ]
    sane = "seconds > 0 and started_at < finished_at and thread like 'Thread%' and compile_seconds < seconds"
    assert set(rows(recorded, f"select {sane} from results")) == {(True,)}


def test_a_test_tells_what_it_tests(recorded: tuple[Shop, History]) -> None:
    names = "test_name, column_name, status, failures, severity, test_type, tested, owners, compiled_sql like '%email%'"
    people, owners = "model.shop.people", ["Ann", "Bob"]
    assert rows(recorded, f"select {names} from tests where test_name != 'series' order by test_name") == [
        ("accepted_values", "email", "warn", 1, "warn", "generic", people, owners, True),
        ("not_null", "select", "fail", 1, "error", "generic", people, owners, False),
        ("shaded", None, "fail", 1, "error", "singular", "seed.shop.orders", [], False),
        ("unique", "email", "fail", 1, "error", "generic", people, owners, True),
    ]


def test_failing_rows_are_kept_without_what_is_personal(recorded: tuple[Shop, History]) -> None:
    found = rows(
        recorded,
        "select test_name, number, row, hidden from samples join tests using (invocation_id, unique_id) order by 1",
    )
    assert [(name, number, json.loads(row), hidden) for name, number, row, hidden in found] == [
        ("accepted_values", 1, {"n_records": "2"}, ["value_field"]),
        ("not_null", 1, {"select": None}, []),
        ("shaded", 1, {"shade": "grey"}, []),
        ("unique", 1, {"n_records": "2"}, ["unique_field"]),
    ]
    everything = str([rows(recorded, f"select * from {view}") for view in VIEWS])
    assert "Ann" in everything
    assert "jane@" not in everything
    assert "geheim" not in everything


def test_monitors_leave_their_points_but_for_personal_ones(recorded: tuple[Shop, History]) -> None:
    names = "metric, dimension, bucket, value, isnan(score), is_anomaly, is_detected, training_set_size"
    bucket = datetime(2026, 3, 1, 21)
    assert rows(recorded, f"select {names} from points order by metric, dimension, value") == [
        ("null_count", None, bucket, 2.0, True, True, None, 7),
        ("row_count", "Jane", bucket, 1.0, True, True, None, 7),
        ("row_count", None, bucket, 1.0, True, True, None, 7),
        ("row_count", None, bucket, 2.0, True, True, None, 7),
    ]
    assert rows(recorded, "select count(*) from tests where test_name = 'series' and status = 'warn'") == [(5,)]


def test_the_columns_of_what_was_built(recorded: tuple[Shop, History]) -> None:
    assert rows(
        recorded, "select relation, position, name, type from columns where unique_id = 'model.shop.people'"
    ) == [
        ("dev.main.people", 1, "id", "INTEGER"),
        ("dev.main.people", 2, "email", "VARCHAR"),
        ("dev.main.people", 3, "select", "VARCHAR"),
    ]


# -- killed, and without our own hand ---------------------------------------------------------------------------------

KILLED = """
import os, signal, sys
from dataops import cli
from dataops.history import recorder
happened, results = recorder.Recorder.happened, []

def killing(self, event):
    happened(self, event)
    results.extend([1] * (event.info.name == "NodeFinished"))
    if len(results) == 2:
        os.kill(os.getpid(), signal.SIGKILL)

recorder.Recorder.happened = killing
cli.main(["build", "-s", "resource_type:seed published"])
"""


def test_a_killed_build_keeps_what_ran(fresh: Shop) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED], cwd=fresh.root, check=False)
    assert done.returncode == -signal.SIGKILL
    for _ in range(2):
        listed = fresh.ok("history", "--format", "json").json["invocations"]
        assert [(each["status"], each["nodes"], each["command"]) for each in listed] == [("interrupted", 2, "build")]
    fresh.ok("build", "-s", "published")
    assert not list((fresh.root / ".dataops" / "journal").glob("*.jsonl"))
    listed = fresh.ok("history", "--format", "json").json["invocations"]
    assert [(each["status"], each["nodes"]) for each in listed] == [("interrupted", 2), ("success", 1)]
    # The same run, from the artifacts that dbt left.
    again = fresh.ok("record", "target").out
    assert "was recorded before" in again
    assert fresh.ok("history", "--format", "json").json["invocations"] == listed


def test_what_cannot_be_recorded_stops_no_build(fresh: Shop) -> None:
    fresh.write(".dataops/journal", "a file, not a folder")
    ran = fresh.ok("build", "-s", "published")
    assert ran.err.count("not all is recorded in the history") == 1


def test_every_column_is_documented() -> None:
    text = (REPOSITORY / "docs" / "history.md").read_text(encoding="utf-8")
    views = {
        "invocations": "invocation",
        "results": "result",
        "samples": "sample",
        "points": "point",
        "freshness": "freshness",
    }
    for view, kind in views.items():
        section = text.split(f"\n### {view}\n")[1].split("\n### ")[0].split("\n## ")[0]
        told = {}
        for names, type_ in re.findall(r"^\| (`[^|]*`) \| ([^|]*) \|", section, re.MULTILINE):
            told |= dict.fromkeys(re.findall(r"`(\w+)`", names), type_)
        assert told == columns(kind), view
    assert set(VIEWS) == {*views, "tests", "columns"}
    assert set(KINDS) == {*views.values(), "relation"}
