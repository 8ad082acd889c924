"""`plan` and `ci` on a real PostgreSQL server: another adapter, one database, a schema per pull request."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataops.diff import offending
from dataops.diff.examples import HIDDEN
from dataops.project.outcome import NodeResult
from dataops.warehouse import connect
from tests.postgres import output, serving, sql
from tests.shop import Shop, copied, dump, lay_out, ran, refused


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving() as socket:
        yield socket


@pytest.fixture(scope="module")
def live(server: str, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The shop on PostgreSQL, built into the schema `live` by plain dbt's own command."""
    shop = lay_out(tmp_path_factory.mktemp("live") / "shop", with_events=False)
    outputs = {name: output(server, schema) for name, schema in (("dev", "mine"), ("ci", "pr_7"), ("prod", "live"))}
    shop.write("profiles/profiles.yml", dump({"shop": {"target": "dev", "outputs": outputs}}))
    shop.commit("on PostgreSQL")
    sql(server, "create schema app; create table app.events (event_id integer, customer_id integer)")
    arrived(server, 5)
    shop.ok("build", "--target", "prod")
    shop.plan("--base", "main")  # what is parsed once need not be parsed in each copy
    return shop


@pytest.fixture
def shop(live: Shop, server: str, tmp_path: Path) -> Shop:
    """A checkout of that shop. No test may change the schema `live`."""
    sql(server, "drop schema if exists pr_7 cascade")
    arrived(server, 5)
    return copied(live, tmp_path / "shop")


def arrived(server: str, events: int) -> None:
    """Leave so many events in the source."""
    sql(server, f"truncate app.events; insert into app.events select n, 1 from generate_series(1, {events}) as n")


def tables(server: str, schema: str) -> set[str]:
    found = sql(server, f"select table_name from information_schema.tables where table_schema = '{schema}'")
    return {str(name) for (name,) in found}


def test_ci_builds_the_slice_in_its_own_schema_and_reads_the_rest_from_production(shop: Shop, server: str) -> None:
    before = tables(server, "live")
    arrived(server, 6)
    shop.edit("models/staging/stg_events.sql", "customer_id", "customer_id + 0 as customer_id")
    review = shop.ok("ci", "--base", "main", "--keep", "--format", "json").json
    assert {"stg_events", "fct_events"} <= ran(review["plan"])
    assert "stg_customers" not in ran(review["plan"])
    assert tables(server, "pr_7") == {"stg_events", "fct_events"}
    assert review["copied"] == ["model.shop.fct_events"], "the incremental model did not start from production's rows"
    assert sql(server, "select count(*) from pr_7.fct_events") == [(6,)]
    assert sql(server, "select count(*) from live.fct_events") == [(5,)], "production was written to"
    assert tables(server, "live") == before
    shop.ok("ci", "--clean")
    assert tables(server, "pr_7") == set()
    assert tables(server, "live") == before


def test_an_incremental_model_is_copied_with_its_indexes(shop: Shop, server: str) -> None:
    sql(server, "create unique index by_event on live.fct_events (event_id)")
    try:
        shop.edit("models/staging/stg_events.sql", "customer_id", "customer_id + 0 as customer_id")
        shop.ok("ci", "--base", "main", "--keep")
        found = sql(server, "select indexname from pg_indexes where schemaname = 'pr_7' and tablename = 'fct_events'")
        assert found == [("by_event",)]
    finally:
        sql(server, "drop index live.by_event")


def test_a_choice_takes_several_words_as_dbts_does(shop: Shop, server: str) -> None:
    sql(server, "drop schema if exists mine cascade")
    shop.ok("build", "--select", "customers", "orders", "-s", "payments", "--exclude", "payments", "test_type:data")
    assert tables(server, "mine") == {"customers", "orders"}


def test_columns_that_a_failing_test_does_not_name_are_told_apart(live: Shop) -> None:
    project = live.project()
    with project.entered():
        target = live.targets(project).production
        failed = NodeResult("test.shop.odd", "odd", "test", "fail", "", 0.1, 1, "tests/odd.sql")
        compiled = {"test.shop.odd": "select 1, 2, count(*), count(1), 'x' as a"}
        with connect(project, target, project.parse(target).manifest) as warehouse:
            (found,) = offending.rows(warehouse, [failed], compiled, {}, {"test.shop.odd": {"count"}})
    assert found.columns == ("column 1", "column 2", "count", "column 4", "a")
    assert found.hidden == ("column 4", "count")
    assert found.rows == (("1", "2", HIDDEN, HIDDEN, "x"),)


def test_doctor_names_the_adapters_version(shop: Shop) -> None:
    assert "ok     dbt-postgres" in shop.run("doctor").out


def test_what_ci_made_is_gone_when_all_is_well(shop: Shop, server: str) -> None:
    shop.publish(2)
    shop.ok("ci", "--base", "main")
    assert tables(server, "pr_7") == set()
    assert sql(server, "select edition from live.published") == [(1,)]


def test_ci_refuses_to_build_in_productions_own_schema(shop: Shop, server: str) -> None:
    shop.edit("profiles/profiles.yml", "schema: pr_7", "schema: live")
    before = sql(server, "select edition from live.published")
    shop.publish(2)
    refused(shop.run("ci", "--base", "main"), "live", "published")
    shop.ok("ci", "--clean")
    assert sql(server, "select edition from live.published") == before, "to tidy up removed what production serves"


def test_a_pause_holds_where_production_is_built_in_place(shop: Shop, server: str) -> None:
    made = "select oid from pg_class where relname = 'fct_orders' and relnamespace = 'live'::regnamespace"
    before = sql(server, made)
    shop.ok("pause", "stg_orders", "--reason", "amounts are in cents")
    ran = shop.run("build", "--target", "prod", "-s", "fct_orders", "-s", "published")
    assert ran.code == 1
    assert "Left out: fct_orders" in ran.out
    assert sql(server, made) == before
    assert shop.run("status").code == 1
    shop.ok("resume", "stg_orders", "--reason", "they are not")
    assert "Production is healthy" in shop.ok("status").out
