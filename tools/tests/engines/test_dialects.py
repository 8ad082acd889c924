"""Engines that no server here can run: what they say is SQL of their warehouse, in the order that is promised."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from dataops.engines.databricks.session import Session as Databricks
from dataops.engines.snowflake.session import Session as Snowflake
from dataops.engines.views.journal import Change, Journal, Release
from dataops.engines.views.lock import Lock
from dataops.engines.views.names import served
from dataops.engines.views.publication import publish
from dataops.engines.views.session import RefusalError, Relation, Session
from dataops.engines.views.texts import query_of

_ANSWERS = (
    ("show grants on table `", [("READER", "SELECT", "TABLE", "t")]),
    ("show grants", [("2026", "SELECT", "TABLE", "t", "ROLE", "READER")]),
    ("is_transient", [("YES",)]),
    ("view_definition", [("select 1 as edition",)]),
    ("count(*)", [(3, 7)]),
    ("from information_schema", []),
    ("epoch", [(1,)]),
    ("unix_timestamp", [(1,)]),
)


def _scripted(kind: type[Session]) -> Any:
    """A session that sends nothing: what it would say is in `said`, and `there` is what is there."""

    class Scripted(kind):  # type: ignore[misc,valid-type]
        def __init__(self) -> None:
            super().__init__(lambda: None)
            self.said: list[str] = []
            self.there: dict[str, dict[str, Relation]] = {}

        def rows(self, sql: str) -> list[tuple[Any, ...]]:
            self.said.append(sql)
            if "select record" in sql:
                raise RefusalError("none", missing=True)
            return next(rows for word, rows in _ANSWERS if word in sql)

        def run(self, sql: str, long: bool = False) -> None:
            self.said.append(sql)

        def relations(self, schema: str) -> dict[str, Relation]:
            super().relations(schema)
            return self.there.get(schema, {})

        def put(self, schema: str, **views: bool) -> None:
            self.there[schema] = {name: Relation(schema, name, view, name) for name, view in views.items()}

    return Scripted()


@pytest.fixture(params=[Snowflake, Databricks], ids=["snowflake", "databricks"])
def session(request: pytest.FixtureRequest) -> Any:
    return _scripted(request.param)


def _is_read(session: Any, sql: str) -> None:
    dialect = "snowflake" if isinstance(session, Snowflake) else "databricks"
    # These two are read by nobody but the warehouse.
    sql = re.sub(r"^alter view (\S+) as", r"create view \1 as", sql)
    sql = re.sub(r"^show grants on \w+ (\S+)$", r"select * from \1", sql)
    found = sqlglot.parse_one(sql, dialect=dialect)
    assert not isinstance(found, exp.Command), sql
    # What is not understood is kept as it is by a parser that is lenient.
    assert not list(found.find_all(exp.Command)), sql


def _published(session: Any) -> list[str]:
    session.put("live", kept=True, was_table=False, gone=True)
    session.put("live__b", kept=False, was_table=False, fresh=True)
    session.put("live__a", kept=False, gone=False)
    new = Release("r2", "b", {"live": "live__b"})
    publish(session, Journal(session, "live"), Change(new, Release("r1", "a", {"live": "live__a"})), lambda: None)
    return list(session.said)


def test_all_that_it_says_is_its_warehouses_sql(session: Any) -> None:
    session.schemas()
    session.make_schema("live", exists=True, comment="releases of dataops")
    session.drop_schema("live")
    session.put("live", events=False, shown=True)
    session.copy(session.relations("live")["events"], session.named("live__b", "events"))
    session.copy(session.relations("live")["shown"], session.named("live__b", "shown"))
    session.content(session.named("live", "events"))
    session.run(session.rename_view("a", "b"))
    lock = Lock(session, "live__dataops", "the test's production", lambda: session)
    lock.take()
    lock.release()
    _published(session)
    assert len(session.said) > 30
    for each in session.said:
        _is_read(session, each)


def test_old_and_new_are_written_first_and_the_pointer_last(session: Any) -> None:
    said = [each for each in _published(session) if not each.lstrip().startswith("select")]
    pending, live = (
        [number for number, each in enumerate(said) if session.named(Journal(session, "live").place, name) in each]
        for name in ("pending", "live")
    )
    views = [number for number, each in enumerate(said) if f"{session.mark}live{session.mark}.{session.mark}" in each]
    assert pending[0] < views[0] <= views[-1] < live[0] < pending[-1]
    told = "\n".join(said)
    mark = session.mark
    assert session.lead(session.named("live", "kept"), f"select * from {mark}live__b{mark}.{mark}kept{mark}") in told
    assert f"create view {session.named('live', 'fresh')}" in told
    assert f"drop view if exists {session.named('live', 'gone')}" in told
    moved = f"alter table {session.named('live', 'was_table')} rename to {session.named('live', 'was_table__a')}"
    assert told.index(moved) < told.index(f"create view {session.named('live', 'was_table')}")
    assert told.count("grant select on") == 4, "whoever may read a table may read the view that takes its place"


def test_a_view_of_a_release_is_seen_through(session: Any) -> None:
    session.put("live", events=True)
    session.put("live__b", events=False)
    shown = f"select * from {session.named('live__b', 'events')}"
    for text in (shown, shown.upper().replace("LIVE__B", "live__b").replace("EVENTS", "events")):
        session.text = lambda _, text=text: text
        assert session.beneath(session.there["live"]["events"]) == session.there["live__b"]["events"]
    session.text = lambda _: "select a from b.c"
    assert session.beneath(session.there["live"]["events"]) == session.there["live"]["events"]


def test_the_query_of_a_statement() -> None:
    made = "create or replace view a.b (x comment 'as', y) comment=$$ as $$ copy grants as (\n select 1 as a -- as\n);"
    assert query_of(made) == "(\n select 1 as a -- as\n)"
    assert query_of("select 1") == "select 1"


@pytest.mark.parametrize("text", ["plain", "it's", "a \\ b", 'say "so"', "tab\tand\nline"])
def test_a_text_is_what_it_was(session: Any, text: str) -> None:
    said = session.literal(text)
    if isinstance(session, Snowflake):
        assert sqlglot.parse_one(f"select {said}", dialect="snowflake").expressions[0].this == text
    elif "unhex" in said:
        assert bytes.fromhex(re.findall(r"'(\w+)'", said)[0]).decode() == text
    else:
        assert said == f"'{text}'"


def test_names_are_those_that_the_warehouse_keeps(session: Any) -> None:
    """Snowflake keeps what is in quotes as it is and all else in capitals; Databricks keeps no case at all."""

    class Node:
        schema, alias = "Live", "Events"
        relation_name = f"db.Live.{session.mark}Events{session.mark}"

    found = served(session, Node())
    assert found.key == (("LIVE", "Events") if isinstance(session, Snowflake) else ("live", "events"))
    assert found.within(session, "Live__b") == f"db.Live__b.{session.mark}Events{session.mark}"
    assert found.beside(session, "20261130t1") == session.folded("Live__20261130t1")
