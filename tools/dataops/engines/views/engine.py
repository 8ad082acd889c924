"""An engine of views: each release is in schemas of its own, and production is views onto the one that is live."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from dataops.engines.releasing import Releasing
from dataops.engines.server import agree, settled
from dataops.engines.values import Capabilities, Extract
from dataops.engines.views.candidate import Candidate
from dataops.engines.views.journal import Journal
from dataops.engines.views.lock import Lock
from dataops.engines.views.session import Session
from dataops.engines.views.store import Store
from dataops.engines.views.upcoming import unpacked
from dataops.errors import DataopsError, SettingsError, StateError
from dataops.project.session import Project
from dataops.project.slices import Place
from dataops.project.targets import Targets
from dataops.store.state import State


class Views(Releasing[Store, Candidate]):
    """Production in schemas of one database. Engines say what is their own."""

    session: ClassVar[type[Session]]
    """How the warehouse is spoken to."""

    @property
    @abstractmethod
    def capabilities(self) -> Capabilities:
        """What holds there."""

    def __init__(self, project: Project, targets: Targets) -> None:
        super().__init__(project, targets)
        self._told: list[str] = []

    @property
    def production(self) -> str:
        """The target's schema."""
        return f"the schema {self._schema} of {self.capabilities.engine}"

    def remarks(self) -> tuple[str, ...]:
        """In how much time production's views were replaced."""
        return tuple(self._told)

    def ensure_releases(self) -> None:
        """A role's rights show when it is asked to make the schemas."""

    @abstractmethod
    def refusals(self, manifest: Any) -> Iterator[DataopsError]:
        """What cannot be built apart, or no release could take back."""

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock in the warehouse."""
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
        """Make the release's schemas and copy what has history."""
        target = self.targets.production
        made = Candidate(self.project, target, self._held, manifest, list(keep), full_refresh, self._told.append)
        self._candidate = made
        return made

    def reopen(self, release: str, manifest: Any) -> Candidate:
        """Refuse: a statement that failed there may have left a part of what it did.

        Raises:
            SettingsError: always.
        """
        raise SettingsError(
            f"a release that failed cannot be gone on with on {self.capabilities.engine}",
            "`dataops deploy --hold` builds it anew",
        )

    def waiting(self) -> str | None:
        """The release that has a record of its waiting."""
        return self._held.waiting()

    def publish_waiting(self, state: State, release: str, superseded: str | None) -> None:
        """Lead production's views to it, and the state's pointer after them."""
        store = self._held
        record = store.journal.waiting()
        if record is None or record["release"] != release:
            raise StateError(f"release {release} does not wait here", "`dataops deploy --hold` makes another one")
        state.announce(release)
        self._told.append(unpacked(record).publish(store, release, superseded).sentence)
        store.journal.set_waiting(None)
        settled(state, release)

    def drop_waiting(self) -> None:
        """Drop its schemas."""
        self._held.drop_waiting()

    def restore(self, state: State, release: str, superseded: str) -> None:
        """Lead production's views to a kept release."""
        state.announce(release)
        self._told.append(self._held.restore(release).sentence)
        settled(state, release)

    def retained(self) -> set[str]:
        """The releases whose schemas are all there."""
        with self._opened() as store:
            return store.retained()

    def forget(self, keep: int, order: Sequence[str]) -> list[str]:
        """Drop the schemas of older releases."""
        return self._held.forget(keep, order) if self._store is not None else []

    def holds(self, release: str) -> bool:
        """Whether production shows it, and nobody has written to that; False where the warehouse cannot tell."""
        with self._opened() as store:
            return store.holds(release)

    def export(self, place: Place, file: Path, described: Mapping[str, str], personal: set[str]) -> Extract:
        """Refuse.

        Raises:
            SettingsError: always.
        """
        raise SettingsError(
            f"`export` does not work on {self.capabilities.engine} yet",
            "copy the table with its own commands",
        )

    @property
    def _schema(self) -> str:
        return str(self.project.credentials(self.targets.production).schema)

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
        return self.session(lambda: self.project.driver(self.targets.production))
