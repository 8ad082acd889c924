"""A bad day: what fails is held with what reads it, all else is released, and it ends by hand or by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.shop import Shop, copied, refused
from tests.written import valid

POLICY = """
breaker:
  rules:
    - {action: pause, tests: no_negative_amounts, resume_after: 2}
    - {action: pause, tests: unique_*, models: path:models/staging}
"""
GOOD = [(10, 15.0), (11, 2.5), (12, 99.0), (13, 40.0)]
BAD = ("100,10,1200", "100,10,-1200")


def _orders(shop: Shop) -> list[tuple[Any, ...]]:
    return shop.query("select order_id, amount from fct_orders order by order_id")


def _paused(shop: Shop) -> dict[str, Any]:
    ran = shop.run("status", "--format", "json")
    document = ran.json
    valid("status", document)
    assert ran.code == (0 if document["healthy"] else 1)
    assert document["healthy"] == (not document["problems"])
    assert len(document["paused"]) == sum(each["kind"] == "paused" for each in document["problems"])
    return {each["node"]: each for each in document["paused"]}


@pytest.fixture(scope="module")
def bad_day(_released: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shop, str]]:
    """The shop after a deploy with one bad payment, and what that deploy said."""
    shop = copied(_released, tmp_path_factory.mktemp("bad") / "shop")
    shop.write("dataops.yml", POLICY)
    shop.edit("seeds/payments.csv", *BAD)
    shop.publish(2)
    ran = shop.run("deploy")
    assert ran.code == 1, ran.out + ran.err
    yield shop, ran.out


def test_the_rest_is_released(bad_day: tuple[Shop, str]) -> None:
    shop, out = bad_day
    assert "ALERT no_negative_amounts (fct_orders), which pauses it" in out
    assert "PAUSED fct_orders: no_negative_amounts" in out
    assert f"Released {shop.live}, without what is held" in out
    assert shop.edition() == 2
    assert shop.query("select amount_cents from payments where id = 100") == [(-1200,)]
    assert _orders(shop) == GOOD
    assert shop.plan()["changes"] == []


def test_the_day_in_full(bad_day: tuple[Shop, str], tmp_path: Path) -> None:
    """Held while the check fails, released when it passed twice in a row; a roll-back meanwhile ends nothing."""
    shop = copied(bad_day[0], tmp_path / "shop")
    [(node, pause)] = _paused(shop).items()
    assert node == "model.shop.fct_orders"
    assert pause["reason"].startswith("no_negative_amounts: Got 1 result")
    assert pause["by"] == "Tester <tester@example.com>"
    assert (pause["passes"], pause["resume_after"]) == (0, 2)
    assert {"model.shop.fct_orders", "exposure.shop.sales_dashboard"} <= set(pause["holds"])

    shop.ok("rollback")
    assert (shop.edition(), _orders(shop)) == (1, GOOD)
    shop.edit("seeds/payments.csv", BAD[1], "100,10,1300")
    assert shop.run("deploy").code == 1
    assert (shop.edition(), _orders(shop)) == (2, GOOD)
    assert _paused(shop)[node]["passes"] == 1
    out = shop.ok("deploy").out
    assert "Resumed fct_orders: its check passed 2 times in a row" in out
    assert _orders(shop) == [(10, 16.0), *GOOD[1:]]
    assert _paused(shop) == {}


def test_a_held_view_shows_what_it_showed(shop: Shop) -> None:
    """And is a view again afterwards. What reads it is held; what it reads is released."""
    shown = shop.query("select * from stg_customers order by 1")
    shop.ok("pause", "stg_customers", "--reason", "names are mixed up")
    pause = _paused(shop)["model.shop.stg_customers"]
    released = shop.ok("releases", "--format", "json").json["went_live"][-1]["at"]
    assert pause["since"] == released < pause["at"], "what is wrong came after what was released last"
    shop.edit("seeds/customers.csv", "Ada", "Eve")
    shop.edit("models/staging/stg_customers.sql", "name as customer_name", "upper(name) as customer_name")
    ran = shop.run("deploy")
    assert ran.code == 1, ran.out
    assert shop.query("select name from customers where id = 1") == [("Eve",)]
    for held in ("stg_customers", "dim_customers", "customers_history"):
        assert shop.query(f"select customer_id, customer_name from {held} order by 1") == shown
    # A plan compares with what production has, so what was held is still to be released.
    assert {change["unique_id"] for change in shop.plan()["changes"]} == {"model.shop.stg_customers"}
    refused(shop.run("resume", "fct_orders", "--reason", "x"), "`fct_orders` is not paused", "paused: stg_customers")
    shop.ok("resume", "stg_customers", "--reason", "they were right")
    shop.ok("deploy")
    assert shop.query("select customer_name from dim_customers where customer_id = 1") == [("EVE",)]
    views = "select table_type from information_schema.tables where table_name = 'stg_customers'"
    assert shop.query(views) == [("VIEW",)]
    assert shop.plan()["changes"] == []


def test_a_build_leaves_out_what_is_held(bad_day: tuple[Shop, str], tmp_path: Path) -> None:
    shop = copied(bad_day[0], tmp_path / "shop")
    ran = shop.run("build", "-s", "+fct_orders")
    assert ran.code == 1
    assert "Left out: fct_orders" in ran.out
    tables = "select count(*) from information_schema.tables where table_name = 'fct_orders'"
    assert shop.query(tables, shop.root / "dev.duckdb") == [(0,)]
    shop.ok("build", "-s", "published")
    shop.run("build", "-s", "+fct_orders", "--with-paused")
    assert shop.query(tables, shop.root / "dev.duckdb") == [(1,)]
    refused(shop.run("build", "--with-paused", "--target", "prod"), "--with-paused", "production")


def test_doubt_holds_everything(editions: Shop) -> None:
    """A record that does not even tell what it is about."""
    editions.write(".dataops/state/breaker/lost.json", '{"format": 1, "event": {}}')
    editions.publish(2)
    digest = editions.digest()
    ran = editions.run("deploy")
    assert ran.code == 1
    assert "PAUSED everything: its record is damaged" in ran.out
    assert "damaged record: breaker/lost.json" in ran.out
    assert "Not released" in ran.out
    assert editions.digest() == digest


def test_a_failure_that_the_policy_does_not_pause_releases_nothing(editions: Shop) -> None:
    """Be something else paused or not; and a pause by hand at the last moment is honoured."""
    editions.ok("pause", "printed", "--reason", "misprints")
    editions.write("models/marts/apart.sql", "select 1 as part union all select 1")
    editions.write("models/marts/apart.yml", "models: [{name: apart, columns: [{name: part, data_tests: [unique]}]}]")
    digest = editions.digest()
    ran = editions.run("deploy")
    assert ran.code == 1
    assert "ALERT unique_apart_part (apart)" in ran.out
    assert "Not released" in ran.out
    assert editions.digest() == digest


def test_what_cannot_be_meant_is_refused(editions: Shop) -> None:
    refused(editions.run("pause", "nothing_such", "--reason", "x"), "no model, seed, snapshot or source `nothing_such`")
    refused(editions.run("pause", "bound", "--reason", " "), "no reason")
    refused(editions.run("resume", "bound", "--reason", "x"), "`bound` is not paused", "paused: nothing")
    editions.ok("pause", "bound", "--reason", "x")
    refused(editions.run("resume", "bound", "--reason", "x", "--from", "soon"), "--from is 'soon'", "2026-01-31")
    backwards = ("--from", "2026-02-01", "--to", "2026-01-01")
    refused(editions.run("resume", "bound", "--reason", "x", *backwards), "ends before")
    editions.ok("resume", "bound", "--reason", "x", "--from", "2026-01-30", "--to", "2026-01-31")
    editions.write("dataops.yml", "breaker: {rules: [{action: stop}]}")
    refused(editions.run("deploy"), '`breaker.rules[0].action` is "stop"', "alert, pause")
