"""The engines under test: how each lays out a production, and how a test asks it, writes to it and reads on.

The project `releases` has in every relation which edition it is of, in several schemas that its own
`generate_schema_name` names, under names that need quotes and one as long as names may be. It has an incremental
model and a snapshot, which go on from production's rows.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import yaml

from dataops import config
from dataops.engines.engine import Engine
from dataops.engines.postgres.names import quoted, superseded
from dataops.engines.registry import engine_of
from dataops.store.state import State
from tests import postgres
from tests.shop import Shop, copied, dump, lay_out

MEGABYTE = 1 << 20

LIVE, SHELF = '"live"', '"Shelf Two"'
RELATIONS = {
    "published": f"{LIVE}.published",
    "printed": f"{LIVE}.printed",
    "bound": f"{LIVE}.bound",
    "counted": f"{LIVE}.counted",
    "remembered": f"{LIVE}.remembered",
    "shelved": f'{SHELF}."Shelved IN Order"',
    "stacked": f"{SHELF}.stacked_{'n' * 55}",
}
"""Every relation of the project that has an edition, as SQL."""

EDITIONS = "select " + ", ".join(
    f"(select max(edition) from {name}{' where dbt_valid_to is null' if key == 'remembered' else ''}) as {key}"
    for key, name in RELATIONS.items()
)
"""One row: which edition each relation is of. They differ for nobody, ever."""


@dataclass(frozen=True)
class Read:
    """What a reader saw that never paused: rows of `EDITIONS`, each once, and what went wrong."""

    reads: int
    rows: frozenset[tuple[int, ...]]
    errors: tuple[str, ...]

    @property
    def mixed(self) -> set[tuple[int, ...]]:
        """Rows of two releases."""
        return {row for row in self.rows if len(set(row)) > 1}


@dataclass(frozen=True)
class Subject:
    """An engine under test. `points`: its own steps of a deploy, with whether the release is published by then.

    `shared`: a production that one process made can be copied by another; `needs_cluster`: `make spark` starts it.
    `meanwhile`: the editions that readers find after a kill at a point, until the next command, where they are not
    those of one release; `instead`: what is promised in place of what a test's name says; `excluded`: the tests, or
    cases of them, that ask for what the engine cannot do, and why; `notices`: it can tell that somebody wrote.
    `dressing`: statements that give relations what they can have besides rows, and make views onto them elsewhere;
    `attire`: a query of all that.
    """

    name: ClassVar[str]
    points: ClassVar[dict[str, bool]]
    shared: ClassVar[bool]
    needs_cluster: ClassVar[bool] = False
    notices: ClassVar[bool] = True
    meanwhile: ClassVar[dict[str, set[int]]] = {}
    instead: ClassVar[dict[str, str]] = {}
    excluded: ClassVar[dict[str, str]] = {}
    dressing: ClassVar[tuple[str, ...]]
    attire: ClassVar[str]

    def lay_out(self, place: Path) -> Shop:
        """The project in a git repository, with a production that has nothing yet."""
        raise NotImplementedError

    def keep(self, shop: Shop) -> None:
        """Let this production be what `copied` and `reset` begin with."""

    def reset(self, shop: Shop) -> None:
        """Let production be what the last one was that was kept, where projects share it."""

    def copied(self, shop: Shop, place: Path) -> Shop:
        """The same project elsewhere, on a production that is like the one that was kept."""
        self.reset(shop)
        return copied(shop, place)

    def listed(self, shop: Shop) -> list[tuple[Any, ...]]:
        """Schema and name of every relation that there is."""
        return self.query(shop, "select table_schema, table_name from information_schema.tables order by 1, 2")

    def query(self, shop: Shop, sql: str) -> list[tuple[Any, ...]]:
        """What whoever connects now sees."""
        raise NotImplementedError

    def write(self, shop: Shop, sql: str) -> None:
        """Change production as somebody else would."""
        raise NotImplementedError

    def full(self, shop: Shop) -> AbstractContextManager[None]:
        """Meanwhile whoever writes production's files has no room for some twenty megabytes."""
        raise NotImplementedError

    def kept(self, shop: Shop, release: str) -> list[tuple[Any, ...]]:
        """`EDITIONS` of a release that was superseded."""
        raise NotImplementedError

    def reader(self, shop: Shop) -> list[str]:
        """A Python program and its arguments: it reads `EDITIONS` without pause, says so, and at last what it saw."""
        raise NotImplementedError

    def feed(self, shop: Shop, edition: int) -> str:
        """Deliver an edition as somebody else does, outside production; SQL that reads it."""
        raise NotImplementedError

    @contextmanager
    def reading(self, shop: Shop) -> Iterator[list[Read]]:
        """A process that reads meanwhile; what it saw is in the list afterwards."""
        words = [sys.executable, "-c", *self.reader(shop)]
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        seen: list[Read] = []
        assert process.stdout is not None
        try:
            process.stdout.readline()
            yield seen
        finally:
            told, _ = process.communicate("enough")
        reads, rows, errors = json.loads(told)
        seen.append(Read(reads, frozenset(tuple(row) for row in rows), tuple(errors)))


@dataclass(frozen=True)
class Production:
    """A project with a production of its own on some engine."""

    subject: Subject
    shop: Shop

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return self.subject.query(self.shop, sql)

    def listed(self) -> list[tuple[Any, ...]]:
        return self.subject.listed(self.shop)

    def rows(self) -> list[Any]:
        """All that its relations hold."""
        return [sorted(self.query(f"select * from {each}"), key=str) for each in RELATIONS.values()]

    def write(self, sql: str) -> None:
        self.subject.write(self.shop, sql)

    def reading(self) -> Any:
        return self.subject.reading(self.shop)

    def editions(self) -> set[int]:
        """Which editions its relations are."""
        return {int(each) for each in self.query(EDITIONS)[0]}

    def edition(self) -> int:
        """Which edition all of it is."""
        found = self.editions()
        assert len(found) == 1, f"readers see two releases: {found}"
        return found.pop()

    def published(self) -> int:
        """Which edition the model is that all others read."""
        return int(self.query(f"select edition from {RELATIONS['published']}")[0][0])

    def deploy(self, edition: int) -> str:
        """Release an edition; the release's id."""
        self.shop.publish(edition)
        self.shop.ok("deploy")
        return self.shop.live

    def engine(self) -> Engine:
        """As a command would have it."""
        project = self.shop.project()
        with project.entered():
            return engine_of(project, self.shop.targets(project))

    def state(self) -> State:
        return State(str(self.shop.root / config.load(self.shop.root).state))

    def releases(self) -> list[dict[str, Any]]:
        """As `dataops releases` lists them."""
        listed: list[dict[str, Any]] = self.shop.ok("releases", "--format", "json").json["releases"]
        return listed


READER = """
import json, select, sys
{opening}
reads, rows, errors = 0, set(), []
while not select.select([sys.stdin], [], [], 0)[0]:
    try:
        rows.add(read(sys.argv[-1]))
    except Exception as error:
        errors.append(str(error))
    reads += 1
    if reads == 1:
        print(flush=True)
print(json.dumps([reads, sorted(rows), errors]))
"""

_CONNECTS_ANEW = """
import duckdb
def read(sql):
    with duckdb.connect(sys.argv[1], read_only=True) as connection:
        return connection.execute(sql).fetchall()[0]
"""

_STAYS_CONNECTED = """
import psycopg2
connection = psycopg2.connect(host=sys.argv[1], user="postgres", dbname="postgres")
connection.autocommit = True
cursor = connection.cursor()
def read(sql):
    cursor.execute(sql)
    return cursor.fetchall()[0]
"""


class DuckDBFile(Subject):
    """Production in a DuckDB file."""

    name = "duckdb"
    shared = True
    dressing = (
        "create schema bi",
        f"create view bi.newest as select edition from {RELATIONS['published']}",
        "comment on view bi.newest is 'for the board'",
    )
    attire = "select view_name, comment from duckdb_views() where schema_name = 'bi'"
    points: ClassVar[dict[str, bool]] = {
        "copying": False,
        "checkpointed": False,
        "kept": False,
        "pending": False,
        "renamed": True,
    }

    def lay_out(self, place: Path) -> Shop:
        return laid_out(place, {"prod": {"type": "duckdb", "path": "prod.duckdb", "schema": "live"}})

    def query(self, shop: Shop, sql: str) -> list[tuple[Any, ...]]:
        return shop.query(sql)

    def write(self, shop: Shop, sql: str) -> None:
        shop.change_data(sql)

    @contextmanager
    def full(self, shop: Shop) -> Iterator[None]:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (shop.production.stat().st_size + 4 * MEGABYTE, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    def feed(self, shop: Shop, edition: int) -> str:
        shop.write("feed.csv", f"edition\n{edition}\n")
        return "read_csv('feed.csv')"

    def kept(self, shop: Shop, release: str) -> list[tuple[Any, ...]]:
        return shop.query(EDITIONS, shop.root / ".dataops" / "prod" / "releases" / release / "prod.duckdb")

    def reader(self, shop: Shop) -> list[str]:
        return [READER.format(opening=_CONNECTS_ANEW), str(shop.production), EDITIONS]


class PostgresDatabase(Subject):
    """Production in a database of this process's server: one at a time, made anew from what was kept."""

    name = "postgres"
    shared = False
    dressing = (
        "grant usage on schema live to pg_monitor; grant select on live.published, live.counted to pg_monitor",
        "alter default privileges in schema live grant select on tables to pg_monitor, pg_signal_backend",
        "revoke all on live.printed from public; comment on schema live is 'what the company reads'",
        "comment on table live.published is 'by hand'; comment on column live.counted.edition is 'the edition'",
        "alter table live.published owner to pg_monitor",
        "create schema bi; create view bi.newest as select edition from live.published",
        "comment on view bi.newest is 'for the board'; grant select on bi.newest to pg_signal_backend",
    )
    attire = """
        select nspname, relname, coalesce(relacl, acldefault('r', relowner))::text,
          relowner::regrole::text, obj_description(c.oid, 'pg_class'),
          col_description(c.oid, 1), null from pg_class c join pg_namespace n on n.oid = relnamespace
          where nspname in ('live', 'Shelf Two', 'bi')
        union all select nspname, null, nspacl::text, nspowner::regrole::text, obj_description(oid, 'pg_namespace'),
          null, (select defaclacl::text from pg_default_acl where defaclnamespace = n.oid) from pg_namespace n
          where nspname in ('live', 'Shelf Two', 'bi')
        order by 1, 2"""
    points: ClassVar[dict[str, bool]] = {"compared": False, "moved": False, "said": False, "committed": True}

    def lay_out(self, place: Path) -> Shop:
        with postgres.serving() as server:
            return laid_out(place, {name: postgres.output(server, schema) for name, schema in SCHEMAS.items()})

    def keep(self, shop: Shop) -> None:
        template = f"kept_{shop.top.name}".replace("-", "_")
        shop.write("target/template", template)
        self._made(shop, template, "postgres")

    def reset(self, shop: Shop) -> None:
        self._made(shop, "postgres", shop.read("target/template"))

    def query(self, shop: Shop, sql: str) -> list[tuple[Any, ...]]:
        return postgres.sql(_server(shop), sql)

    def write(self, shop: Shop, sql: str) -> None:
        postgres.sql(_server(shop), sql)

    @contextmanager
    def full(self, shop: Shop) -> Iterator[None]:
        """By a limit for the processes of the server, which is another user's: it sets the limit itself.

        What is written ahead has files of 16 MB, for which there has to be room: the server would end without.
        """
        pid = (Path(_server(shop)) / "postmaster.pid").read_text().split()[0]
        limit = f"copy (select where false) to program 'prlimit --pid {pid} --fsize={{}}:'"
        postgres.sql(_server(shop), limit.format(17 * MEGABYTE))
        try:
            yield
        finally:
            postgres.sql(_server(shop), limit.format("unlimited"))

    def feed(self, shop: Shop, edition: int) -> str:
        made = "create schema if not exists outside; create table if not exists outside.feed (edition integer)"
        postgres.sql(_server(shop), f"{made}; truncate outside.feed; insert into outside.feed values ({edition})")
        return "outside.feed"

    def kept(self, shop: Shop, release: str) -> list[tuple[Any, ...]]:
        sql = EDITIONS
        for schema in (LIVE, SHELF):
            sql = sql.replace(f"{schema}.", f"{quoted(superseded(schema.strip(chr(34)), release))}.")
        return self.query(shop, sql)

    def reader(self, shop: Shop) -> list[str]:
        return [READER.format(opening=_STAYS_CONNECTED), _server(shop), EDITIONS]

    def _made(self, shop: Shop, database: str, template: str) -> None:
        for statement in (
            f"drop database if exists {database} with (force)",
            f"create database {database} template {template}",
        ):
            postgres.sql(_server(shop), statement, "template1")


SCHEMAS = {"prod": "live", "ci": "pr_7"}


def _server(shop: Shop) -> str:
    profile = yaml.safe_load(shop.read("profiles.yml"))
    return str(profile["releases"]["outputs"]["prod"]["host"])


def laid_out(place: Path, outputs: dict[str, dict[str, Any]]) -> Shop:
    shop = lay_out(place, project="releases", with_events=False)
    shop.write("profiles.yml", dump({"releases": {"target": "prod", "outputs": outputs}}))
    shop.commit("on a warehouse")
    return shop
