"""The cases of `cases/*.yml`: a query before and after, and what has to be said of the difference."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from dataops.sql.difference import SAME, Difference, Query
from dataops.sql.meaning import difference, outputs, readers

FOLDER = Path(__file__).parent / "cases"
KEYS = {"name", "dialect", "before", "after", "tables", "tables_after", "upstream", "types", "own", "expect", "why"}
VERDICT = {"rows", "added", "removed", "changed", "retyped", "doubtful", "reordered", "resorted", "unresolved"}


@dataclass(frozen=True)
class Case:
    name: str
    dialect: str
    before: Query
    after: Query
    upstream: dict[str, Difference]
    expect: str | dict[str, Any]
    why: str | None


def _query(sql: str, tables: dict[str, list[str] | None]) -> Query:
    relations = {name: _id(name) for name in tables}
    return Query(sql, relations, {_id(name): columns and tuple(columns) for name, columns in tables.items()})


def _id(name: str) -> str:
    return f"model.shop.{name.rsplit('.', maxsplit=1)[-1]}"


def _folded(tables: dict[str, list[str] | None]) -> dict[str, list[str] | None]:
    """The names as a warehouse holds them that writes all in capitals."""
    return {name.upper(): columns and [column.upper() for column in columns] for name, columns in tables.items()}


def _difference(said: str | dict[str, Any]) -> Difference:
    if said == "same":
        return SAME
    if isinstance(said, str):
        return Difference.unknown(said)
    lists = {name: tuple(said[name]) for name in ("added", "removed", "changed", "retyped", "doubtful") if name in said}
    flags = {name: said[name] for name in ("reordered", "resorted") if name in said}
    return Difference(cosmetic="resorted" in said, rows=said.get("rows", False), **lists, **flags)


def _cases() -> list[Case]:
    found = []
    for path in sorted(FOLDER.glob("*.yml")):
        page = yaml.safe_load(path.read_text())
        for each in page["cases"]:
            unknown = set(each) - KEYS
            assert not unknown, f"{path.name}: {each['name']}: {unknown}"
            tables = each.get("tables", page.get("tables", {}))
            upstream = {_id(name): _difference(said) for name, said in each.get("upstream", {}).items()}
            types = {_id(name): columns for name, columns in each.get("types", {}).items()}
            for dialect in str(each.get("dialect", page.get("dialect"))).split():
                folded = _folded if dialect == "snowflake" else dict
                found.append(
                    Case(
                        f"{path.stem}: {each['name']} ({dialect})",
                        dialect,
                        replace(_query(each["before"], folded(tables)), types=types, own=each.get("own", {})),
                        replace(
                            _query(each.get("after", each["before"]), folded(each.get("tables_after", tables))),
                            types=types,
                        ),
                        upstream,
                        each["expect"],
                        each.get("why"),
                    )
                )
    return found


CASES = _cases()


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_verdict(case: Case) -> None:
    found = difference(case.before, case.after, case.dialect, case.upstream)
    if case.expect == "same":
        assert found.cosmetic, found
        assert not found.resorted, found
    elif case.expect == "unresolved":
        assert found.unresolved, found
        assert not found.cosmetic
        assert found.rows
    else:
        assert isinstance(case.expect, dict)
        assert set(case.expect) <= VERDICT, f"no such verdict: {set(case.expect) - VERDICT}"
        assert found.unresolved is None, found
        said = {name: _plain(getattr(found, name)) for name in VERDICT - {"unresolved"} if getattr(found, name)}
        assert said == {name: _sorted(value) for name, value in case.expect.items()}, found
        assert found.cosmetic == (set(said) == {"resorted"})
    if case.why:
        assert found.why == case.why


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, tuple) else value


def _sorted(value: object) -> object:
    return sorted(value) if isinstance(value, list) else value


def test_cases_have_names_of_their_own_and_all_dialects() -> None:
    names = Counter(case.name for case in CASES)
    assert not [name for name, times in names.items() if times > 1]
    assert {"duckdb", "postgres", "snowflake", "bigquery", "spark"} <= {case.dialect for case in CASES}
    assert len(CASES) >= 160


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_query_does_not_differ_from_itself(case: Case) -> None:
    for query in (case.before, case.after):
        assert difference(query, query, case.dialect, {}) == SAME


SHOP = {"orders": ["id", "customer_id", "amount"], "customers": ["customer_id", "name"]}


def test_outputs_follow_stars_and_stop_where_columns_are_not_known() -> None:
    assert outputs(_query("select o.*, 1 as one from orders o", SHOP), "duckdb") == (
        "id",
        "customer_id",
        "amount",
        "one",
    )
    assert outputs(_query("select * from orders join customers using (customer_id)", SHOP), "duckdb") == (
        "id", "customer_id", "amount", "name",
    )  # fmt: skip
    assert outputs(_query("select * from elsewhere", SHOP), "duckdb") is None
    assert outputs(_query("select id, amount from elsewhere", SHOP), "duckdb") == ("id", "amount")
    assert outputs(_query("delete from orders", SHOP), "duckdb") is None


def test_readers_are_the_lines_that_name_the_column() -> None:
    sql = """with o as (
  select * from orders
), unused as (
  select amount from orders
)
select
  id, -- amount
  amount * 2 as amount
from o
where o.amount > 1
order by 1"""
    assert readers(_query(sql, SHOP), "duckdb", "model.shop.orders", "amount")[0] == (4, 8, 10)
    assert readers(_query(sql, SHOP), "duckdb", "model.shop.orders", "AMOUNT")[0] == (4, 8, 10)
    assert readers(_query(sql, SHOP), "duckdb", "model.shop.orders", "customer_id")[0] == ()
    assert readers(_query(sql, SHOP), "duckdb", "model.shop.customers", "amount")[0] == ()


def test_readers_of_joined_columns() -> None:
    sql = "select id\nfrom orders\njoin customers\nusing (customer_id)"
    assert readers(_query(sql, SHOP), "duckdb", "model.shop.customers", "customer_id")[0] == (4,)


def test_readers_where_the_query_cannot_be_followed_are_the_lines_with_that_word() -> None:
    sql = "select *\nfrom (pivot orders on amount\nusing sum(id))"
    assert readers(_query(sql, SHOP), "duckdb", "model.shop.orders", "amount")[0] == (2,)


@pytest.mark.parametrize(
    "sql", ["", ";", "select", "(", "select 'x", "\x00", "{{ ref('x') }}", "select " + "(" * 1500 + "1" + ")" * 1500,
            "select " + " + ".join(["1"] * 1500), "create table x as select 1", "begin; select 1", "select * from t.*",
            "with a as (select * from b), b as (select * from a) select * from a", "from orders", "values (1)"],
)  # fmt: skip
def test_nothing_makes_it_fail(sql: str) -> None:
    plain = _query("select id from orders", SHOP)
    odd = _query(sql, SHOP)
    for dialect in ("duckdb", "snowflake", "bigquery") if len(sql) < 1000 else ("duckdb",):
        assert not difference(plain, odd, dialect, {}).cosmetic
        assert not difference(odd, plain, dialect, {}).cosmetic
        assert outputs(odd, dialect) != ("id", "customer_id")
        readers(odd, dialect, "model.shop.orders", "id")


def test_a_dialect_that_is_not_known_is_unresolved() -> None:
    found = difference(_query("select 1 as a", {}), _query("select 2 as a", {}), "no such dialect", {})
    assert found.unresolved


def _chain(step: str, last: str, first: str = "select * from {table}") -> str:
    """Sixty queries of which each reads the one before."""
    links = [f"c0 as ({first})", *(f"c{place} as ({step.format(above=f'c{place - 1}')})" for place in range(1, 60))]
    return f"with {', '.join(links)} {last.format(above='c59')}"


ALIASES = (
    "select id as a0, " + ", ".join(f"a{place} + a{place} as a{place + 1}" for place in range(60)) + " from {table}"
)


@pytest.mark.parametrize("table", ["orders", "elsewhere"])
@pytest.mark.parametrize(
    "sql",
    [
        _chain("select id + id as id from {above}", "select id from {above}"),
        _chain("select case when id > 1 then id else -id end as id, * from {above}", "select id from {above}"),
        _chain("select a.id from {above} as a join {above} as b on a.id = b.id", "select id from {above}"),
        ALIASES,
    ],
)
def test_a_chain_that_reads_what_is_above_twice_is_followed_to_its_end(sql: str, table: str) -> None:
    """Sixty steps that each asked twice would be more than anyone can wait for."""
    before = _query(sql.format(table=table), SHOP)
    for old, new in (("id as", "id + 1 as"), ("id + id as", "id - id as"), ("a.id from", "a.id + 1 as id from")):
        after = _query(before.sql.replace(old, new, 1), SHOP)
        found = difference(before, after, "duckdb", {})
        assert found.unresolved is None
        assert found.cosmetic == (before.sql == after.sql)


def test_a_chain_whose_columns_double_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataops.sql.terms.STEPS", 5_000)
    sql = _chain("select * from {above} as a join {above} as b on a.id = b.id", "select id from {above}")
    before, after = (_query(sql.replace("{table}", f"orders where amount > {n}"), SHOP) for n in (1, 2))
    assert difference(before, after, "duckdb", {}).unresolved == "takes too many steps to be followed"
    assert outputs(before, "duckdb") is None
