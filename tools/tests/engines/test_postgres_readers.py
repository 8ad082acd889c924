"""Whoever reads while releases are published sees one release in each read, and no error; or keeps the release out."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from dataops.engines.postgres import readers as waited_for
from dataops.engines.postgres.session import Session
from dataops.errors import WarehouseError
from tests import postgres
from tests.engines import readers
from tests.engines.production import Production


@pytest.fixture
def server() -> Iterator[str]:
    with postgres.serving() as socket:
        yield socket


def edition(number: int) -> dict[tuple[str, str], str]:
    """Relations of three kinds in two schemas, each with a row that says of which release it is."""
    made = {("live", f"t{n}"): f"create table {{}} as select {number} as edition" for n in range(6)}
    made |= {("mart", f"v{n}"): f"create view {{}} as select edition from {{in_live}}.t{n}" for n in range(4)}
    return made | {("mart", "m"): "create materialized view {} as select edition from {in_live}.t0"}


@pytest.fixture
def shop(server: str) -> Production:
    made = Production(server, edition(1))
    made.deploy()
    return made


def test_readers_that_never_pause_see_one_release_in_each_read(shop: Production, tmp_path: Path) -> None:
    shop.sql("create schema bi; create view bi.a as select * from live.t1; create view bi.b as select * from mart.v2")
    shop.sql("create view bi.c as select * from live.t4; create view bi.d as select t.edition from mart.m t, live.t5")
    names = [f"{schema}.{name}" for schema, name in shop.relations]
    kinds = {
        "simple": readers.simple(names),
        "prepared": readers.prepared(names),
        "long": readers.long(names, pause=0.002),
        "outside": readers.simple([f"bi.{each}" for each in "abcd"]),
    }
    with readers.reading(shop.server, tmp_path / "readers", kinds) as end:
        for number in range(2, 8):
            shop.relations = edition(number)
            shop.deploy()
            shop.rollback(shop.releases[-2])
            shop.rollback(shop.releases[-1])
            shop.forget(1)
        seen = end()
    for each in seen:
        assert (each.errors, each.mixed) == ((), 0), each
        assert each.editions > 2, "it did not read while releases were published"


def test_a_transaction_that_began_before_the_build_is_waited_for(shop: Production) -> None:
    """It would find the new tables empty, whether or not it has read one of them yet."""
    other = psycopg2.connect(host=shop.server, user="postgres", dbname="postgres")
    other.set_session(isolation_level="REPEATABLE READ")
    cursor = other.cursor()
    cursor.execute("select 1")
    found: list[object] = []

    def later() -> None:
        cursor.execute("select edition from live.t1")
        found.extend(cursor.fetchall())
        other.commit()

    timer = threading.Timer(0.5, later)
    timer.start()
    shop.relations = edition(2)
    shop.deploy()
    timer.join()
    assert found == [(1,)], "it saw the release that was live when it began"
    assert shop.value("select edition from live.t1") == 2
    other.close()


@pytest.mark.parametrize("statement", ["select 1", "select edition from mart.v1"])
def test_whoever_keeps_a_release_out_is_named(
    shop: Production, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    monkeypatch.setattr(waited_for, "BUDGET", 0.2)
    other = psycopg2.connect(host=shop.server, user="postgres", dbname="postgres", application_name="a dump")
    if statement == "select 1":
        other.set_session(isolation_level="REPEATABLE READ")
    with other.cursor() as cursor:
        cursor.execute(statement)
    shop.relations = edition(2)
    with pytest.raises(WarehouseError, match=rf"process {other.get_backend_pid()} of postgres \(a dump, idle in trans"):
        shop.deploy()
    assert shop.value("select edition from live.t1") == 1
    other.close()
    shop.deploy()


def test_the_servers_own_vacuum_gives_way(shop: Production, monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes to what was just built, holds it for as long as it takes, and holds an earlier moment."""
    monkeypatch.setattr(waited_for, "BUDGET", 5)
    relations = shop.relations | {("live", "big"): "create table {} as select n from generate_series(1, 100000) n"}
    slow = {"autovacuum_naptime": "1", "autovacuum_vacuum_cost_delay": "100", "autovacuum_vacuum_cost_limit": "1"}
    at_work = "select 1 from pg_stat_progress_analyze union select 1 from pg_stat_progress_vacuum"

    def until_it_comes(session: Session) -> None:
        until = time.monotonic() + 60
        while not shop.sql(at_work):
            assert time.monotonic() < until, "no vacuum came"
            time.sleep(0.05)

    try:
        for name, value in slow.items():
            shop.sql(f"alter system set {name} = {value}")
        shop.sql("select pg_reload_conf()")
        shop.relations = relations | edition(2)
        shop.deploy(meanwhile=until_it_comes)
    finally:
        for name in slow:
            shop.sql(f"alter system reset {name}")
        shop.sql("select pg_reload_conf()")
    assert shop.value("select edition from live.t1") == 2


def test_a_role_that_may_not_see_others_waits_for_their_transactions(shop: Production) -> None:
    shop.sql("drop role if exists modest; create role modest login")
    other = psycopg2.connect(host=shop.server, user="postgres", dbname="postgres")
    other.set_session(isolation_level="REPEATABLE READ")
    with other.cursor() as cursor:
        cursor.execute("select 1")
    shop.user = "modest"
    with shop.session() as session:
        built = waited_for.Built(session)
        assert built.older() == [other.get_backend_pid()]
        with pytest.raises(WarehouseError, match=r"would see it empty.* process \d+ of postgres"):
            built.wait(0.05)
        other.rollback()
        built.wait(0)
        other.close()
    shop.sql("drop role modest")


def test_a_reader_on_the_old_release_gets_it_whole(shop: Production) -> None:
    """An open cursor holds what it reads: the publication waits, and what it fetches is of one release."""
    other = psycopg2.connect(host=shop.server, user="postgres", dbname="postgres")
    cursor = other.cursor("open")
    cursor.itersize = 1
    cursor.execute("select edition from live.t1 union all select edition from live.t2")
    first = cursor.fetchone()
    timer = threading.Timer(0.4, lambda: (rest.extend(cursor.fetchall()), other.commit()))
    rest: list[object] = []
    timer.start()
    shop.relations = edition(2)
    shop.deploy()
    timer.join()
    assert [first, *rest] == [(1,), (1,)]
    other.close()
