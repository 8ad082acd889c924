"""The engines under test: how each lays out a production, and how a test asks it, writes to it and reads on.

The project `releases` has in every relation which edition it is of, in several schemas that its own
`generate_schema_name` names, under names that need quotes and one as long as names may be. It has an incremental
model and a snapshot, which go on from production's rows.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from dataops import config
from dataops.engines.engine import Engine
from dataops.engines.registry import engine_of
from dataops.store.state import State
from tests.shop import Shop, copied, dump, lay_out

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
    """An engine under test. `points`: its own steps of a deploy, with whether the release is published by then."""

    name: ClassVar[str]
    points: ClassVar[dict[str, bool]] = {}

    def lay_out(self, place: Path) -> Shop:
        """The project in a git repository, with a production that has nothing yet."""
        raise NotImplementedError

    def copied(self, shop: Shop, place: Path) -> Shop:
        """The same project with a production of its own, which is like that one."""
        raise NotImplementedError

    def query(self, shop: Shop, sql: str) -> list[tuple[Any, ...]]:
        """What whoever connects now sees."""
        raise NotImplementedError

    def write(self, shop: Shop, sql: str) -> None:
        """Change production as somebody else would."""
        raise NotImplementedError

    def reading(self, shop: Shop) -> Any:
        """A context in which a process reads `EDITIONS` without pause; what it saw is in the list that it yields."""
        raise NotImplementedError


@dataclass(frozen=True)
class Production:
    """A project with a production of its own on some engine."""

    subject: Subject
    shop: Shop

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return self.subject.query(self.shop, sql)

    def write(self, sql: str) -> None:
        self.subject.write(self.shop, sql)

    def reading(self) -> Any:
        return self.subject.reading(self.shop)

    def edition(self) -> int:
        """Which edition all of it is."""
        found = set(self.query(EDITIONS)[0])
        assert len(found) == 1, f"readers see two releases: {found}"
        return int(found.pop())

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


_READER = """
import json, os, select, sys
import duckdb
path, sql = sys.argv[1:]
reads, rows, errors = 0, set(), []
while not select.select([sys.stdin], [], [], 0)[0]:
    try:
        with duckdb.connect(path, read_only=True) as connection:
            rows.add(connection.execute(sql).fetchall()[0])
    except duckdb.Error as error:
        errors.append(str(error))
    reads += 1
    if reads == 1:
        print(flush=True)
print(json.dumps([reads, sorted(rows), errors]))
"""


class DuckDBFile(Subject):
    """Production in a DuckDB file."""

    name = "duckdb"
    points: ClassVar[dict[str, bool]] = {
        "copying": False,
        "checkpointed": False,
        "kept": False,
        "pending": False,
        "renamed": True,
    }

    def lay_out(self, place: Path) -> Shop:
        shop = lay_out(place, project="releases", with_events=False)
        prod = {"type": "duckdb", "path": "prod.duckdb", "schema": "live"}
        shop.write("profiles.yml", dump({"releases": {"target": "prod", "outputs": {"prod": prod}}}))
        shop.commit("on DuckDB")
        return shop

    def copied(self, shop: Shop, place: Path) -> Shop:
        return copied(shop, place)

    def query(self, shop: Shop, sql: str) -> list[tuple[Any, ...]]:
        return shop.query(sql)

    def write(self, shop: Shop, sql: str) -> None:
        shop.change_data(sql)

    @contextmanager
    def reading(self, shop: Shop) -> Iterator[list[Read]]:
        process = subprocess.Popen(
            [sys.executable, "-c", _READER, str(shop.production), EDITIONS],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        seen: list[Read] = []
        assert process.stdout is not None
        try:
            process.stdout.readline()
            yield seen
        finally:
            told, _ = process.communicate("enough")
        reads, rows, errors = json.loads(told)
        seen.append(Read(reads, frozenset(tuple(row) for row in rows), tuple(errors)))


SUBJECTS: dict[str, Subject] = {each.name: each for each in (DuckDBFile(),)}
"""Every engine that the suite can start."""
