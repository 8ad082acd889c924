"""The history: what a run leaves, and what a stranger reads of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dataops.observe.history.reader import History, reading
from dataops.observe.history.schema import KINDS, VIEWS, columns
from tests.shop import Shop, copied

REPOSITORY = Path(__file__).resolve().parents[3]

# -- one build, of which everything is asked --------------------------------------------------------------------------


PEOPLE = """
select 1 as id, 'jane@example.com' as email, 'Jane' as "select"
union all
select 2, 'jane@example.com', null
"""
PEOPLE_YML = """
models:
  - name: people
    config: {meta: {owner: "Ann, Bob"}, tags: [staff]}
    columns:
      - name: email
        config: {tags: [pii]}
        data_tests:
          - unique
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
    assert shop.run("build", "-s", "people orders", "--vars", "{token: geheim}").code == 1
    with reading(str(shop.root / ".dataops" / "state"), shop.root) as history:
        yield shop, history


def rows(recorded: tuple[Shop, History], sql: str) -> list[tuple[Any, ...]]:
    return recorded[1].connection.execute(sql).fetchall()


def test_a_run_is_one_invocation(recorded: tuple[Shop, History]) -> None:
    names = "command, status, origin, project, target, adapter, planned, selected, variables, is_dirty"
    assert rows(recorded, f"select {names} from invocations") == [
        ("build", "failed", "dataops", "shop", "dev", "duckdb", 5, "--select people orders", ["token"], False)
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
    assert rows(recorded, f"select {names} from tests order by test_name") == [
        ("accepted_values", "email", "warn", 1, "warn", "generic", people, owners, True),
        ("not_null", "select", "fail", 1, "error", "generic", people, owners, False),
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
        ("unique", 1, {"n_records": "2"}, ["unique_field"]),
    ]
    everything = str([rows(recorded, f"select * from {view}") for view in VIEWS])
    assert "Ann" in everything
    assert "jane@" not in everything
    assert "geheim" not in everything


def test_the_columns_of_what_was_built(recorded: tuple[Shop, History]) -> None:
    assert rows(
        recorded, "select relation, position, name, type from columns where unique_id = 'model.shop.people'"
    ) == [
        ("dev.main.people", 1, "id", "INTEGER"),
        ("dev.main.people", 2, "email", "VARCHAR"),
        ("dev.main.people", 3, "select", "VARCHAR"),
    ]


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
