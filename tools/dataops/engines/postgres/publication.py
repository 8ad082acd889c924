"""One release in place of another: what has to be seen to before it, the exchange itself, and the journal's row."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dataops.engines.postgres import attire, catalog, dependants, readers, views, written
from dataops.engines.postgres.attire import Governed
from dataops.engines.postgres.catalog import Relation
from dataops.engines.postgres.dependants import Dependants, View
from dataops.engines.postgres.exchange import Exchange, Move, perform
from dataops.engines.postgres.journal import Journal
from dataops.engines.postgres.names import quoted, upcoming
from dataops.engines.postgres.names import superseded as kept_in
from dataops.engines.postgres.session import Session
from dataops.engines.postgres.written import Expected, Seen
from dataops.errors import WarehouseError

_NAMED = 5

Key = tuple[str, str]


@dataclass(frozen=True)
class Change:
    """What is to be live. Keys are schema and name as they are served.

    `into`: the relations that are not in place yet, by what they will be called; `out`: what has these names now, or
    is live and not to be so; `stays`: relations that are of both releases; `before`: all that the superseded one is
    made of. `changed`: asked, with writers kept out, which of these somebody wrote to; `governed`: privileges that the
    project decides; `copied`: tables that are copies of their predecessors.
    """

    action: str
    release: str
    superseded: str | None
    into: Mapping[Key, Relation]
    out: Mapping[Key, Relation]
    stays: Mapping[Key, Relation]
    before: Mapping[Key, Seen]
    is_new: bool
    changed: Callable[[], Sequence[str]] = tuple
    governed: Governed = field(default_factory=dict)
    copied: Collection[Key] = ()


def publish(session: Session, journal: Journal, change: Change) -> int:
    """Make a change. Returns the attempts that it took.

    Raises:
        WarehouseError: something outside keeps it out, or somebody wrote to production; nothing was changed.
    """
    change = _staged(session, journal, change)
    made = _finished(session, journal, change) if change.is_new else None
    definitions = views.definitions(session, _outside(session, journal, change))
    if made is not None:
        readers.Built(session).wait(readers.BUDGET)
    kept = {} if change.superseded is None else {key[0]: kept_in(key[0], change.superseded) for key in change.out}

    def begin() -> None:
        _refuse_changed(change.changed())
        _make_schemas(session, {schema for schema, _ in change.into})
        journal.add_beside({place: serves for serves, place in kept.items()}, change.superseded)

    def rebind() -> None:
        for each in definitions:
            views.rebind(session, each)
        left = dependants.find(session, _oids(change.out), journal.all_beside())
        if left.views or left.others:
            raise _resting(left)

    def say() -> None:
        if made is not None:
            journal.set_contents(change.release, written.as_moved(session, made))
        if change.superseded is not None:
            journal.set_contents(change.superseded, change.before)
        journal.publish(change.action, change.release, change.superseded, made.snapshot if made is not None else None)

    own = catalog.statistics(session, [*_oids(change.out), *_oids(change.into)])
    exchange = Exchange(
        out=[Move(each, kept[key[0]], own.get(each.oid, ())) for key, each in change.out.items()],
        into=[Move(each, key[0], own.get(each.oid, ())) for key, each in change.into.items()],
        guarded=list(change.out.values()) if change.is_new else [],
        rebound=list(catalog.by_oid(session, [each.view.oid for each in definitions]).values()),
        before=begin,
        after=rebind,
        at_last=say,
    )
    return perform(session, exchange, readers.BUDGET, random.Random())  # noqa: S311


def _refuse_changed(names: Sequence[str]) -> None:
    if names:
        raise WarehouseError(
            f"{listed(names)} in production was written to by someone else while the release was made",
            "run again; let only `dataops deploy` write to production",
        )


def _make_schemas(session: Session, wanted: set[str]) -> None:
    for schema in sorted(wanted - catalog.schemas(session, wanted)):
        session.run(f"create schema {quoted(schema)}")


def _finished(session: Session, journal: Journal, change: Change) -> Expected:
    """Give what is new whatever its predecessors have; no reader sees any of it yet. Returns what the release is."""
    attired = attire.attired(session, [*_oids(change.out), *_oids(change.into)])
    for key, relation in change.into.items():
        old = change.out.get(key)
        if old is not None and (old.owner != relation.owner or attired & {old.oid, relation.oid}):
            attire.take_over(session, old, relation, change.governed.get(key, ()))
    places = _places(change.out, change.into)
    for key in change.copied:
        if key in change.out and key in change.into:
            attire.foreign_keys(session, change.out[key], change.into[key], places)
    for beside, served in journal.beside(None).items():
        attire.schema_grants(session, beside, served)
    return written.look(session, {**change.stays, **change.into})


def _staged(session: Session, journal: Journal, change: Change) -> Change:
    """The change with what has to follow it: materialized views outside are made anew beside, and exchanged too."""
    out, into = dict(change.out), dict(change.into)
    while True:
        found = _resting_on(session, journal, out)
        inside = set(_oids(into))
        ours = [each for each in found.views if each.oid in inside]
        more = [each for each in found.tables if each.oid not in inside]
        if not ours and not more:
            break
        places = _places(out, into)
        schemas = sorted({key[0] for key in out})
        for view in (*ours, *more):
            if not view.ours:
                raise views.refusal(view, f"is {view.owner}'s, or in a schema where this role may create nothing")
            beside = upcoming(view.schema)
            with session.transaction():
                if view not in ours:
                    journal.add_beside({beside: view.schema}, None)
                views.restated(session, view, schemas, places, None if view in ours else beside)
        for view in more:
            key = (view.schema, view.name)
            out[key] = catalog.by_oid(session, [view.oid])[view.oid]
            into[key] = catalog.relations(session, [upcoming(view.schema)])[(upcoming(view.schema), view.name)]
            if not change.is_new:
                attire.take_over(session, out[key], into[key], ())
                readers.Built(session).wait(readers.BUDGET)
    if found.others:
        raise _resting(Dependants((), found.others))
    more_before = {key: Seen(old.oid, None, None) for key, old in out.items() if key not in change.out}
    return replace(change, into=into, out=out, before={**change.before, **more_before})


def _resting_on(session: Session, journal: Journal, out: Mapping[Key, Relation]) -> Dependants:
    """What rests on the relations that go, other than what was kept earlier."""
    beside = journal.all_beside() - set(journal.beside(None))
    return dependants.find(session, _oids(out), beside)


def _outside(session: Session, journal: Journal, change: Change) -> tuple[View, ...]:
    found = _resting_on(session, journal, change.out)
    if found.others:
        raise _resting(Dependants((), found.others))
    return found.plain


def _places(out: Mapping[Key, Relation], into: Mapping[Key, Relation]) -> dict[int, Relation]:
    """By the number of each relation that goes, the one that takes its place."""
    return {old.oid: into[key] for key, old in out.items() if key in into}


def _resting(found: Dependants) -> WarehouseError:
    names = [*(f"view {each}" for each in found.views), *found.others]
    return WarehouseError(
        f"{listed(names)} would stay with the earlier release, since the server ties it to relations and not to names",
        "drop it, or let it stand apart from the release's relations; then run again",
    )


def listed(names: Sequence[str]) -> str:
    """Some names in words."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _oids(relations: Mapping[Key, Relation]) -> list[int]:
    return [each.oid for each in relations.values()]
