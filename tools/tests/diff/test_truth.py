"""Counts are exact: random tables and random edits, held against a definition in plain Python. Here on DuckDB.

The suite tries a few cases of each engine. All that the project promises:

    DATAOPS_TRUTH_DUCKDB=2000 DATAOPS_TRUTH_POSTGRES=200 pytest tools/tests/diff -k truth
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops.diff import counts
from dataops.diff.difference import Both, Rows
from dataops.warehouse import Warehouse
from tests.diff.cases import NULL, Case, cases
from tests.diff.exact import agrees, examples, found, tells_apart, tells_apart_whole
from tests.diff.truth import truth
from tests.diff.values import DUCKDB, NAN, Value
from tests.diff.warehouses import opened


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    target = {"type": "duckdb", "path": ":memory:", "threads": 1, "settings": {"TimeZone": "America/St_Johns"}}
    with opened(tmp_path_factory.mktemp("duckdb"), target) as warehouse:
        yield warehouse


@given(cases(DUCKDB), st.sampled_from(("at once", "narrowly", "narrowly, then at once")))
@examples("DUCKDB", 60)
def test_counts_are_exact(warehouse: Warehouse, case: Case, way: str) -> None:
    """`way`: as small relations are compared, as large ones are, and as large ones that differ much."""
    with pytest.MonkeyPatch.context() as patch:
        if way != "at once":
            patch.setattr(counts, "LARGE", 0)
        if way == "narrowly, then at once":
            patch.setattr(counts, "MOST_KEPT", 0)
        agrees(found(warehouse, "main", case), case)


@pytest.mark.parametrize("type_", DUCKDB)
@pytest.mark.parametrize("large", [counts.LARGE, 0])
def test_every_pair_of_values(warehouse: Warehouse, type_: str, large: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "LARGE", large)
    tells_apart(warehouse, "main", type_, DUCKDB[type_])


@pytest.mark.parametrize("type_", DUCKDB)
def test_values_without_a_key(warehouse: Warehouse, type_: str) -> None:
    tells_apart_whole(warehouse, "main", type_, DUCKDB[type_])


def test_the_definition() -> None:
    """The Python that the SQL is held against, on a case that can be counted by hand."""

    def row(key: int | None, value: float | str) -> tuple[Value, ...]:
        return (NULL if key is None else Value(str(key), key), Value(str(value), value))

    before = (row(1, 1.0), row(2, NAN), row(3, 0.0), row(4, 1.0), row(5, 5.0), row(5, 5.0), row(None, 6.0), row(7, 7.0))
    after = (row(1, 1.0 + 1e-10), row(2, NAN), row(3, -0.0), row(4, 1.001), row(5, 5.0), row(None, 6.5), row(8, 8.0))
    told = truth(Case((("id", "bigint"), ("x", "double")), 1, before, after))
    assert told.changed == {"x": 1}
    assert told.rows == Rows(8, 7, 2, 3, 1, 4, null_keys=Both(1, 1), duplicate_keys=Both(2, 0))
