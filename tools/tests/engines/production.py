"""A production on a real PostgreSQL server that is released without dbt: statements make its relations."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg2

from dataops.engines.postgres import catalog, lock
from dataops.engines.postgres.journal import Journal
from dataops.engines.postgres.names import quoted
from dataops.engines.postgres.session import Session
from dataops.engines.postgres.store import Store
from dataops.engines.postgres.upcoming import Plan, Upcoming
from tests import postgres

Key = tuple[str, str]


@dataclass
class Production:
    """`relations`: what makes each relation, `{}` standing for its name and `{schema}` for the schema that it is in;
    `releases`: those that were made, oldest first."""

    server: str
    relations: dict[Key, str]
    releases: list[str] = field(default_factory=list)
    user: str = "postgres"

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        return postgres.sql(self.server, statement)

    def value(self, statement: str) -> Any:
        return self.sql(statement)[0][0]

    def connect(self) -> Any:
        return psycopg2.connect(host=self.server, user=self.user, dbname="postgres")

    @contextmanager
    def session(self, purpose: str = "test") -> Iterator[Session]:
        session = Session(self.connect, purpose)
        try:
            yield session
        finally:
            session.close()

    @contextmanager
    def held(self) -> Iterator[Store]:
        with self.session("deploy") as session:
            lock.take(session, ["test"], "the test's production")
            yield Store(session, "test")

    def deploy(
        self,
        release: str | None = None,
        added: Collection[Key] = (),
        kept: Collection[Key] = (),
        governed: Mapping[Key, Collection[str]] | None = None,
        meanwhile: Callable[[Session], None] = lambda _: None,
        adopt: str = "found",
    ) -> str:
        """A release of all relations; those that are `added` to go on from their rows. Returns its name."""
        release = release or f"r{len(self.releases) + 1}"
        with self.held() as store:
            plan = Plan(set(self.relations), set(added), set(kept), governed or {})
            made = Upcoming.begin(store, plan)
            session = store.session
            for (schema, name), statement in self.relations.items():
                if (schema, name) in added and not made.begins and self._is_table(schema, name):
                    continue
                if (schema, name) in kept:
                    continue
                place = quoted(made.begun.places[schema])
                places = {f"in_{each}": quoted(where) for each, where in made.begun.places.items()}
                session.run(statement.format(f"{place}.{quoted(name)}", schema=place, **places))
            meanwhile(session)
            live = self.live
            made.publish(release, live or (None if made.begins else adopt))
            store.tidy()
        self.releases.append(release)
        return release

    def rollback(self, release: str) -> None:
        with self.held() as store:
            store.restore(release, str(self.live))

    @property
    def live(self) -> str | None:
        with self.session() as session:
            journal = Journal(session, "test")
            return journal.live() if journal.exists() else None

    def holds(self, release: str) -> bool:
        with self.session() as session:
            return Store(session, "test").holds(release)

    def retained(self) -> set[str]:
        with self.session() as session:
            return Store(session, "test").retained()

    def forget(self, keep: int) -> list[str]:
        with self.held() as store:
            return store.forget(keep, self.releases)

    def schemas(self) -> set[str]:
        found = self.sql("select nspname from pg_namespace where nspname !~ '^pg_|^information'")
        return {str(name) for (name,) in found} - {"public", "dataops_releases"}

    def _is_table(self, schema: str, name: str) -> bool:
        with self.session() as session:
            found = catalog.relations(session, [schema]).get((schema, name))
        return found is not None and found.kind == "r"
