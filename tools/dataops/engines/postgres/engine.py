"""PostgreSQL as an engine: relations are built beside production and moved into its schemas in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dataops.engines.adapters import CAPABILITIES
from dataops.engines.postgres import export, lock, waiting
from dataops.engines.postgres.candidate import Candidate, planned
from dataops.engines.postgres.session import Session
from dataops.engines.postgres.store import Store
from dataops.engines.postgres.upcoming import Upcoming
from dataops.engines.postgres.workspace import Workspace
from dataops.engines.releasing import Releasing
from dataops.engines.server import agree, settled
from dataops.engines.values import Attire, Capabilities, Extract, Stand
from dataops.errors import DataopsError, SettingsError, WarehouseError
from dataops.project.graph import functions
from dataops.project.slices import Place
from dataops.store.state import State

_OLDEST = 130000

_ATTIRE = (
    Attire("grants", "grant select on {} to public", "select relacl::text from pg_class where oid = '{}'::regclass"),
    Attire("a comment", "comment on table {} is 'by hand'", "select obj_description('{}'::regclass, 'pg_class')"),
)


class Postgres(Releasing[Store, Candidate]):
    """Production in schemas of a PostgreSQL database."""

    @property
    def workspace(self) -> Workspace:
        """The schemas of the pull requests' target."""
        return Workspace(self.project, self.targets)

    @property
    def capabilities(self) -> Capabilities:
        """What holds on PostgreSQL."""
        return CAPABILITIES["postgres"]

    @property
    def production(self) -> str:
        """The database and the target's schema."""
        credentials = self.project.credentials(self.targets.production)
        return f"the schema {credentials.schema} of the database {credentials.database}"

    def ensure_releases(self) -> None:
        """A role's rights show when it is asked to make the schemas."""

    def refusals(self, manifest: Any) -> Iterator[DataopsError]:
        """Functions that dbt makes, which are not moved with relations."""
        for uid in functions(manifest):
            yield SettingsError(
                f"{uid} is a function, and releases on PostgreSQL move relations only",
                "make it in an `on-run-start` hook, with `create or replace function`",
            )

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock for as long as a session of its own lives."""
        session = self._session("deploy")
        try:
            if session.version < _OLDEST:
                raise WarehouseError(
                    f"this server is PostgreSQL {session.version // 10000}, and releases need 13", "use a newer server"
                )
            lock.take(session, [self._key], self.production)
            self._store = Store(session, self._key)
            yield
        finally:
            self._store = self._candidate = None
            session.close()

    def settle(self, state: State) -> None:
        """Let the state point to what is live, and drop what was being built."""
        store = self._held
        if not store.journal.exists():
            return
        live = store.journal.live()
        if live is not None:
            agree(state, live, self.production)
        waiting.settle(store)
        store.tidy()
        state.announce(None)

    def candidate(self, manifest: Any, keep: Mapping[str, Place], full_refresh: bool) -> Candidate:
        """Make the schemas beside production's and copy what has history."""
        upcoming = Upcoming.begin(self._held, planned(manifest, list(keep), full_refresh))
        self._candidate = Candidate(self.project, self.targets.production, self._held, manifest, upcoming)
        return self._candidate

    def reopen(self, release: str, manifest: Any) -> Candidate:
        """Rename its schemas to those in which releases are built."""
        begun = waiting.reopen(self._held, release)
        self._candidate = Candidate(
            self.project, self.targets.production, self._held, manifest, Upcoming(self._held, begun)
        )
        return self._candidate

    def waiting(self) -> str | None:
        """The release that has a row among those that wait."""
        return waiting.release(self._held)

    def publish_waiting(self, state: State, release: str, superseded: str | None) -> None:
        """Move its relations into production's schemas, and the state's pointer after them."""
        state.announce(release)
        waiting.publish(self._held, release, superseded)
        settled(state, release)

    def drop_waiting(self) -> None:
        """Drop its schemas."""
        waiting.drop(self._held)

    def restore(self, state: State, release: str, superseded: str) -> None:
        """Move a kept release's relations back."""
        state.announce(release)
        self._held.restore(release, superseded)
        settled(state, release)

    def retained(self) -> set[str]:
        """The releases whose relations are all there."""
        with self._opened("releases") as store:
            return store.retained()

    def forget(self, keep: int, order: Sequence[str]) -> list[str]:
        """Drop the schemas of older releases."""
        with self._opened("deploy") as store:
            return store.forget(keep, order)

    def holds(self, release: str) -> bool:
        """Whether production's rows are those that were published."""
        with self._opened("export") as store:
            return store.holds(release)

    def export(self, place: Place, file: Path, described: Mapping[str, str], personal: set[str]) -> Extract:
        """Read the rows in one transaction, and write them as DuckDB would its own."""
        with self._opened("export") as store:
            return export.extract(store.session, place, file, described, personal)

    def stand(self, folder: Path, name: str) -> Stand:
        """A schema of the same database."""
        return Stand({"schema": name}, attire=_ATTIRE)

    def vacate(self) -> None:
        """Forget all releases of it; the tables that tell of them go with the last one."""
        with self._opened("rehearsal") as store:
            if store.journal.exists():
                store.journal.vacate()

    @property
    def _key(self) -> str:
        return f"{self.project.name}.{self.project.credentials(self.targets.production).schema}"

    @contextmanager
    def _opened(self, purpose: str) -> Iterator[Store]:
        """The session that is held, or one for the question."""
        if self._store is not None:
            yield self._store
            return
        session = self._session(purpose)
        try:
            yield Store(session, self._key)
        finally:
            session.close()

    def _session(self, purpose: str) -> Session:
        return Session(lambda: self.project.driver(self.targets.production), purpose)
