"""The releases of one production in a warehouse: which is live, which are kept, and what an interrupted run left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dataops.engines.views import publication
from dataops.engines.views.journal import Change, Journal, Release
from dataops.engines.views.lock import Lock
from dataops.engines.views.publication import Window
from dataops.engines.views.session import Session
from dataops.errors import StateError


class Store:
    """`lock` is None for a question that changes nothing."""

    def __init__(self, session: Session, journal: Journal, lock: Lock | None = None) -> None:
        self.session = session
        self.journal = journal
        self._lock = lock

    def check(self) -> None:
        """Do nothing while this process may change production.

        Raises:
            WarehouseError: the lock was taken over.
        """
        if self._lock is None:
            raise AssertionError("asked outside `held`")
        self._lock.check()

    def publish(self, change: Change) -> Window:
        """Lead production's views to another release."""
        return publication.publish(self.session, self.journal, change, self.check)

    def finish(self) -> Window | None:
        """Finish a publication that was interrupted; None where none was."""
        change = self.journal.pending()
        return self.publish(change) if change is not None else None

    def restore(self, release: str) -> Window:
        """Lead production's views back.

        Raises:
            StateError: that release is not kept whole.
        """
        kept = self.journal.kept().get(release)
        if kept is None or not self._is_whole(kept, self.session.schemas()):
            raise StateError(
                f"release {release} is no longer kept", "`dataops releases` lists those that can be restored"
            )
        return self.publish(Change(kept, self.journal.live()))

    def retained(self) -> set[str]:
        """The superseded releases whose databases are all there."""
        if not self.journal.exists():
            return set()
        live = self.journal.live()
        databases = self.session.schemas()
        return {
            each.id
            for each in self.journal.kept().values()
            if (live is None or each.id != live.id) and self._is_whole(each, databases)
        }

    def holds(self, release: str) -> bool:
        """Whether production shows this release, and nobody has written to that. False where it cannot be told."""
        live = self.journal.live() if self.journal.exists() else None
        if live is None or live.id != release or not live.marks or self.journal.pending() is not None:
            return False
        return self.session.marks(live.databases.values()) == live.marks and self._shows(live)

    def _shows(self, release: Release) -> bool:
        """Whether production's views show what is in the release's databases."""
        for schema, database in release.databases.items():
            there = self.session.relations(schema)
            for name in self.session.relations(database):
                if name not in there or self.session.shown(there[name]) != (database, name):
                    return False
        return True

    def forget(self, keep: int, order: Sequence[str]) -> list[str]:
        """Drop all but the newest `keep` superseded releases, and the tables that they moved aside."""
        retained = self.retained()
        ordered = [each for each in order if each in retained]
        kept = self.journal.kept()
        gone = ordered[: max(0, len(ordered) - keep)]
        for each in gone:
            self._drop(kept[each])
        return gone

    def _drop(self, release: Release) -> None:
        for schema, database in release.databases.items():
            there = self.session.relations(schema)
            for name in self.session.relations(database):
                moved = there.get(publication.aside(self.session, name, release))
                if moved is not None and not moved.view:
                    self.session.run(f"drop table if exists {self.session.named(schema, moved.name)}")
            self.session.drop_schema(database)
        self.journal.forget(release)

    def tidy(self) -> None:
        """Drop the databases of a build that was not published, unless a publication waits to be finished."""
        building = self.journal.building()
        if not building or self.journal.pending() is not None:
            return
        known = [self.journal.live(), *self.journal.kept().values()]
        used = {database for each in known if each is not None for database in each.databases.values()}
        used |= self._waiting()
        for each in building:
            if each not in used:
                self.session.drop_schema(each)
        self.journal.set_building([])

    def wait(self, record: Mapping[str, Any]) -> None:
        """Let what was built wait to be published, as the record says; what waited before is gone."""
        # Of what waited and what is to wait, `tidy` drops whichever does not.
        self.journal.set_building(sorted({*self._waiting(), *record["places"].values()}))
        self.journal.set_waiting(dict(record))
        self.tidy()

    def waiting(self) -> str | None:
        """The release that waits. One that went live does no more, whatever a killed process left written."""
        record, live = self.journal.waiting(), self.journal.live()
        if record is None or (live is not None and live.id == record["release"]):
            return None
        return str(record["release"])

    def drop_waiting(self) -> None:
        """Drop the databases of what waits."""
        before = self._waiting() if self.waiting() is not None else set()
        self.journal.set_building(sorted(before))
        self.journal.set_waiting(None)
        self.tidy()

    def _waiting(self) -> set[str]:
        record = self.journal.waiting()
        return {str(each) for each in record["places"].values()} if record is not None else set()

    def _is_whole(self, release: Release, databases: set[str]) -> bool:
        return set(release.databases.values()) <= databases
