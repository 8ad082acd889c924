"""Releases on PostgreSQL without dbt: one in place of another, all of it or nothing, and back again."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from dataops.engines.postgres import names
from dataops.engines.postgres.session import Session
from dataops.errors import StateError, WarehouseError
from tests import postgres
from tests.engines.production import Production


@pytest.fixture
def server() -> Iterator[str]:
    with postgres.serving() as socket:
        yield socket


def edition(number: int) -> dict[tuple[str, str], str]:
    return {
        ("live", "orders"): f"create table {{}} as select {number} as edition, n as id from generate_series(1, 5) n",
        ("live", "totals"): "create view {} as select edition, count(*) as orders from {schema}.orders group by 1",
        ("mart", "sums"): "create materialized view {} as "
        "select edition, sum(id) as total from {in_live}.orders group by 1",
    }


@pytest.fixture
def shop(server: str) -> Production:
    made = Production(server, edition(1))
    made.deploy()
    return made


def served(shop: Production) -> tuple[int, int, int]:
    return tuple(shop.value(f"select edition from {each}") for each in ("live.orders", "live.totals", "mart.sums"))  # type: ignore[return-value]


def test_a_release_takes_the_place_of_another_and_back_and_forth_again(shop: Production) -> None:
    shop.relations = edition(2)
    shop.deploy()
    assert served(shop) == (2, 2, 2)
    assert shop.live == "r2"
    assert shop.retained() == {"r1"}
    assert shop.schemas() == {"live", "mart", "live__old_r1", "mart__old_r1"}, "what was built beside is gone"
    assert shop.value("select edition from live__old_r1.totals") == 1, "a kept release's view reads its own release"
    shop.rollback("r1")
    assert served(shop) == (1, 1, 1)
    assert shop.value("select edition from live__old_r2.totals") == 2
    shop.rollback("r2")
    assert served(shop) == (2, 2, 2)
    assert shop.retained() == {"r1"}
    assert shop.schemas() == {"live", "mart", "live__old_r1", "mart__old_r1"}


def test_relations_that_one_release_has_and_the_other_has_not(shop: Production) -> None:
    shop.relations = edition(2) | {("live", "news"): "create table {} as select 2 as edition"}
    shop.deploy()
    del shop.relations["live", "totals"]
    shop.deploy()
    assert shop.value("select edition from live.totals") == 2, "of a removed model the relation stays"
    shop.relations = edition(4)
    shop.deploy()
    shop.rollback("r1")
    assert served(shop) == (1, 1, 1)
    assert not shop.sql("select from pg_tables where schemaname = 'live' and tablename = 'news'")
    shop.rollback("r3")
    assert (shop.value("select edition from live.news"), shop.value("select edition from live.totals")) == (2, 2)
    shop.rollback("r4")
    assert served(shop) == (4, 4, 4)


def test_what_dbt_built_before_the_first_release_is_adopted(server: str) -> None:
    shop = Production(server, edition(2))
    shop.sql("create schema live; create table live.orders as select 0 as edition")
    shop.sql("create table live.mine as select 7 as n")
    shop.sql("create view live.totals as select edition from live.orders")
    shop.deploy(adopt="found")
    assert served(shop) == (2, 2, 2)
    assert shop.retained() == {"found"}
    shop.rollback("found")
    assert shop.value("select edition from live.totals") == 0
    assert not shop.sql("select from pg_matviews where schemaname = 'mart'")
    assert shop.value("select n from live.mine") == 7, "what is not the project's stays where it is"


def test_older_releases_are_forgotten_unless_something_rests_on_them(shop: Production) -> None:
    for number in (2, 3, 4):
        shop.relations = edition(number)
        shop.deploy()
    shop.sql("create view public.compared as select * from live__old_r2.orders")
    assert shop.forget(1) == ["r1"]
    assert shop.retained() == {"r2", "r3"}
    assert shop.value("select edition from public.compared") == 2
    shop.sql("drop view public.compared")
    assert shop.forget(1) == ["r2"]
    assert shop.schemas() == {"live", "mart", "live__old_r3", "mart__old_r3"}
    with pytest.raises(StateError, match="r1 is no longer kept"):
        shop.rollback("r1")


def test_names_that_are_quoted_and_as_long_as_can_be(server: str) -> None:
    long, odd = "s" * 63, 'Größe "x" %s \\'
    table = "T%ble's"
    shop = Production(
        server,
        {
            (long, "t" * 63): "create table {} as select 1 as edition",
            (odd, table): 'create table {0} ("Id" serial primary key, n int); insert into {0} (n) values (5), (6)',
            (odd, "Sicht"): f'create view {{}} as select * from {{schema}}."{table}"',
        },
    )
    for number in (1, 2):
        shop.deploy(f"20260102T03040{number}Z-1a2b3c", added={(odd, table)})
    shop.rollback("20260102T030401Z-1a2b3c")
    shop.rollback("20260102T030402Z-1a2b3c")
    assert shop.sql(f'select "Id", n from {names.quoted(odd)}."Sicht" order by 1') == [(1, 5), (2, 6)]
    shop.sql(f'insert into {names.quoted(odd)}."{table}" (n) values (7)')
    assert shop.value(f'select max("Id") from {names.quoted(odd)}."Sicht"') == 3
    kept = names.superseded(long, "20260102T030401Z-1a2b3c")
    assert len(kept) == 63
    assert kept != names.superseded(long[:-1] + "x", "20260102T030401Z-1a2b3c")
    assert kept in shop.schemas()


@pytest.mark.parametrize(
    "write",
    [
        "insert into live.orders values (1, 6)",
        "update live.orders set id = 9 where id = 1",
        "delete from live.orders where id = 1",
        "truncate live.orders",
        "drop table live.orders cascade; create table live.orders as select 1 as edition, 5 as id",
        "create or replace view live.totals as select edition, 3::bigint as orders from live.orders",
        "create table live.news as select 1 as edition",
        "refresh materialized view mart.sums",
    ],
)
def test_who_writes_to_production_meanwhile_keeps_what_they_wrote(shop: Production, write: str) -> None:
    before = shop.schemas()
    shop.relations = edition(2) | {("live", "news"): "create table {} as select 2 as edition"}
    with pytest.raises(WarehouseError, match=r"(orders|totals|news|sums).* was written to by someone else"):
        shop.deploy(meanwhile=lambda _: shop.sql(write) and None)  # type: ignore[func-returns-value]
    assert shop.live == "r1"
    with shop.held() as store:
        store.tidy()
    assert shop.schemas() == before
    shop.deploy()
    assert shop.value("select edition from live.news") == 2


def test_a_vacuum_or_a_rollback_is_no_write(shop: Production) -> None:
    def meanwhile(_: Session) -> None:
        shop.sql("vacuum (full, freeze) live.orders")
        other = shop.connect()
        with other.cursor() as cursor:
            cursor.execute("delete from live.orders")
        other.rollback()
        other.close()

    shop.relations = edition(2)
    shop.deploy(meanwhile=meanwhile)
    assert served(shop) == (2, 2, 2)


def test_a_write_that_is_not_committed_yet_is_waited_for_and_seen(shop: Production) -> None:
    other = shop.connect()

    def meanwhile(_: Session) -> None:
        with other.cursor() as cursor:
            cursor.execute("insert into live.orders values (1, 6)")

    later = threading.Timer(0.5, other.commit)
    later.start()
    with pytest.raises(WarehouseError, match="written to by someone else"):
        shop.deploy(meanwhile=meanwhile)
    later.join()
    other.close()
    assert shop.value("select count(*) from live.orders") == 6


def test_production_is_what_was_published_until_somebody_writes(shop: Production) -> None:
    assert shop.holds("r1")
    shop.relations = edition(2)
    shop.deploy()
    assert (shop.holds("r1"), shop.holds("r2")) == (False, True)
    shop.rollback("r1")
    assert shop.holds("r1")
    shop.sql("delete from live.orders where id = 1")
    assert not shop.holds("r1")
    shop.rollback("r2")
    shop.rollback("r1")
    assert not shop.holds("r1"), "what was written to before it was replaced is not what was published either"


def test_kept_relations_are_of_both_releases(shop: Production) -> None:
    shop.relations = edition(2) | {("mart", "sums"): "create materialized view {} as select 2 as edition"}
    shop.deploy(kept={("live", "orders"), ("live", "totals")})
    assert served(shop) == (1, 1, 2), "the view shows the rows that it showed"
    assert shop.holds("r2")
    shop.relations = edition(3)
    shop.deploy()
    shop.rollback("r2")
    assert served(shop) == (1, 1, 2)
    shop.rollback("r1")
    assert served(shop) == (1, 1, 1)
    assert shop.value("select relkind from pg_class where oid = 'live.totals'::regclass") == "v"


def test_one_deploy_at_a_time_and_who_is_at_it(shop: Production) -> None:
    with shop.held(), pytest.raises(WarehouseError, match=r"is running \(process \d+ of postgres .*deploy on") as error:
        shop.deploy()
    assert f"PID {os.getpid()}" in error.value.message
    shop.deploy()


def test_whoever_lost_the_lock_does_not_publish(shop: Production) -> None:
    def meanwhile(session: Session) -> None:
        shop.sql(f"select pg_terminate_backend({session.pid})")

    with pytest.raises(WarehouseError, match="lock was ended"):
        shop.deploy(meanwhile=meanwhile)
    assert shop.live == "r1"


def test_killed_before_any_statement_it_is_one_release_or_the_other(shop: Production) -> None:
    """Every statement that changes something is once the one before which the process dies."""
    seen = set()
    for step in range(1, 1000):
        live = shop.live
        number = int(str(shop.value("select edition from live.orders"))) + 1
        shop.relations = edition(number)
        pid = os.fork()
        if pid == 0:
            _die_before(step)
            try:
                shop.deploy(f"k{step}")
                shop.rollback(str(live))
            finally:
                os._exit(0)
        if os.waitpid(pid, 0)[1] == 0:
            assert step > 30
            break
        now = served(shop)
        assert len(set(now)) == 1, f"after {step} statements production is of two releases: {now}"
        assert shop.live in (live, f"k{step}")
        assert (now[0] == number) == (shop.live == f"k{step}")
        seen.add(shop.live == live)
        with shop.held() as store:
            store.discard()
            for release in store.retained():
                store.drop(store.journal.beside(release))
                store.journal.forget(release)
    assert seen == {True, False}
    shop.deploy("last")
    assert shop.holds("last")


def _die_before(step: int) -> None:
    left = [step]
    sent = Session._sent

    def counted(self: Session, sql: str, given: object, fetch: bool) -> object:
        left[0] -= not fetch and not sql.startswith("set ")
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        return sent(self, sql, given, fetch)  # type: ignore[arg-type]

    Session._sent = counted  # type: ignore[method-assign, assignment]
