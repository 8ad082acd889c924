"""Engines that no server here can run: what they say is SQL of their warehouse, in the order that is promised."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from dataops.engines.bigquery.session import Session as BigQuery
from dataops.engines.databricks.session import Session as Databricks
from dataops.engines.snowflake.session import Session as Snowflake
from dataops.engines.trino.session import Session as Trino
from dataops.engines.trino.session import remade
from dataops.engines.views.journal import Change, Journal, Release
from dataops.engines.views.lock import Lock
from dataops.engines.views.names import served
from dataops.engines.views.publication import publish
from dataops.engines.views.session import RefusalError, Relation, Session
from dataops.engines.views.texts import query_of
from tests.engines.dialects import DIALECTS

_MADE = """CREATE TABLE lake.live.events (
   id bigint NOT NULL COMMENT 'its (own) number',
   at timestamp(6)
)
COMMENT 'what happened'
WITH (
   format = 'PARQUET',
   location = 's3://lake/live/events-1',
   partitioning = ARRAY['day(at)']
)"""

_ANSWERS = (
    ("show create table", [(_MADE,)]),
    ("OBJECT_PRIVILEGES", [("roles/bigquery.dataViewer", "user:reader@example.com")]),
    ("TABLE_OPTIONS", [("description", '"of \\"hand\\""'), ("labels", '[STRUCT("team", "finance")]')]),
    ("table_comments", [("it's by hand",)]),
    ("checksum(", [(3, "0A0B0C0D0E0F0102")]),
    ("column_name", [("id",), ("Weird name",)]),
    ("from information_schema.tables t", []),
    ("INFORMATION_SCHEMA.TABLES", []),
    ("INFORMATION_SCHEMA.SCHEMATA", []),
    ("show grants on table `", [("READER", "SELECT", "TABLE", "t")]),
    ("show grants", [("2026", "SELECT", "TABLE", "t", "ROLE", "READER")]),
    ("is_transient", [("YES",)]),
    ("view_definition", [("select 1 as edition",)]),
    ("count(*)", [(3, 7)]),
    ("from information_schema", []),
    ("epoch", [(1,)]),
    ("unix_timestamp", [(1,)]),
    ("current_timestamp", [(1,)]),
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

        def location(self) -> str:
            return "EU"

        def let_read(self, schemas: Collection[str], readers: Collection[str]) -> None:
            """By Google's client: see below."""

        def relations(self, schema: str) -> dict[str, Relation]:
            super().relations(schema)
            return self.there.get(schema, {})

        def put(self, schema: str, **views: bool) -> None:
            self.there[schema] = {name: Relation(schema, name, view, name) for name, view in views.items()}

    return Scripted()


@pytest.fixture(params=DIALECTS, ids=DIALECTS.values())
def session(request: pytest.FixtureRequest) -> Any:
    return _scripted(request.param)


def _dialect(session: Any) -> str:
    return next(name for kind, name in DIALECTS.items() if isinstance(session, kind))


def _is_read(session: Any, sql: str) -> None:
    # These two are read by nobody but the warehouse.
    sql = re.sub(r"^alter view (\S+) as", r"create view \1 as", sql)
    sql = re.sub(r"^show (?:grants on|create) \w+ (\S+)$", r"select * from \1", sql)
    found = sqlglot.parse_one(sql, dialect=_dialect(session))
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
    named, aside = session.named("live", "lock"), session.named("live", "lock_a")
    session.run(session.rename_lock(named, aside))
    session.run(session.renew_lock(named, "select 1 as seen"))
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
    by_hand = {
        Snowflake: "copy grants as select",
        BigQuery: """options (description = "of \\"hand\\"", labels = [STRUCT("team", "finance")]) as select""",
        Trino: "comment 'it''s by hand' as select",
    }
    assert next((words for kind, words in by_hand.items() if isinstance(session, kind)), "alter view") in told
    assert f"create view {session.named('live', 'fresh')}" in told
    assert f"drop view if exists {session.named('live', 'gone')}" in told
    moved = session.rename_table(session.named("live", "was_table"), session.named("live", "was_table__a"))
    assert told.index(moved) < told.index(f"create view {session.named('live', 'was_table')}")
    # BigQuery does not say that readers of a view stay: those of the view that is led elsewhere are granted it again.
    granted = {Snowflake: 4, Databricks: 4, BigQuery: 5, Trino: 0}
    wanted = next(number for kind, number in granted.items() if isinstance(session, kind))
    assert len(re.findall("^grant ", told, re.MULTILINE)) == wanted, "whoever may read a table may read its view"


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
    if not isinstance(session, Databricks):
        assert sqlglot.parse_one(f"select {said}", dialect=_dialect(session)).expressions[0].this == text
    elif "unhex" in said:
        assert bytes.fromhex(re.findall(r"'(\w+)'", said)[0]).decode() == text
    else:
        assert said == f"'{text}'"


def test_names_are_those_that_the_warehouse_keeps(session: Any) -> None:
    """Snowflake keeps what is in quotes and puts all else in capitals, BigQuery keeps everything, others no case."""

    class Node:
        schema, alias = "Live", "Events"
        relation_name = f"db.Live.{session.mark}Events{session.mark}"

    found = served(session, Node())
    keys = {Snowflake: ("LIVE", "Events"), BigQuery: ("Live", "Events")}
    assert found.key == next((key for kind, key in keys.items() if isinstance(session, kind)), ("live", "events"))
    assert found.within(session, "Live__b") == f"db.Live__b.{session.mark}Events{session.mark}"
    assert found.beside(session, "20261130t1") == session.folded("Live__20261130t1")


def test_a_table_is_made_again_elsewhere() -> None:
    """With all that it was made of, but where its files are."""
    made = remade(_MADE, '"live__b"."events"')
    assert made.startswith('create table "live__b"."events" (')
    assert made.splitlines()[1:] == [each for each in _MADE.splitlines()[1:] if "location" not in each]
    last = _MADE.replace(",\n   partitioning = ARRAY['day(at)']", "")
    assert remade(last, "a").endswith("WITH (\n   format = 'PARQUET'\n)")
    assert remade(last.replace("   format = 'PARQUET',\n", ""), "a").endswith("COMMENT 'what happened'")
    assert remade(_MADE.replace("   location = 's3://lake/live/events-1',\n", ""), "a").count("'") == made.count("'")


class _Dataset:
    """As Google's client has it."""

    def __init__(self, resource: dict[str, Any]) -> None:
        self._resource = resource
        self.project = "shop"

    def to_api_repr(self) -> dict[str, Any]:
        return dict(self._resource)

    @classmethod
    def from_api_repr(cls, resource: dict[str, Any]) -> _Dataset:
        return cls(resource)


class _Google:
    """The parts of Google's client that no SQL stands for."""

    def __init__(self) -> None:
        owner = {"role": "OWNER", "userByEmail": "dataops@example.com"}
        self.datasets = {name: {"access": [owner]} for name in ("live__b", "marts__b")}
        self.policies: list[str] = []
        self._connection = self

    def get_dataset(self, name: str) -> _Dataset:
        return _Dataset(self.datasets[name] | {"name": name})

    def update_dataset(self, dataset: _Dataset, fields: list[str]) -> None:
        assert fields == ["access_entries"]
        resource = dataset.to_api_repr()
        self.datasets[resource.pop("name")] = resource

    def get_table(self, name: str) -> Any:
        return type("Table", (), {"path": f"/{name}"})

    def api_request(self, method: str, path: str) -> Any:
        assert (method, path) == ("GET", "/live.events/rowAccessPolicies")
        return {"rowAccessPolicies": [{"rowAccessPolicyReference": {"policyId": each}} for each in self.policies]}


def test_a_release_on_bigquery_can_be_read_through_productions_views() -> None:
    client = _Google()
    session = BigQuery(lambda: client)
    for _ in range(2):
        session.let_read(["live__b", "marts__b"], ["live", "marts", "live__b", "marts__b"])
    access = client.datasets["live__b"]["access"]
    assert access[0]["role"] == "OWNER", "whoever was allowed stays so"
    shown = [each["dataset"] for each in access[1:]]
    assert [each["dataset"]["datasetId"] for each in shown] == ["live", "marts", "marts__b"]
    assert {(each["dataset"]["projectId"], *each["targetTypes"]) for each in shown} == {("shop", "VIEWS")}


def test_a_table_with_row_access_policies_is_not_replaced() -> None:
    client = _Google()
    session = BigQuery(lambda: client)
    table = Relation("live", "events", view=False, identity="")
    assert session.hindrance(table) is None
    client.policies = ["own_region"]
    assert session.hindrance(table) == "has row access policies that a release would be without: own_region"
