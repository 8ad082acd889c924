"""The next release in schemas beside production's: `<schema>__next`, with the rows of whatever is added to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from dataops.engines.postgres import attire, catalog, copy, lock, publication, written
from dataops.engines.postgres.attire import Governed
from dataops.engines.postgres.catalog import Relation
from dataops.engines.postgres.names import upcoming
from dataops.engines.postgres.publication import Change, Key
from dataops.engines.postgres.session import Session
from dataops.engines.postgres.store import Store
from dataops.engines.postgres.written import Expected, Seen
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


@dataclass(frozen=True)
class Begun:
    """What production was when the next release began: all that has to be known to publish it.

    `places`: by production's schema, the one in its stead; `there`: every relation of these schemas, of which `before`
    are the project's; `expected`: what tells whether anyone wrote to those; `stays`: what is of both releases;
    `copied`: the tables that went on from their own rows. `governed` as in the plan.
    """

    places: Mapping[str, str]
    there: Mapping[Key, Relation]
    before: Mapping[Key, Relation]
    expected: Expected
    stays: Collection[Key]
    copied: Collection[Key]
    governed: Governed


class Upcoming:
    """It is made in the session that holds the lock: whoever lost the one cannot publish in the other."""

    def __init__(self, store: Store, begun: Begun) -> None:
        """A release that was begun, in the schemas beside production's.

        Raises:
            WarehouseError: another project is building in these schemas.
        """
        self._store = store
        self.begun = begun
        _lock(store.session, begun.places)

    @classmethod
    def begin(cls, store: Store, plan: Plan) -> Upcoming:
        """Make the schemas, and copy what has history.

        Raises:
            WarehouseError: another project is building in these schemas, or there is no room.
        """
        places = {schema: upcoming(schema) for schema in sorted({schema for schema, _ in plan.names})}
        session, journal = store.session, store.journal
        _lock(session, places)
        journal.make()
        store.discard()
        with session.transaction():
            journal.add_beside({place: schema for schema, place in places.items()}, None)
            for schema in catalog.schemas(session, places):
                attire.schema(session, schema, places[schema])
        there = catalog.relations(session, places)
        known = {*plan.names, *_published(store)}
        before = {key: each for key, each in there.items() if key in known}
        # A view shows whatever it reads, and that may be released without it: it gets the rows that it shows now.
        stays = {key for key in plan.kept if key in before and before[key].kind != "v"}
        frozen = [before[key] for key in plan.kept if key in before and key not in stays]
        added = [before[key] for key in plan.added if key in before and key not in plan.kept]
        tables = [each for each in added if each.kind == "r"]
        expected = _copy(session, places, before.values(), tables, frozen)
        copied = {each.key for each in tables}
        return cls(store, Begun(places, there, before, expected, stays, copied, plan.governed))

    @property
    def begins(self) -> bool:
        """Whether there is no production yet."""
        return self._store.journal.live() is None and not self.begun.before

    def publish(self, release: str, superseded: str | None) -> int:
        """Move what was built into production's schemas. Returns how many attempts that took.

        Raises:
            WarehouseError: the lock was lost, somebody wrote to production or keeps the release out, or something
                outside would break; nothing was changed.
        """
        store, session = self._store, self._store.session
        if store.is_lost() or not all(lock.held(session, f"schema {each}") for each in self.begun.places):
            raise WarehouseError(
                "the session that held the lock was ended, and another deploy may have begun", "run again"
            )
        begun = self.begun
        served = {place: schema for schema, place in begun.places.items()}
        made = catalog.relations(session, served)
        into = {(served[schema], name): each for (schema, name), each in made.items()}
        there = catalog.relations(session, begun.places)
        out = {key: there[key] for key in into if key in there}
        here, before = store.now({**_unpublished(out), **_unpublished(begun.before), **_published(store)})
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
            governed=begun.governed,
            copied=begun.copied,
        )
        return publication.publish(session, store.journal, change)

    def _changed(self, keys: Collection[Key]) -> list[str]:
        """What of some names somebody wrote to since the rows were copied."""
        session, begun = self._store.session, self.begun
        there = catalog.relations(session, begun.places)
        known = [key for key in keys if key in begun.before or key not in begun.there]
        other = [key for key in keys if key not in known and there.get(key) != begun.there[key]]
        return [*(".".join(key) for key in other), *written.changed(session, begun.expected, there, known)]

    def changed(self) -> list[str]:
        """What of the project's relations somebody wrote to since."""
        session, begun = self._store.session, self.begun
        return written.changed(session, begun.expected, catalog.relations(session, begun.places), list(begun.before))


def _lock(session: Session, places: Mapping[str, str]) -> None:
    lock.take(session, (f"schema {each}" for each in places), f"the schemas {', '.join(places)}")


def _published(store: Store) -> dict[Key, Seen]:
    """What the live release is made of."""
    live = store.journal.live()
    return store.journal.contents(live) if live is not None else {}


def _copy(
    session: Session,
    places: Mapping[str, str],
    before: Collection[Relation],
    tables: Sequence[Relation],
    frozen: Sequence[Relation],
) -> Expected:
    """Production's rows as they all were at one moment, and what tells whether anyone wrote after it."""
    locked = [each.sql for each in before if each.kind in ("r", "p")]
    with session.transaction("isolation level repeatable read"):
        if locked:
            # Before the first look: what is replaced after that would be read as empty.
            session.run(f"lock table {', '.join(locked)} in access share mode")
        expected = written.look(session, {each.key: each for each in before})
        for each in tables:
            attire.take_over(session, each, copy.copy(session, each, places[each.schema]), ())
        for each in frozen:
            name = Relation(0, places[each.schema], each.name, "r", each.owner).sql
            session.run(f"create table {name} as select * from {each.sql}")  # noqa: S608
    return expected


def _unpublished(relations: Mapping[Key, Relation]) -> dict[Key, Seen]:
    """Relations as far as nobody published them."""
    return {key: Seen(each.oid, None, None) for key, each in relations.items()}
