"""The next release in schemas beside production's: `<schema>__next`, with the rows of whatever is added to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from dataops.engines.postgres import attire, catalog, copy, lock, publication, written
from dataops.engines.postgres.attire import Governed
from dataops.engines.postgres.catalog import Relation
from dataops.engines.postgres.names import upcoming
from dataops.engines.postgres.publication import Change, Key
from dataops.engines.postgres.store import Store
from dataops.engines.postgres.written import Seen
from dataops.errors import WarehouseError


@dataclass(frozen=True)
class Plan:
    """What a release will be made of, by schema and name as served.

    `added`: relations that go on from their own rows; `kept`: what stays as production has it now; `governed`:
    privileges that the project decides.
    """

    names: Collection[Key]
    added: Collection[Key] = ()
    kept: Collection[Key] = ()
    governed: Governed = field(default_factory=dict)


class Upcoming:
    """It is made in the session that holds the lock: whoever lost the one cannot publish in the other."""

    def __init__(self, store: Store, plan: Plan) -> None:
        """Make the schemas, and copy what has history.

        Raises:
            WarehouseError: another project is building in these schemas, or there is no room.
        """
        self._store = store
        self._plan = plan
        self.places = {schema: upcoming(schema) for schema in sorted({schema for schema, _ in plan.names})}
        session, journal = store.session, store.journal
        lock.take(session, (f"schema {each}" for each in self.places), f"the schemas {', '.join(self.places)}")
        journal.make()
        store.discard()
        with session.transaction():
            journal.add_beside({place: schema for schema, place in self.places.items()}, None)
            for schema in catalog.schemas(session, self.places):
                attire.schema(session, schema, self.places[schema])
        live = journal.live()
        self._published = journal.contents(live) if live is not None else {}
        self._there = catalog.relations(session, self.places)
        known = {*plan.names, *self._published}
        self._before = {key: each for key, each in self._there.items() if key in known}
        self.begins = live is None and not self._before
        # A view shows whatever it reads, and that may be released without it: it gets the rows that it shows now.
        self.stays = {key for key in plan.kept if key in self._before and self._before[key].kind != "v"}
        frozen = [self._before[key] for key in plan.kept if key in self._before and key not in self.stays]
        added = [self._before[key] for key in plan.added if key in self._before and key not in plan.kept]
        tables = [each for each in added if each.kind == "r"]
        self._copied = {each.key for each in tables}
        self._expected = self._copy(tables, frozen)

    def _copy(self, tables: Sequence[Relation], views: Sequence[Relation]) -> written.Expected:
        """Production's rows as they all were at one moment, and what tells whether anyone wrote after it."""
        session = self._store.session
        locked = [each.sql for each in self._before.values() if each.kind in ("r", "p")]
        with session.transaction("isolation level repeatable read"):
            if locked:
                # Before the first look: what is replaced after that would be read as empty.
                session.run(f"lock table {', '.join(locked)} in access share mode")
            expected = written.look(session, self._before)
            for each in tables:
                attire.take_over(session, each, copy.copy(session, each, self.places[each.schema]), ())
            for each in views:
                name = Relation(0, self.places[each.schema], each.name, "r", each.owner).sql
                session.run(f"create table {name} as select * from {each.sql}")  # noqa: S608
        return expected

    def publish(self, release: str, superseded: str | None) -> int:
        """Move what was built into production's schemas. Returns how many attempts that took.

        Raises:
            WarehouseError: the lock was lost, somebody wrote to production or keeps the release out, or something
                outside would break; nothing was changed.
        """
        store, session = self._store, self._store.session
        if store.is_lost() or not all(lock.held(session, f"schema {each}") for each in self.places):
            raise WarehouseError(
                "the session that held the lock was ended, and another deploy may have begun", "run again"
            )
        served = {place: schema for schema, place in self.places.items()}
        made = catalog.relations(session, served)
        into = {(served[schema], name): each for (schema, name), each in made.items()}
        there = catalog.relations(session, self.places)
        out = {key: there[key] for key in into if key in there}
        here, before = store.now({**_unpublished(out), **_unpublished(self._before), **self._published})
        change = Change(
            action="deploy",
            release=release,
            superseded=superseded,
            into=into,
            out=out,
            stays={key: each for key, each in here.items() if key not in out},
            before=before,
            is_new=True,
            changed=lambda: self._changed({*into, *out}),
            governed=self._plan.governed,
            copied=self._copied,
        )
        return publication.publish(session, store.journal, change)

    def _changed(self, keys: Collection[Key]) -> list[str]:
        """What of some names somebody wrote to since the rows were copied."""
        session = self._store.session
        there = catalog.relations(session, self.places)
        known = [key for key in keys if key in self._before or key not in self._there]
        other = [key for key in keys if key not in known and there.get(key) != self._there[key]]
        return [*(".".join(key) for key in other), *written.changed(session, self._expected, there, known)]

    def changed(self) -> list[str]:
        """What of the project's relations somebody wrote to since."""
        there = catalog.relations(self._store.session, self.places)
        return written.changed(self._store.session, self._expected, there, list(self._before))


def _unpublished(relations: Mapping[Key, Relation]) -> dict[Key, Seen]:
    """Relations as far as nobody published them."""
    return {key: Seen(each.oid, None, None) for key, each in relations.items()}
