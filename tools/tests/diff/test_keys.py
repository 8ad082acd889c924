"""Which key is chosen, in which order."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from dataops.diff.difference import Key
from dataops.diff.keys import chosen


def _node(**given: Any) -> SimpleNamespace:
    config = SimpleNamespace(unique_key=given.get("unique_key"), meta=given.get("meta", {}))
    columns = {
        name: SimpleNamespace(name=name, constraints=[SimpleNamespace(type=kind)])
        for name, kind in given.get("column_constraints", {}).items()
    }
    constraints = [SimpleNamespace(type=kind, columns=names) for kind, names in given.get("constraints", {}).items()]
    return SimpleNamespace(
        resource_type=given.get("kind", "model"), config=config, columns=columns, constraints=constraints, meta={}
    )


def _test(name: str, column: str | None = None, where: str | None = None, **kwargs: Any) -> SimpleNamespace:
    return SimpleNamespace(
        test_metadata=SimpleNamespace(name=name, kwargs=kwargs),
        column_name=column,
        config=SimpleNamespace(where=where),
    )


def test_the_order_in_which_a_project_is_believed() -> None:
    """Each time the strongest is taken away, the next one is chosen."""
    given = {
        "constraints": {"primary_key": ["pk"], "unique": ["uq"]},
        "column_constraints": {"cpk": "primary_key"},
        "unique_key": ["u1", "u2"],
        "meta": {"key": "m"},
    }
    tests = [
        _test("unique", "t"), _test("not_null", "t"), _test("unique", "only_unique"),
        _test("has_unique_rows", None, columns=["x", "y"]),
    ]  # fmt: skip
    assert chosen(_node(**given), tests, ["mine"]) == Key(("mine",), "--key")
    assert chosen(_node(**given), tests) == Key(("pk",), "primary key constraint")
    del given["constraints"]
    assert chosen(_node(**given), tests) == Key(("cpk",), "primary key constraint")
    del given["column_constraints"]
    assert chosen(_node(**given), tests) == Key(("t",), "tests unique and not_null")
    assert chosen(_node(**given), tests[2:]) == Key(("x", "y"), "test has_unique_rows")
    assert chosen(_node(**given), tests[2:3]) == Key(("only_unique",), "test unique")
    assert chosen(_node(**given), []) == Key(("u1", "u2"), "unique_key")
    del given["unique_key"]
    assert chosen(_node(**given), []) == Key(("m",), "meta")
    assert chosen(_node(), []) == Key((), "")


def test_a_test_of_some_rows_says_nothing_of_all() -> None:
    assert chosen(_node(), [_test("unique", "id", where="active"), _test("not_null", "id")]).columns == ()


def test_a_snapshot_has_many_rows_of_each_key() -> None:
    found = chosen(_node(kind="snapshot", unique_key="id"), [])
    assert found == Key(("id", "dbt_valid_from"), "the snapshot's unique_key")


def test_a_name_in_quotes_is_the_column_of_that_name() -> None:
    """dbt hands `quote: true` to its tests as a name in quotes; one test may say it, the other not."""
    tests = [_test("unique", '"Order ID"'), _test("not_null", "Order ID")]
    assert chosen(_node(), tests) == Key(("Order ID",), "tests unique and not_null")
    combined = [_test("unique_combination_of_columns", None, combination_of_columns=['"a ""b"""', "`c`", "d"])]
    assert chosen(_node(), combined).columns == ('a "b"', "c", "d")
