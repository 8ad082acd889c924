"""Production's views are led to another release, whatever an interrupted attempt has done; and one owner at a time."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from dataops.engines.views import lock as locking
from dataops.engines.views.journal import Change, Journal
from dataops.engines.views.session import RefusalError
from dataops.errors import WarehouseError
from tests.spark.lake import Spark
from tests.spark.production import KilledError, Production, adopting

COUNT = iter(range(1, 1000))


@pytest.fixture
def production(spark: Spark) -> Iterator[Production]:
    schema = f"made{os.getpid()}x{next(COUNT)}"
    made = Production(spark, schema)
    spark.sql(f"create database {schema}")
    Journal(made.session(), schema).make()
    yield made
    for each in made.sessions:
        each.close()
    for database in spark.databases(schema):
        spark.sql(f"drop database if exists {database} cascade")


def test_killed_before_each_statement_it_is_finished_by_whoever_comes_next(production: Production) -> None:
    """The adoption of what dbt built, which is the longest way, and then a release over a release."""
    spark, schema = production.spark, production.schema
    spark.sql(f"create table {schema}.one using parquet as select 'found' as release")
    spark.sql(f"create view {schema}.two as select release from {schema}.one")
    first = production.release("first")
    killed = 0
    for sent in range(0, 100, 3):
        store = production.store(production.session([sent]))
        try:
            if store.finish() is None:
                store.publish(adopting(production, first))
        except KilledError:
            killed += 1
            continue
        break
    # Whatever was left is finished, and to do so twice is the same.
    production.store(production.session()).finish()
    assert killed > 5
    assert production.shows() == ("first", "first")
    store = production.store(production.session())
    assert store.retained() == {"found"}
    second = production.release("second")
    with pytest.raises(KilledError):
        production.store(production.session([7])).publish(Change(second, first))
    assert production.shows() == ("second", "first")
    assert store.finish() is not None
    assert production.shows() == ("second", "second")
    assert store.finish() is None
    # Back to what dbt built, with its own rows, and forward again.
    store.restore("found")
    assert production.shows() == ("found", "found")
    assert store.retained() == {"first", "second"}
    store.restore("second")
    assert production.shows() == ("second", "second")
    assert store.forget(1, ["found", "first", "second"]) == ["found"]
    assert production.shows() == ("second", "second")
    tables = {str(row[1]) for row in spark.sql(f"show tables in {schema}")}
    assert tables == {"one", "two"}
    assert f"{schema}__found" not in spark.databases(schema)


def test_one_owner_at_a_time_and_a_dead_one_has_lost_it(
    production: Production, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = production.lock(production.session())
    first.take()
    first.check()
    second = production.lock(production.session())
    with pytest.raises(WarehouseError, match=f"process {os.getpid()} on {socket.gethostname()}"):
        second.take()
    # An owner of another machine that is silent for longer than that.
    with monkeypatch.context() as patch:
        patch.setattr(locking, "STALE", -1)
        second.take()
    with monkeypatch.context() as patch:
        patch.setattr(locking, "FRESH", 0)
        with pytest.raises(WarehouseError, match="taken over"):
            first.check()
    first.release()
    second.check()
    # The name that the dead owner's view got stops whoever wanted to take it away as well, and came later.
    place = f"{production.schema}__dataops"
    with pytest.raises(RefusalError):
        production.session().run(f"alter view {place}.lock rename to {place}.lock_{first.token}")
    second.check()
    second.release()
    third = production.lock(production.session())
    third.take()
    third.release()


def test_an_owner_on_this_machine_whose_process_is_gone_is_followed_at_once(production: Production) -> None:
    gone = production.lock(production.session(), process=2**22 + 1)
    gone.take()
    follower = production.lock(production.session())
    follower.take()
    follower.check()
    follower.release()
