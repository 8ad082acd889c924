"""Counts are exact: random tables and random edits, held against a definition in plain Python.

The suite tries a few cases of each engine. All that the project promises:

    DATAOPS_TRUTH_DUCKDB=2000 DATAOPS_TRUTH_POSTGRES=200 pytest tools/tests/diff/test_truth.py
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from dataops.diff.compare import Options, Pair, Side, compare
from dataops.diff.facts import Both, Diff, Key, Rows
from dataops.project.profiles import Target
from dataops.project.session import Options as Opened
from dataops.project.session import Project
from dataops.project.slices import Place
from dataops.warehouse import Warehouse, connect
from tests.diff.cases import NULL, Case, cases
from tests.diff.truth import Truth, truth
from tests.diff.values import DUCKDB, NAN, POSTGRES, Value
from tests.postgres import output, serving
from tests.shop import dump


def examples(engine: str, few: int) -> settings:
    count = int(os.environ.get(f"DATAOPS_TRUTH_{engine}", few))
    return settings(max_examples=count, suppress_health_check=list(HealthCheck))


@contextmanager
def opened(folder: Path, target: dict[str, Any]) -> Iterator[Warehouse]:
    """The warehouse of a dbt project that has nothing but a profile."""
    folder.joinpath("dbt_project.yml").write_text("name: random\nprofile: random\n", encoding="utf-8")
    profile = {"random": {"target": "only", "outputs": {"only": target}}}
    folder.joinpath("profiles.yml").write_text(dump(profile), encoding="utf-8")
    project = Project(Opened(project_dir=folder))
    place = Target("only", folder)
    with project.entered(), connect(project, place, project.parse(place).manifest) as warehouse:
        yield warehouse


@pytest.fixture(scope="module")
def duckdb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    target = {"type": "duckdb", "path": ":memory:", "threads": 1, "settings": {"TimeZone": "America/St_Johns"}}
    with opened(tmp_path_factory.mktemp("duckdb"), target) as warehouse:
        yield warehouse


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with serving() as server, opened(tmp_path_factory.mktemp("postgres"), output(server, "public")) as warehouse:
        warehouse.run("set time zone 'America/St_Johns'")
        yield warehouse


def found(warehouse: Warehouse, schema: str, case: Case) -> Diff:
    """What the tool says of a case."""
    for statement in case.tables(schema, {name: warehouse.quote(name) for name in case.names}):
        warehouse.run(statement)
    sides = []
    for table in ("before", "after"):
        place = Place(None, schema, table, "model", "table", table)
        sides.append(Side(table, warehouse.rendered(place), warehouse.columns(place)))
    return compare(warehouse, Pair("random", *sides), Options(Key(case.names[: case.keys], "--key"), samples=50))


def agrees(diff: Diff, case: Case) -> None:
    """What the tool says is what the definition says: of rows, of each column, and row by row in the samples."""
    expected = truth(case)
    assert diff.rows == expected.rows
    if case.keys:
        said = {column.name: column.changed for column in diff.columns if column.name not in diff.key.columns}
        assert said == expected.changed
        assert all(
            column.compared == expected.rows.modified + expected.rows.same
            for column in diff.columns
            if column.name in said
        )
    assert diff.alike == (not expected.added and not expected.removed and not expected.modified)
    sampled(diff, expected)


def sampled(diff: Diff, expected: Truth) -> None:
    """No sample is made up: there are no more of a kind than rows of that kind, and none is missing without need."""
    kinds = Counter(row.kind for row in diff.samples)
    assert kinds["modified"] == min(len(expected.modified), 50)
    assert kinds["added"] <= expected.added.total()
    assert kinds["removed"] <= expected.removed.total()


@given(cases(DUCKDB))
@examples("DUCKDB", 60)
def test_counts_are_exact_on_duckdb(duckdb: Warehouse, case: Case) -> None:
    agrees(found(duckdb, "main", case), case)


@given(cases(POSTGRES))
@examples("POSTGRES", 15)
def test_counts_are_exact_on_postgres(postgres: Warehouse, case: Case) -> None:
    agrees(found(postgres, "public", case), case)


def test_the_definition() -> None:
    """The Python that the SQL is held against, on a case that can be counted by hand."""

    def row(key: int | None, value: float | str) -> tuple[Value, ...]:
        return (NULL if key is None else Value(str(key), key), Value(str(value), value))

    before = (row(1, 1.0), row(2, NAN), row(3, 0.0), row(4, 1.0), row(5, 5.0), row(5, 5.0), row(None, 6.0), row(7, 7.0))
    after = (row(1, 1.0 + 1e-10), row(2, NAN), row(3, -0.0), row(4, 1.001), row(5, 5.0), row(None, 6.5), row(8, 8.0))
    told = truth(Case((("id", "bigint"), ("x", "double")), 1, before, after))
    assert told.changed == {"x": 1}
    assert told.rows == Rows(8, 7, 2, 3, 1, 4, null_keys=Both(1, 1), duplicate_keys=Both(2, 0))
