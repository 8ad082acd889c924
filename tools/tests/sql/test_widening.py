"""Widening: an order of types, held against DuckDB's own casts, and what each dialect means by its names."""

from __future__ import annotations

from itertools import product

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops.sql.widening import compared

_WHOLE = ["tinyint", "smallint", "integer", "bigint", "hugeint", "utinyint", "usmallint", "uinteger", "ubigint"]
_OTHERS = ["varchar", "date", "timestamp", "timestamptz", "boolean", "real", "double", "uuid", "blob", "time"]


@st.composite
def _decimals(draw: st.DrawFn) -> str:
    digits = draw(st.integers(1, 38))
    return f"decimal({digits}, {draw(st.integers(0, digits))})"


_FLAT = st.sampled_from([*_WHOLE, *_OTHERS]) | _decimals()
_TYPES = st.recursive(
    _FLAT,
    lambda inner: st.one_of(
        inner.map(lambda each: f"{each}[]"),
        inner.map(lambda each: f"map(varchar, {each})"),
        st.lists(inner, min_size=1, max_size=3).map(
            lambda kinds: "struct({})".format(", ".join(f"f{number} {kind}" for number, kind in enumerate(kinds)))
        ),
    ),
    max_leaves=3,
)
_NUMBERS = st.sampled_from(_WHOLE) | _decimals()
_HOLDS = ("same", "wider")


@given(_TYPES, _TYPES, _TYPES)
def test_it_is_an_order(one: str, two: str, three: str) -> None:
    assert compared(one, one, "duckdb") == "same"
    opposite = {"wider": "narrower", "narrower": "wider", "same": "same", "other": "other", "unknown": "unknown"}
    assert compared(two, one, "duckdb") == opposite[compared(one, two, "duckdb")]
    if compared(one, two, "duckdb") in _HOLDS and compared(two, three, "duckdb") in _HOLDS:
        assert compared(one, three, "duckdb") in _HOLDS


def test_it_is_an_order_of_numbers_in_all_their_combinations() -> None:
    numbers = [*_WHOLE, *(f"decimal({p}, {s})" for p, s in [(3, 0), (5, 2), (10, 0), (12, 4), (20, 0), (38, 18)])]
    holds = {pair for pair in product(numbers, numbers) if compared(*pair, "duckdb") in _HOLDS}
    assert all((number, number) in holds for number in numbers)
    assert not {(one, two) for one, two in holds if one != two and (two, one) in holds}
    assert not {
        (one, three)
        for (one, two), (again, three) in product(holds, holds)
        if two == again and (one, three) not in holds
    }


@pytest.fixture(scope="module")
def engine() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def _extremes(kind: str) -> list[str]:
    """The least and the greatest value of a type."""
    if kind.startswith("decimal"):
        digits, scale = (int(each) for each in kind[8:-1].split(","))
        whole, rest = "9" * (digits - scale) or "0", "9" * scale
        greatest = whole + (f".{rest}" if rest else "")
        return [greatest, f"-{greatest}"]
    bits = {"tiny": 8, "smal": 16, "inte": 32, "bigi": 64, "huge": 128}[kind.removeprefix("u")[:4]]
    if kind.startswith("u"):
        return ["0", str(2**bits - 1)]
    return [str(-(2 ** (bits - 1))), str(2 ** (bits - 1) - 1)]


@given(one=_NUMBERS, two=_NUMBERS)
def test_a_wider_type_loses_no_value_and_a_narrower_one_does(
    engine: duckdb.DuckDBPyConnection, one: str, two: str
) -> None:
    """Both extremes of a type, cast to another and back by the engine itself."""
    verdict = compared(one, two, "duckdb")
    kept = []
    for value in _extremes(one):
        sql = f"select try_cast(try_cast('{value}'::{one} as {two}) as {one}) is not distinct from '{value}'::{one}"
        kept.append(bool(engine.execute(sql).fetchall()[0][0]))
    if verdict in _HOLDS:
        assert all(kept)
    elif verdict == "narrower":
        # A decimal number is never narrowed to a whole one without a word, however few digits it has.
        assert not all(kept) or (one.startswith("decimal") and not two.startswith("decimal"))


@pytest.mark.parametrize(
    ("dialect", "before", "after", "verdict"),
    [
        ("duckdb", "integer", "double", "other"),
        ("duckdb", "date", "timestamp", "other"),
        ("duckdb", "varchar(10)", "varchar", "same"),
        ("duckdb", "struct(a integer)", "struct(a bigint, b varchar)", "wider"),
        ("duckdb", "struct(a integer, b varchar)", "struct(a integer)", "narrower"),
        ("duckdb", "struct(a integer)", "struct(b integer)", "other"),
        ("duckdb", "integer[3]", "integer[4]", "other"),
        ("postgres", "varchar(10)", "character varying(50)", "wider"),
        ("postgres", "text", "varchar(10)", "narrower"),
        ("postgres", "char(3)", "varchar(3)", "wider"),
        ("postgres", "char(3)", "char(4)", "other"),
        ("postgres", "numeric(10, 2)", "numeric", "wider"),
        ("postgres", "int4", "integer", "same"),
        ("postgres", "timestamp(3)", "timestamp without time zone", "wider"),
        ("postgres", "timestamp", "timestamptz", "other"),
        ("postgres", "my_type", "MY_TYPE", "same"),
        ("postgres", "my_type", "your_type", "unknown"),
        ("snowflake", "int", "number(38, 0)", "same"),
        ("snowflake", "number(38, 0)", "number(10, 0)", "narrower"),
        ("bigquery", "int", "int64", "same"),
        ("bigquery", "int64", "numeric", "wider"),
        ("bigquery", "struct<a int64>", "struct<a int64, b string>", "wider"),
        ("redshift", "varchar", "varchar(300)", "wider"),
        ("spark", "decimal", "decimal(12, 2)", "wider"),
        ("spark", "map<string, int>", "map<string, bigint>", "wider"),
        ("tsql", "varchar(10)", "nvarchar(10)", "wider"),
        ("tsql", "nvarchar(10)", "varchar(max)", "other"),
    ],
)
def test_what_a_dialect_means(dialect: str, before: str, after: str, verdict: str) -> None:
    assert compared(before, after, dialect) == verdict
