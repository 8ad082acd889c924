"""`build` in a person's own target, with and without production's data."""

from __future__ import annotations

import json

from tests.shop import Shop, refused


def test_build_runs_in_the_default_target(fresh: Shop) -> None:
    fresh.ok("build", "-s", "published +dim_customers", "--exclude", "test_type:generic")
    dev = fresh.root / "dev.duckdb"
    assert fresh.query("select edition from published", dev) == [(1,)]
    assert fresh.query("select count(*) from dim_customers", dev) == [(3,)]
    assert fresh.query("select count(*) from duckdb_tables() where table_name = 'published'") == [(0,)]


def test_build_tells_failures(fresh: Shop) -> None:
    fresh.edit("seeds/orders.csv", "11,1,paid", "10,1,paid")
    ran = fresh.run("build", "-s", "+stg_orders")
    assert ran.code == 1
    assert "FAIL unique_stg_orders_order_id models/staging/staging.yml" in ran.out


def test_build_takes_a_resource_type_and_vars(fresh: Shop) -> None:
    fresh.write("models/marts/published.sql", "select {{ var('edition') }} as edition\n")
    out = fresh.ok("build", "--resource-type", "seed", "--vars", "edition: 4").out
    assert "3 seeds: 3 passed" in out
    fresh.ok("build", "-s", "published", "--vars", '{"edition": 5}')
    assert fresh.query("select edition from published", fresh.root / "dev.duckdb") == [(5,)]


def test_defer_reads_production(shop: Shop) -> None:
    before = shop.digest()
    shop.edit("models/marts/fct_orders.sql", "orders.status,", "upper(orders.status) as status,")
    shop.ok("build", "-s", "fct_orders", "--defer")
    dev = shop.root / "dev.duckdb"
    assert shop.query("select count(*), max(status) from fct_orders", dev) == [(4, "RETURNED")]
    tables = "select count(*) from duckdb_tables() where table_name = 'orders'"
    assert shop.query(tables, dev) == [(0,)]
    assert shop.digest() == before


def test_defer_reads_a_source_in_production_s_file(shop: Shop) -> None:
    shop.ok("build", "-s", "fct_events stg_events", "--defer")
    assert shop.query("select count(*) from fct_events", shop.root / "dev.duckdb") == [(5,)]


def test_defer_runs_tests_of_what_is_selected(shop: Shop) -> None:
    out = shop.ok("build", "-s", "stg_orders", "--defer").out
    assert "1 model, 3 tests: 4 passed" in out


def test_defer_is_refused_where_it_means_nothing(shop: Shop) -> None:
    refused(shop.run("build", "-s", "fct_orders", "--defer", "--target", "prod"), "`prod` is production")


def test_defer_needs_a_release(fresh: Shop) -> None:
    refused(fresh.run("build", "-s", "fct_orders", "--defer"), "stored release", "dataops deploy")


def test_a_selection_that_dbt_refuses(shop: Shop) -> None:
    refused(shop.run("build", "-s", "fct_orders", "--selector", "nothing"), "nothing")


def test_build_leaves_dbt_s_own_artifacts(fresh: Shop) -> None:
    fresh.ok("build", "-s", "published")
    results = json.loads(fresh.read("target/run_results.json"))["results"]
    assert [each["unique_id"] for each in results] == ["model.shop.published"]
