"""Production's schemas and those beside them: the next release, the kept ones, and what a killed process left."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Mapping, Sequence

from dataops.engines.postgres import catalog, dependants, publication, written
from dataops.engines.postgres.catalog import Relation
from dataops.engines.postgres.journal import Journal
from dataops.engines.postgres.publication import Change, Key
from dataops.engines.postgres.session import ServerError, Session
from dataops.engines.postgres.written import Seen
from dataops.errors import StateError, WarehouseError

_UNKNOWN = -1
"""A count that no relation has: of one that took the place of what was published."""


class Store:
    """One production of a database, in the session that holds its lock."""

    def __init__(self, session: Session, production: str) -> None:
        self.session = session
        self.journal = Journal(session, production)

    def discard(self) -> None:
        """Drop whatever was built for the next release.

        Raises:
            WarehouseError: something outside rests on it.
        """
        if self.journal.exists():
            self.drop(self.journal.beside(None))

    def drop(self, schemas: Iterable[str]) -> None:
        """Drop schemas that were made for releases.

        Raises:
            WarehouseError: something outside rests on one.
        """
        names = sorted(schemas)
        self.refuse_resting(names)
        self.journal.drop_beside(names)

    def refuse_resting(self, names: Collection[str]) -> None:
        """Do nothing where nothing outside rests on what is in some schemas.

        Raises:
            WarehouseError: something does.
        """
        resting = dependants.outside(self.session, list(names))
        if resting:
            raise WarehouseError(
                f"{publication.listed(resting)} rests on {min(names)}, which is dataops' own",
                f"drop it, so that {min(names)} can be dropped",
            )

    def now(self, contents: Mapping[Key, Seen]) -> tuple[dict[Key, Relation], dict[Key, Seen]]:
        """What production has under the names of a release: its relations, and what to remember of them.

        What is the relation that was published is remembered as it was then.
        """
        there = catalog.relations(self.session, {schema for schema, _ in contents})
        here = {key: there[key] for key in contents if key in there}
        same = {key: seen for key, seen in contents.items() if key in here and here[key].oid == seen.oid}
        return here, {**{key: Seen(each.oid, _UNKNOWN, None) for key, each in here.items()}, **same}

    def restore(self, release: str, superseded: str) -> None:
        """Let a kept release take the place of the live one.

        Raises:
            StateError: it is not kept whole.
            WarehouseError: as for a publication.
        """
        if not self.journal.exists() or release not in self.journal.whole():
            raise StateError(f"release {release} is no longer kept", "`dataops releases` lists those that are")
        wanted = self.journal.contents(release)
        found = catalog.by_oid(self.session, [seen.oid for seen in wanted.values()])
        target = {key: found[seen.oid] for key, seen in wanted.items()}
        live, before = self.now(self.journal.contents(superseded))
        stays = {key: each for key, each in target.items() if each.key == key}
        into = {key: each for key, each in target.items() if key not in stays}
        out = {key: each for key, each in live.items() if key not in stays}
        taken = catalog.relations(self.session, {schema for schema, _ in into})
        others = [".".join(key) for key in into if key in taken and key not in out]
        if others:
            raise WarehouseError(
                f"{publication.listed(others)} is not of release {superseded}, and has the name of what was",
                "rename or drop it, then run again",
            )
        change = Change("restore", release, superseded, into, out, stays, before, is_new=False)
        publication.publish(self.session, self.journal, change)
        self.tidy(release)

    def tidy(self, release: str | None = None) -> None:
        """Drop schemas that nothing needs any longer, if that can be done now: the next command does it otherwise."""
        with contextlib.suppress(WarehouseError):
            self.drop(self.journal.beside(None))
        if release is not None:
            kept = self.journal.beside(release)
            full = {schema for schema, _ in catalog.relations(self.session, kept)} if kept else set()
            with contextlib.suppress(WarehouseError):
                self.drop(set(kept) - full)

    def holds(self, release: str) -> bool:
        """Whether production is what was published as `release`, and nobody has written to it since."""
        if not self.journal.exists() or self.journal.live() != release:
            return False
        published = self.journal.published(release)
        if published is None or not published.seen:
            return False
        there = catalog.relations(self.session, {schema for schema, _ in published.seen})
        return not written.changed(self.session, published, there, list(published.seen))

    def retained(self) -> set[str]:
        """The superseded releases that are whole."""
        return self.journal.whole() - {self.journal.live()} if self.journal.exists() else set()

    def forget(self, keep: int, order: Sequence[str]) -> list[str]:
        """Drop the schemas of all but the newest releases; one on which something outside rests stays.

        `order` is oldest first. Returns those that are gone.
        """
        kept = self.retained()
        gone = []
        for release in [each for each in order if each in kept][:-keep]:
            with contextlib.suppress(WarehouseError):
                self.drop(self.journal.beside(release))
                self.journal.forget(release)
                gone.append(release)
        return gone

    def is_lost(self) -> bool:
        """Whether the session has ended, and the lock with it."""
        try:
            self.session.value("select 1")
        except ServerError:
            return True
        return False
