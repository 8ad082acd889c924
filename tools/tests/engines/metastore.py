"""Spark as an engine under test: production on the Thrift server of `make spark`, made anew from what was kept."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from dataops.engines.spark.session import Session
from dataops.engines.views.journal import Journal
from tests.engines.subject import EDITIONS, READER, RELATIONS, SCHEMAS, Subject, laid_out
from tests.shop import Shop

_NAMES = {
    '"Shelf Two"."Shelved IN Order"': "shelf_two.shelved_in_order",
    '"Shelf Two"': "shelf_two",
    '"live"': "live",
    # There is no snapshot, whose rows would have an end.
    " where dbt_valid_to is null": "",
}
"""What the other engines' SQL says, as Spark's metastore can have it: names of letters, digits and underscores."""

_OWN = ("live", "shelf_two", "dbt_test__audit", "pr_7", "bi")
"""The databases of a production, and the beginnings of those of its releases."""

_REMEMBERED = """{{ config(
    materialized='incremental', incremental_strategy='insert_overwrite', partition_by='edition', full_refresh=false
) }}
select 1 as id, edition from {{ ref('published') }}
"""

_UNRETRIED = (
    "test_what_failed_is_kept_and_built_again",
    "test_someone_writes_to_production_while_what_failed_is_kept",
    "test_killed_while_what_failed_is_left_and_built_again",
)
"""What `Capabilities.reopens` says no to."""

_STAYS_CONNECTED = """
from pyhive import hive
cursor = hive.connect("127.0.0.1", port=int(sys.argv[1]), username="reader").cursor()
def read(sql):
    cursor.execute(sql)
    return cursor.fetchall()[0]
"""


class SparkMetastore(Subject):
    """Production in databases of a metastore, one at a time."""

    name = "spark"
    shared = False
    needs_cluster = True
    points: ClassVar[dict[str, bool]] = {
        "copied": False,
        "announced": True,
        "one shown": True,
        "all shown": True,
        "written": True,
    }
    dressing = (
        "create schema bi",
        f"create view bi.newest as select edition from {RELATIONS['published']}",
        f"alter view {RELATIONS['published']} set tblproperties ('team' = 'finance')",
    )
    attire = f"show tblproperties {RELATIONS['published']} ('team')"
    meanwhile: ClassVar[dict[str, set[int]]] = {"announced": {1}, "one shown": {1, 2}}
    instead: ClassVar[dict[str, str]] = {
        "test_incremental_models_and_snapshots_go_on_from_productions_rows": "held of incremental models; snapshots "
        "are refused, as plain tables change no rows",
        "test_readers_that_never_pause_see_one_release": "one relation is always found, and of one release; several "
        "can be of two, for as long as is printed",
        "test_what_relations_have_besides_rows_stays": "held of production's views, and of views elsewhere",
        "test_killed_while_deploying": "held; killed while it publishes, readers can find both releases until the next "
        "command",
    }
    excluded: ClassVar[dict[str, str]] = {
        **dict.fromkeys(_UNRETRIED, "a statement that fails may leave a part of what it did"),
        "test_a_disk_that_fills_changes_nothing": "the disk is the cluster's, and is not filled here",
        "test_someone_writes_to_production_meanwhile[changes rows]": "plain tables change no rows",
        "test_someone_writes_to_production_meanwhile[removes rows]": "plain tables change no rows",
    }

    def lay_out(self, place: Path) -> Shop:
        for database in _databases(*_OWN, "kept"):
            _session().drop_schema(database)
        outputs = {name: _output(schema) for name, schema in SCHEMAS.items()}
        shop = laid_out(place, outputs)
        shop.edit("dbt_project.yml", "+materialized: table", "+materialized: table\n    +file_format: parquet")
        shop.edit("dbt_project.yml", "data_tests:", "seeds:\n  releases:\n    +file_format: parquet\ndata_tests:")
        shop.edit(
            "models/shelf/shelved.sql", "'Shelf Two', alias='Shelved IN Order'", "'shelf_two', alias='shelved_in_order'"
        )
        shop.edit("models/shelf/stacked.sql", "'Shelf Two'", "'shelf_two'")
        shop.remove("snapshots/remembered.sql")
        shop.write("models/marts/remembered.sql", _REMEMBERED)
        shop.commit("on Spark")
        return shop

    def keep(self, shop: Shop) -> None:
        session, kept = _session(), dict[str, dict[str, str]]()
        for database in _databases(*_OWN):
            found = session.relations(database)
            kept[database] = {name: session.text(each) if each.view else "" for name, each in found.items()}
            for name, each in found.items():
                if not each.view:
                    session.make_schema(f"kept__{database}", exists=True)
                    session.copy(each, session.named(f"kept__{database}", name))
        shop.write("target/kept.json", json.dumps(kept))

    def reset(self, shop: Shop) -> None:
        session = _session()
        kept: dict[str, dict[str, str]] = json.loads(shop.read("target/kept.json"))
        tables = [(database, name) for database, texts in kept.items() for name, text in texts.items() if not text]
        # A release is never changed, so most tests leave it as it was.
        whole = {database for database, _ in tables if _is_whole(session, database, kept[database])}
        for database in _databases(*_OWN):
            if database not in whole:
                session.drop_schema(database)
        for database in kept.keys() - whole:
            session.make_schema(database)
        for database, name in tables:
            if database not in whole:
                session.copy(session.relations(f"kept__{database}")[name], session.named(database, name))
        # What a view reads has to be there: those of a release are made before production's, which show them.
        for database in sorted(kept.keys() - whole, key=lambda each: "__2" not in each):
            for name, text in kept[database].items():
                if text:
                    session.run(f"create view {session.named(database, name)} as {text}")
        _WRITTEN.clear()
        # Tables that were copied have other files than those that were published.
        journal = Journal(session, _OWN[0])
        live = journal.live()
        if live is not None and not live.found:
            journal.set_live(replace(live, marks=session.marks(live.databases.values())))

    def listed(self, shop: Shop) -> list[tuple[Any, ...]]:
        session = _session()
        return [(database, name) for database in _databases(*_OWN) for name in sorted(session.relations(database))]

    def query(self, shop: Shop, sql: str) -> list[tuple[Any, ...]]:
        return _session().rows(_spoken(sql))

    def write(self, shop: Shop, sql: str) -> None:
        """Production's relations are views: rows are added to the table that one shows."""
        spoken = _spoken(sql)
        if spoken.startswith("insert into "):
            view = spoken.split()[2]
            schema, name = view.split(".")
            table = _session().beneath(_session().relations(schema)[name])
            _WRITTEN.add(table.schema)
            spoken = spoken.replace(view, _session().named(table.schema, table.name))
        _session().run(spoken.replace("drop table live.", "drop view live."))

    def kept(self, shop: Shop, release: str) -> list[tuple[Any, ...]]:
        name = f"live__dataops.release_{release.lower().replace('-', '_')}"
        record = json.loads(self.query(shop, f"select record from {name}")[0][0])["record"]
        sql = _spoken(EDITIONS)
        for schema, database in record["databases"].items():
            sql = sql.replace(f"from {schema}.", f"from {database}.")
        return self.query(shop, sql)

    def reader(self, shop: Shop) -> list[str]:
        return [READER.format(opening=_STAYS_CONNECTED), os.environ["DATAOPS_SPARK_PORT"], _spoken(EDITIONS)]


_WRITTEN: set[str] = set()
"""Databases of releases that a test wrote to."""


@cache
def _session() -> Session:
    from tests.spark.production import Driver

    return Session(lambda: Driver(int(os.environ["DATAOPS_SPARK_PORT"])))


def _output(schema: str) -> dict[str, Any]:
    from tests.spark.lake import Spark

    return Spark(int(os.environ["DATAOPS_SPARK_PORT"])).output(schema)


def _spoken(sql: str) -> str:
    for other, own in _NAMES.items():
        sql = sql.replace(other, own)
    return sql


def _databases(*beginnings: str) -> list[str]:
    """What is there of them, and of their releases."""
    there = sorted(_session().schemas())
    return [each for each in there if any(each == name or each.startswith(f"{name}__") for name in beginnings)]


def _is_whole(session: Session, database: str, names: dict[str, str]) -> bool:
    return database not in _WRITTEN and session.relations(database).keys() == names.keys()
