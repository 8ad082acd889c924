"""One release in place of another: what has to be seen to before it, the exchange itself, and the journal's row."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dataops.engines.postgres import attire, catalog, dependants, marks, readers, views
from dataops.engines.postgres.attire import Governed
from dataops.engines.postgres.catalog import Relation
from dataops.engines.postgres.dependants import Dependants, View
from dataops.engines.postgres.exchange import Exchange, Move, perform
from dataops.engines.postgres.journal import Journal
from dataops.engines.postgres.names import superseded as kept_in
from dataops.engines.postgres.names import upcoming
from dataops.engines.postgres.session import Session
from dataops.errors import WarehouseError

_NAMED = 5

Key = tuple[str, str]


@dataclass(frozen=True)
class Change:
    """What is to be live. Keys are schema and name as they are served.

    `into`: the relations that are not in place yet, by what they will be called; `out`: what has these names now, or
    is live and not to be so. `stays`: relations that are of both releases. `before`: everything of the superseded one.
    `changed`: asked, with writers kept out, which of these somebody wrote to; `governed`: privileges that the project
    decides; `copied`: tables that are copies of their predecessors.
    """

    action: str
    release: str
    superseded: str | None
    into: Mapping[Key, Relation]
    out: Mapping[Key, Relation]
    stays: Mapping[Key, Relation]
    before: Mapping[Key, Relation]
    is_new: bool
    changed: Callable[[], Sequence[str]] = tuple
    governed: Governed = field(default_factory=dict)
    copied: Collection[Key] = ()


def publish(session: Session, journal: Journal, change: Change, budget: float = readers.BUDGET) -> int:
    """Make a change. Returns the attempts that it took.

    Raises:
        WarehouseError: something outside keeps it out, or somebody wrote to production; nothing was changed.
    """
    staged = _staged(session, journal, change)
    if staged.is_new:
        for key, relation in staged.into.items():
            if key in staged.out:
                attire.take_over(session, staged.out[key], relation, staged.governed.get(key, ()))
        for key in staged.copied:
            attire.foreign_keys(session, staged.out[key], staged.into[key], _counterparts(staged))
        _schemas(session, journal)
    plain = _outside(session, journal, staged)
    definitions = views.definitions(session, plain)
    if staged.is_new:
        readers.Built(session).wait(budget)
    kept = {}
    if staged.superseded is not None:
        kept = {key[0]: kept_in(key[0], staged.superseded) for key in staged.out}

    def look() -> None:
        if found := staged.changed():
            raise WarehouseError(
                f"{_listed(found)} in production was written to by someone else while the release was made",
                "run again; let only `dataops deploy` write to production",
            )

    def rebind() -> None:
        for each in definitions:
            views.rebind(session, each)
        left = dependants.find(session, _oids(staged.out), journal.all_beside())
        if left.views or left.others:
            raise _resting(left)

    def say() -> None:
        final = {each.oid: key for key, each in (*staged.into.items(), *staged.stays.items())}
        here = {key: each for oid, each in catalog.by_oid(session, final).items() if (key := final[oid])}
        journal.set_contents(staged.release, here)
        if staged.superseded is not None:
            journal.set_contents(staged.superseded, {**staged.before, **staged.out})
        journal.publish(staged.action, staged.release, staged.superseded, marks.mark(session, here.values()))

    def begin() -> None:
        journal.add_beside({place: serves for serves, place in kept.items()}, staged.superseded)
        look()

    exchange = Exchange(
        out=[Move(each, kept[key[0]]) for key, each in staged.out.items()],
        into=[Move(each, key[0]) for key, each in staged.into.items()],
        guarded=[each for each in staged.out.values() if staged.is_new],
        before=begin,
        after=rebind,
        at_last=say,
    )
    return perform(session, exchange, budget, random.Random())  # noqa: S311


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
        places = {old.oid: into[key] for key, old in out.items() if key in into}
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
    before = {**change.before, **{key: out[key] for key in out if key not in change.out}}
    return replace(change, into=into, out=out, before=before)


def _resting_on(session: Session, journal: Journal, out: Mapping[Key, Relation]) -> Dependants:
    """What rests on the relations that go, other than what was kept: of the release itself that must not be anything."""
    beside = journal.all_beside() - set(journal.beside(None))
    return dependants.find(session, _oids(out), beside)


def _outside(session: Session, journal: Journal, change: Change) -> tuple[View, ...]:
    found = _resting_on(session, journal, change.out)
    if found.others:
        raise _resting(Dependants((), found.others))
    return found.plain


def _counterparts(change: Change) -> dict[int, Relation]:
    return {old.oid: change.into[key] for key, old in change.out.items() if key in change.into}


def _schemas(session: Session, journal: Journal) -> None:
    for made, served in journal.beside(None).items():
        attire.schema_grants(session, made, served)


def _resting(found: Dependants) -> WarehouseError:
    names = [*(f"view {each}" for each in found.views), *found.others]
    return WarehouseError(
        f"{_listed(names)} would stay with the earlier release, since the server ties it to relations and not to names",
        "drop it, or let it stand apart from the release's relations; then run again",
    )


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _oids(relations: Mapping[Key, Relation]) -> list[int]:
    return [each.oid for each in relations.values()]
