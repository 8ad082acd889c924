"""`dataops suggest` on DuckDB: what it proposes, what it leaves, and what it writes."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from tests.shop import Shop
from tests.suggest import bazaar
from tests.written import valid

Proposed = dict[tuple[str, str | None, str], tuple[dict[str, Any], str]]


def proposed(document: dict[str, Any]) -> Proposed:
    """Arguments and evidence, by node, column and test."""
    return {
        (each["unique_id"].split(".", 2)[2], each["column"], each["test"]): (each["arguments"], each["evidence"])
        for each in document["proposals"]
    }


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    root = tmp_path_factory.mktemp("bazaar") / "project"
    file = root / "dev.duckdb"
    shop = bazaar.lay_out(root, {"type": "duckdb", "path": str(file), "schema": "main", "threads": 1})
    with duckdb.connect(str(file)) as connection:
        for statement in bazaar.statements("main"):
            connection.execute(statement)
    return shop


@pytest.fixture(scope="module")
def document(shop: Shop) -> dict[str, Any]:
    ran = shop.run("suggest", "--format", "json")
    assert ran.code == 1, ran.err
    found: dict[str, Any] = ran.json
    valid("suggest", found)
    return found


@pytest.fixture(scope="module")
def found(document: dict[str, Any]) -> Proposed:
    return proposed(document)


def test_what_the_rows_speak_for_is_proposed_with_its_evidence(found: Proposed) -> None:
    orders = {(column, test): each for (node, column, test), each in found.items() if node == "raw.orders"}
    rows = orders["order_id", "unique"][1].split()[-2]
    assert orders["order_id", "unique"][1] == f"no value twice in {rows} rows"
    assert orders["order_id", "not_null"][1] == f"0 of {rows} rows NULL"
    assert orders["status", "accepted_values"] == (
        {"values": ["done", "paid", "placed", "returned", "sent"]},
        f"5 values cover {rows} rows, each in either half of them",
    )
    assert orders["customer_id", "relationships"] == (
        {"to": "source('raw', 'customers')", "field": "customer_id"},
        f"each of {rows} values is in customers.customer_id",
    )
    monitor, evidence = orders[None, "dataops_toolkit.volume_anomalies"]
    assert monitor == {"timestamp_column": "ordered_at", "seasonality": "day_of_week"}
    assert evidence.startswith("312 whole days, no day without rows, 60 rows on a mean day; weekdays differ over 26")
    assert "Sunday 33%" in evidence
    assert orders["amount", "dataops_toolkit.column_anomalies"][0] == {
        "column_anomalies": ["average"],
        "timestamp_column": "ordered_at",
    }


def test_what_the_rows_do_not_speak_for_is_not(found: Proposed) -> None:
    tests = {(column, test) for _, column, test in found}
    assert not any(column == "note" and test != "not_null" for column, test in tests), "free text has no list"
    assert not any(column == "nothing_yet" for column, _ in tests), "NULL alone says nothing"
    assert ("customer_name", "unique") not in tests, "a name is no key"
    assert not any(node.split(".")[-1] in ("nothing", "few", "blank") for node, _, _ in found)
    assert not any(column == "hit_rate" for column, _ in tests), "infinity has no range"


def test_values_of_personal_columns_are_not_told(shop: Shop, document: dict[str, Any]) -> None:
    text = shop.run("suggest").out + shop.run("suggest", "--format", "yaml").out + str(document)
    for value in ("example.com", "Lyon", "Kyiv"):
        assert value not in text


def test_existing_tests_are_not_proposed_again(found: Proposed) -> None:
    assert ("fct_orders", "order_id", "unique") not in found
    assert ("fct_orders", "order_id", "not_null") in found


def test_what_is_not_there_is_named_and_the_rest_goes_on(document: dict[str, Any]) -> None:
    assert set(document["unread"]) == {"model.bazaar.never_built", "source.bazaar.elsewhere.far"}
    assert document["unread"]["model.bazaar.never_built"] == "dev.main.never_built is not there"
    assert document["passed_over"]["source.bazaar.raw.nothing"] == "no rows, and 30 are needed to judge by"
    assert document["passed_over"]["source.bazaar.raw.few"] == "29 rows, and 30 are needed to judge by"
    assert document["queries"]["profile"] == 10


def test_written_tests_parse_pass_and_are_not_proposed_again(shop: Shop, found: Proposed) -> None:
    ran = shop.run("suggest", "--write")
    assert ran.code == 1, ran.err
    assert b"[unique, not_null]   # found by hand" in (shop.root / "models" / "models.yml").read_bytes()
    again = shop.run("suggest", "--format", "json").json
    assert again["proposals"] == []
    built = shop.run("build", "--resource-type", "test")
    assert built.code == 0, built.out
