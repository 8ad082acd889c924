"""`deploy`, `rollback` and what reads their releases, on a real PostgreSQL server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataops.store.state import State
from tests.postgres import output, serving, sql
from tests.shop import Shop, copied, dump, lay_out, refused


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving() as socket:
        yield socket
        sql(socket, "drop database if exists released", "template1")


@pytest.fixture(scope="module")
def released(server: str, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The shop, built by plain dbt and then released once; the database is kept as it is after that."""
    shop = lay_out(tmp_path_factory.mktemp("released") / "shop", with_events=False)
    outputs = {name: output(server, schema) for name, schema in (("dev", "mine"), ("ci", "pr_7"), ("prod", "live"))}
    shop.write("profiles/profiles.yml", dump({"shop": {"target": "dev", "outputs": outputs}}))
    shop.commit("on PostgreSQL")
    sql(server, "create schema app; create table app.events (event_id integer, customer_id integer)")
    sql(server, "insert into app.events select n, 1 from generate_series(1, 5) as n")
    shop.ok("build", "--target", "prod")
    sql(server, "create role bi_reader")
    sql(server, "grant usage on schema live to bi_reader; grant select on live.fct_orders to bi_reader")
    sql(server, "create view public.revenue as select count(*) as orders from live.fct_orders")
    sql(server, "insert into app.events values (6, 2)")
    shop.ok("deploy")
    sql(server, "create database released template postgres", "template1")
    return shop


@pytest.fixture
def shop(released: Shop, server: str, tmp_path: Path) -> Iterator[Shop]:
    """A copy of that shop, on a copy of that database."""
    for statement in ("drop database postgres with (force)", "create database postgres template released"):
        sql(server, statement, "template1")
    yield copied(released, tmp_path / "shop")


def schemas(server: str) -> set[str]:
    found = sql(server, "select nspname from pg_namespace where nspname !~ '^pg_|^information|^public'")
    return {str(name) for (name,) in found}


def test_a_production_that_dbt_built_is_adopted(shop: Shop, server: str) -> None:
    releases = shop.ok("releases", "--format", "json").json["releases"]
    assert [(each["action"], each["live"], each["kept"]) for each in releases] == [
        ("found", False, True),
        ("deploy", True, False),
    ]
    assert sql(server, "select count(*) from live.fct_events") == [(6,)], "the incremental model went on from its rows"
    assert sql(server, "select count(*) from live.customers_history group by dbt_scd_id having count(*) > 1") == []
    shop.ok("rollback")
    assert sql(server, "select count(*) from live.fct_events") == [(5,)]
    for role in ("select has_table_privilege('bi_reader', 'live.fct_orders', 'select')",):
        assert sql(server, role) == [(True,)]


def test_a_release_replaces_data_and_state_and_a_rollback_brings_them_back(shop: Shop, server: str) -> None:
    first = shop.live
    shop.publish(2)
    out = shop.ok("deploy").out
    assert f"Released {shop.live}" in out
    assert f"It replaced {first}" in out
    assert sql(server, "select edition from live.published") == [(2,)]
    assert sql(server, "select orders from public.revenue") == sql(server, "select count(*) from live.fct_orders")
    assert sql(server, "select has_table_privilege('bi_reader', 'live.fct_orders', 'select')") == [(True,)]
    assert shop.plan()["changes"] == []
    kept = f"live__old_{first.lower().replace('-', '_')}"
    assert {"live", kept} < schemas(server)
    assert "live__next" not in schemas(server)
    assert sql(server, f"select edition from {kept}.published") == [(1,)]
    for file in (shop.root / "target" / "dataops" / "deploy").glob("*.json"):
        assert "__next" not in file.read_text(), f"{file.name} names what no reader finds"
    manifest = json.loads((shop.root / "target" / "dataops" / "deploy" / "manifest.json").read_text())
    assert '"live"."stg_orders"' in manifest["nodes"]["model.shop.fct_orders"]["compiled_code"]
    shop.ok("rollback")
    assert (shop.live, sql(server, "select edition from live.published")) == (first, [(1,)])
    assert [each["unique_id"] for each in shop.plan()["changes"]] == ["model.shop.published"]


def test_a_failure_changes_nothing(shop: Shop, server: str) -> None:
    live, before = shop.live, schemas(server)
    shop.edit("seeds/payments.csv", "100,10,1200", "100,10,-1200")
    ran = shop.run("deploy")
    assert ran.code == 1, ran.err
    assert "Not released: production is untouched" in ran.out
    assert shop.live == live
    assert schemas(server) == before
    assert sql(server, "select min(amount) >= 0 from live.fct_orders") == [(True,)]


def test_what_is_paused_stays_as_it_is(shop: Shop, server: str) -> None:
    orders = sql(server, "select count(*), sum(amount) from live.fct_orders")
    sql(server, "insert into app.events values (7, 2)")
    shop.ok("pause", "stg_orders", "--reason", "amounts are in cents")
    shop.edit("seeds/payments.csv", "100,10,1200", "100,10,5200")
    shop.publish(2)
    ran = shop.run("deploy")
    assert ran.code == 1, ran.err
    assert "Released" in ran.out
    assert sql(server, "select edition from live.published") == [(2,)]
    assert sql(server, "select count(*) from live.fct_events") == [(7,)]
    assert sql(server, "select count(*), sum(amount) from live.fct_orders") == orders
    assert sql(server, "select relkind from pg_class where oid = 'live.stg_orders'::regclass") == [("r",)]
    shop.ok("resume", "stg_orders", "--reason", "mended")
    shop.ok("deploy")
    assert sql(server, "select count(*), sum(amount) from live.fct_orders") != orders
    assert sql(server, "select relkind from pg_class where oid = 'live.stg_orders'::regclass") == [("v",)]


def test_several_schemas_by_a_macro_that_does_not_ask_for_the_target(shop: Shop, server: str) -> None:
    shop.write(
        "macros/generate_schema_name.sql",
        "{% macro generate_schema_name(name, node) %}"
        "{{ 'live' if target.name != 'prod' or not name else name }}{% endmacro %}",
    )
    own = "\n    config:\n      schema: Mart\n      grants: {select: [bi_reader]}"
    shop.edit("models/marts/marts.yml", "- name: fct_orders", f"- name: fct_orders{own}")
    shop.edit("models/marts/fct_events.sql", "config(", "config(schema='facts', ")
    shop.ok("deploy")
    assert {"live", "Mart", "facts"} < schemas(server)
    assert not [each for each in schemas(server) if each.endswith("__next")]
    assert sql(server, "select count(*) from facts.fct_events") == [(6,)]
    assert sql(server, "select has_table_privilege('bi_reader', '\"Mart\".fct_orders', 'select')") == [(True,)]
    assert sql(server, "select relkind from pg_class where oid = 'live.fct_orders'::regclass") == [("r",)]
    sql(server, "insert into app.events values (7, 2)")
    shop.ok("deploy")
    assert sql(server, "select count(*) from facts.fct_events") == [(7,)]
    shop.ok("rollback")
    assert sql(server, "select count(*) from facts.fct_events") == [(6,)]


def test_who_was_killed_before_the_states_pointer_moved_is_settled_by_whoever_comes(shop: Shop, server: str) -> None:
    state = State(str(shop.root / ".dataops" / "state"))
    first = shop.live
    shop.publish(2)
    shop.ok("deploy")
    second = shop.live
    state.point(first)
    state.announce(second)
    assert shop.plan()["base"]["name"] == second, "a plan compares with what is live"
    assert not state.announced()
    state.point(first)
    shop.ok("rollback")
    assert shop.live == first, "rolled back from what was live, and not from what the state said"


def test_two_states_of_one_production_are_told(shop: Shop, server: str) -> None:
    other = copied(shop, shop.top.parent / "other")
    other.publish(2)
    other.ok("deploy")
    refused(shop.run("rollback"), "made with another state", "share")
    assert sql(server, "select edition from live.published") == [(2,)]


def test_somebody_who_reads_for_long_is_named(shop: Shop, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import psycopg2

    monkeypatch.setattr("dataops.engines.postgres.readers.BUDGET", 0.3)
    reader = psycopg2.connect(host=server, user="postgres", dbname="postgres", application_name="a dump")
    reader.set_session(isolation_level="REPEATABLE READ")
    with reader.cursor() as cursor:
        cursor.execute("select count(*) from live.fct_orders")
    first = shop.live
    shop.publish(2)
    refused(shop.run("deploy"), "a dump", "pg_terminate_backend")
    reader.close()
    assert (shop.live, sql(server, "select edition from live.published")) == (first, [(1,)])
    assert "live__next" not in schemas(server)
