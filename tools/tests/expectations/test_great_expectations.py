"""The imported tests answer what Great Expectations answered (answers.json): verdicts, counts, observed figures."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import duckdb
import psycopg2
import pytest

from tests.expectations import asked
from tests.monitors.package import PACKAGE, Watched
from tests.postgres import output, serving

CASES = asked.all_cases()


@pytest.fixture(scope="module")
def on_duckdb(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    project = Watched.lay_out(tmp_path_factory.mktemp("duckdb"))
    file = str(project.folder.parent / "watched.duckdb")
    with duckdb.connect(file) as connection:
        asked.fill(lambda statement: fetched(connection.execute(statement)))
    asked.watch(project, CASES)
    with duckdb.connect(file) as connection:
        return asked.answers(project, lambda statement: fetched(connection.execute(statement)))


@pytest.fixture(scope="module")
def on_postgres(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    with serving() as socket, closing(psycopg2.connect(host=socket, user="postgres", dbname="postgres")) as connection:
        connection.autocommit = True

        def run(statement: str) -> asked.Found:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return fetched(cursor) if cursor.description else ([], [])

        project = Watched.lay_out(tmp_path_factory.mktemp("postgres"), output(socket, "main"))
        asked.fill(run)
        asked.watch(project, CASES)
        return asked.answers(project, run)


def fetched(cursor: Any) -> asked.Found:
    return [column[0] for column in cursor.description], cursor.fetchall()


@pytest.mark.parametrize("warehouse", ["on_duckdb", "on_postgres"])
def test_the_answers_are_those_of_great_expectations(warehouse: str, request: pytest.FixtureRequest) -> None:
    ours: dict[str, dict[str, Any]] = request.getfixturevalue(warehouse)
    assert len(ours) == len(CASES)
    differing = []
    for case in CASES:
        told, expected = asked.in_its_words(case, ours[case.name]), asked.comparable(case)
        if {*expected} - {*told} or not asked.alike(expected, told):
            differing.append(f"{case.name} {case.expectation}: {told}, not {expected}")
    assert not differing, "\n".join(differing)


def test_the_guide_says_how_many_answers_there_are() -> None:
    guide = (PACKAGE.parents[2] / "docs" / "expectations.md").read_text(encoding="utf-8")
    assert f"to {len(CASES)} expectations" in guide.replace("\n", " ")
    assert f": {len(CASES)} answers, 0 other than before" in guide
