"""Spark as an engine: each release is in databases of its own, and production is views onto the one that is live."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dataops.engines.releasing import Releasing
from dataops.engines.server import agree, settled
from dataops.engines.spark.candidate import Candidate
from dataops.engines.spark.journal import Journal
from dataops.engines.spark.lock import Lock
from dataops.engines.spark.refusals import refusals
from dataops.engines.spark.session import Session
from dataops.engines.spark.store import Store
from dataops.engines.spark.workspace import SparkSchemas
from dataops.engines.values import Capabilities, Extract
from dataops.errors import DataopsError, SettingsError
from dataops.project.session import Project
from dataops.project.slices import Place
from dataops.project.targets import Targets
from dataops.store.state import State

CAPABILITIES = Capabilities(
    engine="Spark",
    atomic="relation by relation",
    copies="incremental models, with their format and partitions, and what is paused",
    readers="one relation is of one release at any time; several can be of two until the last view is replaced",
    lock="a view in the metastore, from any machine; free five minutes after its owner died",
    workspace="the schema of the pull requests' target",
    trial="tried by tests of its own",
)

_METHODS = ("thrift", "session")


class Spark(Releasing[Store, Candidate]):
    """Production in databases of a metastore."""

    def __init__(self, project: Project, targets: Targets) -> None:
        super().__init__(project, targets)
        self._told: list[str] = []

    @property
    def workspace(self) -> SparkSchemas:
        """The schemas of the pull requests' target."""
        return SparkSchemas(self.project, self.targets)

    @property
    def capabilities(self) -> Capabilities:
        """What holds on Spark."""
        return CAPABILITIES

    @property
    def production(self) -> str:
        """The target's schema."""
        return f"the database {self._schema} of Spark"

    def remarks(self) -> tuple[str, ...]:
        """In how much time production's views were replaced."""
        return tuple(self._told)

    def ensure_releases(self) -> None:
        """Refuse a way to Spark on which releases were never tried.

        Raises:
            SettingsError: dbt's method is neither `thrift` nor `session`.
        """
        method = str(getattr(self.project.credentials(self.targets.production), "method", ""))
        if method not in _METHODS:
            raise SettingsError(
                f"releases on Spark were tried by the methods {' and '.join(_METHODS)}, and production has `{method}`",
                "release with `dataops build`, which leaves out what is paused; `plan`, `lint` and `ci` work here",
            )

    def refusals(self, manifest: Any) -> Iterator[DataopsError]:
        """What Spark cannot do, or no release could take back."""
        return refusals(manifest)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock in the metastore."""
        session = self._session()
        lock: Lock | None = None
        try:
            journal = Journal(session, self._schema)
            journal.make()
            lock = Lock(session, journal.place, self.production, self._session)
            lock.take()
            self._store = Store(session, journal, lock)
            yield
        finally:
            self._store = self._candidate = None
            if lock is not None:
                lock.release()
            session.close()

    def settle(self, state: State) -> None:
        """Finish a publication that was interrupted, let the state point to what is live, drop what was being built."""
        store = self._held
        finished = store.finish()
        if finished is not None:
            self._told.append(f"Finished what an earlier run had begun. {finished.sentence}")
        live = store.journal.live()
        if live is not None:
            agree(state, live.id, self.production)
        store.tidy()
        state.announce(None)

    def candidate(self, manifest: Any, keep: Mapping[str, Place], full_refresh: bool) -> Candidate:
        """Make the release's databases and copy what has history."""
        target = self.targets.production
        made = Candidate(self.project, target, self._held, manifest, list(keep), full_refresh, self._told.append)
        self._candidate = made
        return made

    def restore(self, state: State, release: str, superseded: str) -> None:
        """Lead production's views to a kept release."""
        state.announce(release)
        self._told.append(self._held.restore(release).sentence)
        settled(state, release)

    def retained(self) -> set[str]:
        """The releases whose databases are all there."""
        with self._opened() as store:
            return store.retained()

    def forget(self, keep: int, order: Sequence[str]) -> list[str]:
        """Drop the databases of older releases."""
        return self._held.forget(keep, order) if self._store is not None else []

    def holds(self, release: str) -> bool:
        """Cannot be told: Spark's plain tables do not say that somebody wrote to them."""
        return False

    def export(self, place: Place, file: Path, described: Mapping[str, str], personal: set[str]) -> Extract:
        """Refuse.

        Raises:
            SettingsError: always.
        """
        raise SettingsError("`export` does not work on Spark yet", "the tables of a release are Parquet files already")

    @property
    def _schema(self) -> str:
        return str(self.project.credentials(self.targets.production).schema).lower()

    @contextmanager
    def _opened(self) -> Iterator[Store]:
        """The store that is held, or one for the question."""
        if self._store is not None:
            yield self._store
            return
        session = self._session()
        try:
            yield Store(session, Journal(session, self._schema))
        finally:
            session.close()

    def _session(self) -> Session:
        return Session(lambda: self.project.driver(self.targets.production))
