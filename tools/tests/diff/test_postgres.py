"""`ci` and `diff` compare data on a real PostgreSQL server. That counts are exact there: test_truth.py."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import output, serving, sql
from tests.shop import Shop, dump, lay_out


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving() as socket:
        yield socket


@pytest.fixture
def shop(server: str, tmp_path: Path) -> Shop:
    """The shop on PostgreSQL, built once into the schema `live`."""
    shop = lay_out(tmp_path / "shop", with_events=False)
    outputs = {name: output(server, schema) for name, schema in (("dev", "mine"), ("ci", "pr_7"), ("prod", "live"))}
    shop.write("profiles/profiles.yml", dump({"shop": {"target": "dev", "outputs": outputs}}))
    shop.commit("on PostgreSQL")
    for schema in ("live", "pr_7", "app"):
        sql(server, f"drop schema if exists {schema} cascade")
    sql(server, "create schema app; create table app.events as select 1 as event_id, 1 as customer_id")
    shop.ok("build", "--target", "prod")
    return shop


def test_rows_and_values_are_compared_by_the_warehouse(shop: Shop, server: str) -> None:
    shop.edit("models/marts/fct_orders.sql", "coalesce(payments.amount, 0)", "coalesce(payments.amount, 0) * 2")
    sql(server, "update live.payments set amount_cents = 900 where id = 102")
    review = shop.ok("ci", "--base", "main", "--keep", "--format", "json").json
    (diff,) = (each for each in review["diffs"] if each["name"] == "model.shop.fct_orders")
    assert diff["failure"] == ""
    assert diff["key"]["columns"] == ["order_id"]
    assert (diff["rows"]["modified"], diff["rows"]["added"], diff["rows"]["removed"]) == (4, 0, 0)
    amount = next(column for column in diff["columns"] if column["name"] == "amount")
    assert amount["after"]["total"] > amount["before"]["total"]
    assert amount["nullable"] == {"before": True, "after": True}

    # What production did by itself, from today's inputs: one payment.
    found = shop.run("diff", "--base", "main", "--against", "base-code", "--format", "json").json["diffs"]
    (apart,) = (each for each in found if each["name"] == "model.shop.fct_orders")
    assert apart["against"] == "base code"
    assert any("1 modified" in note for note in apart["notes"]), apart["notes"]
    left = {
        str(name)
        for (name,) in sql(server, "select table_name from information_schema.tables where table_schema = 'pr_7'")
    }
    assert left == {"fct_orders"}, "what was built to compare with was left behind"

    two = shop.run("diff", "live.fct_orders", "pr_7.fct_orders", "--format", "json")
    assert two.code == 1
    assert two.json["diffs"][0]["rows"]["modified"] == 4
    words = ("--base-query", "select order_id, amount from live.fct_orders", "--head-query")
    queried = shop.run(
        "diff", *words, "select order_id, amount from pr_7.fct_orders", "--key", "order_id", "--format", "json"
    )
    assert queried.json["diffs"][0]["rows"]["modified"] == 4
    shop.ok("ci", "--clean")


def test_a_query_that_the_warehouse_refuses_is_told_and_the_others_go_on(shop: Shop, server: str) -> None:
    found = shop.run("diff", "live.fct_orders", "live.nothing")
    assert found.code == 2
    assert "live.nothing cannot be read" in found.err
    shop.ok("diff", "live.fct_orders", "live.fct_orders")
