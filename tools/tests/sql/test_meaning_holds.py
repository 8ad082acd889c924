"""What `difference` says is held against DuckDB: random queries and edits are run before and after."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataops.sql.difference import SAME, Difference, Query
from dataops.sql.meaning import difference, outputs

EXAMPLES = int(os.environ.get("MEANING_EXAMPLES", "50"))
TABLES = {"t": ("k", "a", "b", "s"), "u": ("k", "c", "d")}
RELATIONS = {"t": "model.p.t", "u": "model.p.u", "m": "model.p.m"}
held = settings(
    max_examples=EXAMPLES, deadline=None, derandomize="MEANING_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip


@pytest.fixture(scope="module")
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    connection.execute("set threads = 1")
    connection.execute("create table t (k int, a int, b int, s varchar)")
    connection.execute("create table u (k int, c int, d int)")
    connection.execute(
        "insert into t values (1, 1, 2, 'x'), (1, 3, 4, 'y'), (2, null, 1, 'X'), (2, 2, 2, null), (3, 5, 0, 'y'),"
        " (null, 4, 3, 'x'), (4, 1, 1, 'x'), (4, 1, 1, 'x'), (0, -2, 3, 'z')"
    )
    connection.execute(
        "insert into u values (1, 10, 1), (2, null, 2), (2, 7, 3), (3, 1, null), (5, 4, 4), (null, 2, 2), (0, 0, 0)"
    )
    yield connection
    connection.close()


NUMBERS = st.sampled_from(["0", "1", "2", "3", "1.0"])


@st.composite
def numeric(draw: st.DrawFn, columns: list[str], depth: int = 2) -> str:
    """An expression that yields a number."""
    if depth == 0 or draw(st.booleans()):
        return draw(st.one_of(st.sampled_from(columns), NUMBERS))
    left, right = draw(numeric(columns, depth - 1)), draw(numeric(columns, depth - 1))
    shape = draw(
        st.sampled_from(
            ["{0} + {1}", "({0} + {1})", "({0} - {1})", "{0} - ({1})", "{0} * {1}", "({0}) * ({1})",
             "coalesce({0}, {1})", "ifnull({0}, {1})", "case when {0} > {1} then {0} else {1} end",
             "cast({0} as bigint)", "cast({0} as double)", "({0})::int", "greatest({0}, {1})", "-({0})",
             "nullif({0}, {1})", "{0} % 2"]
        )
    )  # fmt: skip
    return shape.format(left, right)


@st.composite
def condition(draw: st.DrawFn, columns: list[str], depth: int = 1) -> str:
    if depth and draw(st.booleans()):
        left, right = draw(condition(columns, depth - 1)), draw(condition(columns, depth - 1))
        return draw(st.sampled_from(["{0} and {1}", "({0} or {1})", "{0} or {1}", "not ({0})", "({0})"])).format(
            left, right
        )
    left, right = draw(numeric(columns, 1)), draw(numeric(columns, 1))
    return draw(
        st.sampled_from(
            ["{0} > {1}", "{0} = {1}", "{0} <> {1}", "{0} is null", "({0} is not null)", "{0} in (1, {1})",
             "{0} between {1} and 3", "exists (select 1 from u where u.k = {2})", "{2} in (select k from u)",
             "{2} in (select u.c from u where u.d > {2})"]
        )
    ).format(left, right, columns[0])  # fmt: skip


@st.composite
def select(draw: st.DrawFn, depth: int = 2, tables: dict[str, tuple[str, ...]] | None = None) -> tuple[str, list[str]]:
    """A query whose columns are all numbers, and their names."""
    tables = tables or {"t": ("k", "a", "b"), "u": ("k", "c", "d")}
    source, columns = draw(source_of(depth, tables))
    where = f" where {draw(condition(columns))}" if draw(st.booleans()) else ""
    kind = draw(st.sampled_from(["plain", "plain", "star", "group", "all", "window", "distinct", "union", "top"]))
    names = draw(st.lists(st.sampled_from(["k", "a", "b", "c", "p", "q"]), min_size=1, max_size=3, unique=True))
    items = [f"{draw(numeric(columns))} as {name}" for name in names]
    if kind == "star":
        return f"select * from {source}{where}", [column.split(".")[-1] for column in columns]
    if kind in ("group", "all"):
        key = draw(st.sampled_from(columns))
        aggregate = draw(st.sampled_from(["sum({0})", "count(*)", "count(distinct {0})", "max({0})", "min({0}) + 1"]))
        sql = f"select {key} as g, {aggregate.format(draw(numeric(columns, 1)))} as n from {source}{where}"
        having = draw(st.sampled_from(["", " having count(*) > 1", " having max({0}) > 1"])).format(key)
        by = "all" if kind == "all" and "+" not in aggregate else draw(st.sampled_from([key, "1"]))
        return f"{sql} group by {by}{having}", ["g", "n"]
    if kind == "window":
        over = f"over (partition by {draw(st.sampled_from(columns))} order by {', '.join(columns)})"
        call = draw(st.sampled_from(["row_number()", "sum({0})", "rank()", "lag({0})"])).format(columns[-1])
        qualify = draw(st.sampled_from(["", "", f" qualify row_number() {over} = 1"]))
        return f"select {', '.join(items)}, {call} {over} as w from {source}{where}{qualify}", [*names, "w"]
    if kind == "distinct":
        return f"select distinct {', '.join(items)} from {source}{where}", names
    if kind == "union":
        other = draw(st.sampled_from(["union", "union all", "except", "intersect"]))
        more = [f"{draw(numeric(columns, 1))} as {name}" for name in names]
        left, right = f"select {', '.join(items)} from {source}", f"select {', '.join(more)} from {source}{where}"
        return f"{left} {other} {right}", names
    if kind == "top":
        ordering = ", ".join(str(place + 1) for place in range(len(names)))
        return f"select {', '.join(items)} from {source}{where} order by {ordering} limit 3", names
    return f"select {', '.join(items)} from {source}{where}", names


@st.composite
def source_of(draw: st.DrawFn, depth: int, tables: dict[str, tuple[str, ...]]) -> tuple[str, list[str]]:
    """What follows FROM, and the names of the numeric columns in sight."""
    kind = draw(st.sampled_from(["table", "alias", "join", "using", "nested"] if depth else ["table", "alias"]))
    name = draw(st.sampled_from(sorted(tables)))
    if kind == "table":
        return name, list(tables[name])
    if kind == "alias":
        alias = draw(st.sampled_from(["x", "y", "t1"]))
        return f"{name} {draw(st.sampled_from(['', 'as ']))}{alias}", [f"{alias}.{column}" for column in tables[name]]
    if kind == "nested":
        sql, names = draw(select(depth - 1, tables))
        return f"({sql}) as z", names
    other = draw(st.sampled_from(sorted(tables)))
    how = draw(st.sampled_from(["join", "inner join", "left join", "left outer join", "full join", "semi join"]))
    left = [f"x.{column}" for column in tables[name]]
    right = [f"y.{column}" for column in tables[other]]
    columns = left if how == "semi join" else left + right
    if kind == "using" and "k" in tables[name] and "k" in tables[other]:
        return f"{name} x {how} {other} y using (k)", columns
    return f"{name} x {how} {other} y on x.{tables[name][0]} = y.{tables[other][0]}", columns


SWAPS = [
    ("1", "2"), ("2", "3"), (" + ", " - "), (" > ", " >= "), ("sum", "max"), ("count(*)", "count(1)"),
    ("join", "left join"), ("inner join", "join"), ("left outer join", "left join"), ("union all", "union"),
    ("union", "union all"), ("k", "b"), ("a", "b"), ("x.k", "y.k"), ("limit 3", "limit 2"), ("distinct ", ""),
    (" as ", " AS "), ("(", "( "), (" and ", " or "), ("int", "bigint"), ("order by", "order by 1, "),
    ("1", "1.0"), ("select ", "select /* why */ "), ("over (", "over (order by k, "), ("coalesce", "ifnull"),
    ("x.", "x1."), (" x ", " x1 "), ("group by 1", "group by all"), ("u", "t"), ("y", "x"),
    ("(select", "(select distinct"), ("from t", "from (select * from t) as t"),
    ("from u", "from (select * from u where true) u"), ("as p", "as q"), ("as q", "as p"),
]  # fmt: skip


@st.composite
def edited(draw: st.DrawFn, sql: str, names: list[str]) -> str:
    """The query after one to three edits, which may or may not mean something."""
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["swap", "swap", "swap", "wrap", "cte", "filter", "star", "reorder", "drop"]))
        if kind == "wrap":
            sql = f"select * from ({sql}) as wrapped"
        elif kind == "cte":
            sql = f"with it as ({sql}), unused as (select 1 as one) select {', '.join(names)} from it"
        elif kind == "filter":
            sql = f"select * from ({sql}) as f where {draw(condition([f'f.{n}' for n in names], 0))}"
        elif kind == "star":
            sql = f"select i.* from ({sql}) i"
        elif kind == "reorder":
            sql = f"select {', '.join(draw(st.permutations(names)))} from ({sql})"
        elif kind == "drop" and len(names) > 1:
            sql = f"select {', '.join(names[:-1])} from ({sql})"
        else:
            old, new = draw(st.sampled_from(SWAPS))
            if old in sql:
                places = sql.count(old)
                parts = sql.split(old)
                at = draw(st.integers(1, places))
                sql = old.join(parts[:at]) + new + old.join(parts[at:])
    return sql


def run(
    warehouse: duckdb.DuckDBPyConnection, sql: str, into: str = ""
) -> tuple[list[Any], list[str], list[Any]] | None:
    """The rows, the names and the types of a query; None where the engine refuses it."""
    try:
        if into:
            warehouse.execute(f"create or replace table {into} as {sql}")
            sql = f"select * from {into}"
        cursor = warehouse.execute(sql)
    except duckdb.Error:
        return None
    names = [str(column[0]) for column in cursor.description or ()]
    kinds = [str(column[1]) for column in cursor.description or ()]
    return cursor.fetchall(), names, kinds


def hold(
    found: Difference, before: tuple[list[Any], list[str], list[Any]], after: tuple[list[Any], list[str], list[Any]]
) -> None:
    """Whatever is said to be the same has to be the same."""
    if found.unresolved:
        return
    (old, old_names, old_kinds), (new, new_names, new_kinds) = before, after
    if found.cosmetic:
        assert (old_names, old_kinds) == (new_names, new_kinds)
        assert Counter(map(repr, old)) == Counter(map(repr, new))
        if not found.resorted:
            return
    if not found.rows:
        assert len(old) == len(new)
    gone, come = set(old_names) - set(new_names), set(new_names) - set(old_names)
    if len(set(old_names)) == len(old_names) and len(set(new_names)) == len(new_names):
        assert gone <= set(found.removed), (gone, found)
        assert come <= set(found.added), (come, found)
        kept = [name for name in old_names if name in new_names and name not in found.columns]
        if not found.reordered:
            both = [name for name in new_names if name in old_names]
            assert both == [name for name in old_names if name in new_names]
        before_at, after_at = [old_names.index(n) for n in kept], [new_names.index(n) for n in kept]
        if not found.rows:
            assert Counter(repr([row[i] for i in before_at]) for row in old) == Counter(
                repr([row[i] for i in after_at]) for row in new
            )
            assert [old_kinds[i] for i in before_at] == [new_kinds[i] for i in after_at]


def asked(sql: str, **more: tuple[str, ...]) -> Query:
    known = {**{f"model.p.{name}": columns for name, columns in TABLES.items()}, **more}
    return Query(sql, RELATIONS, known)


@given(data=st.data())
@held
def test_what_is_called_the_same_is_the_same(warehouse: duckdb.DuckDBPyConnection, data: st.DataObject) -> None:
    sql, names = data.draw(select())
    other = data.draw(edited(sql, names))
    before, after = run(warehouse, sql), run(warehouse, other)
    if before is not None and after is not None:
        found = difference(asked(sql), asked(other), "duckdb", {})
        hold(found, before, after)
        listed = outputs(asked(sql), "duckdb")
        assert listed is None or [n.lower() for n in listed] == [n.lower() for n in before[1]]


@given(data=st.data())
@held
def test_a_reader_called_the_same_is_the_same(warehouse: duckdb.DuckDBPyConnection, data: st.DataObject) -> None:
    sql, names = data.draw(select())
    other = data.draw(edited(sql, names))
    middle = run(warehouse, sql, into="m")
    if middle is None or len({name.lower() for name in middle[1]}) < len(middle[1]):
        return
    tables = {"m": tuple(middle[1]), "u": ("k", "c", "d")}
    reader, _ = data.draw(select(1, tables))
    before = run(warehouse, reader)
    changed = run(warehouse, other, into="m")
    after = run(warehouse, reader)
    if before is None or after is None or changed is None:
        return
    first = difference(asked(sql), asked(other), "duckdb", {})
    known = outputs(asked(sql), "duckdb"), outputs(asked(other), "duckdb")
    queries = [Query(reader, RELATIONS, {"model.p.m": columns, "model.p.u": TABLES["u"]}) for columns in known]
    hold(difference(queries[0], queries[1], "duckdb", {"model.p.m": first}), before, after)
    if first == SAME:
        assert difference(queries[0], queries[1], "duckdb", {"model.p.m": first}) == SAME
