"""A release that waits to be published: its schemas under names of their own, and a row that says what production was.

leave      <schema>__next becomes <schema>__waiting, and the row is written, in one transaction
publish    the names are taken back in one transaction, and the release is published from there as any other
reopen     of one that is unfinished the names are taken back for good: it is built on, and waits again or is dropped
settle     a process that was killed in between left the row: what is not live waits again
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import astuple
from typing import Any

from dataops.engines.postgres import catalog, written
from dataops.engines.postgres.attire import Governed
from dataops.engines.postgres.catalog import Relation
from dataops.engines.postgres.names import parked, upcoming
from dataops.engines.postgres.publication import Key
from dataops.engines.postgres.store import Store
from dataops.engines.postgres.upcoming import Begun, Upcoming
from dataops.engines.postgres.written import Expected, Seen
from dataops.errors import DataopsError, StateError, WarehouseError


def release(store: Store) -> str | None:
    """The release that waits."""
    found = store.journal.waiting()
    return found[0] if found is not None else None


def leave(store: Store, release: str, begun: Begun) -> None:
    """Let what was built for the next release wait as `release`; what waited before is gone.

    Raises:
        WarehouseError: something outside rests on what waited before.
    """
    before = _beside(store)
    store.refuse_resting(before)
    with store.session.transaction():
        store.journal.remove_beside(before)
        _park(store, release, packed(begun))


def drop(store: Store) -> None:
    """Drop what waits.

    Raises:
        WarehouseError: something outside rests on it.
    """
    if store.journal.waiting() is not None:
        store.drop(_beside(store))
        store.journal.unset_waiting()


def publish(store: Store, release: str, superseded: str | None) -> None:
    """Publish what waits; where that is refused, it waits on.

    Raises:
        StateError: what was written down is damaged.
        WarehouseError: as for any publication.
    """
    begun, text = _found(store, release)
    store.discard()
    with store.session.transaction():
        store.journal.set_waiting(release, text, is_taken=True)
        _take(store, release)
    try:
        Upcoming(store, begun).publish(release, superseded)
    except BaseException:
        # What was refused is told, whatever becomes of this: the next command settles it else.
        with suppress(DataopsError):
            settle(store)
        raise
    store.journal.unset_waiting()
    store.tidy()


def reopen(store: Store, release: str) -> Begun:
    """Let what waits unfinished be what is built: it waits no more.

    Raises:
        StateError: what was written down is damaged.
        WarehouseError: somebody wrote to production since; it waits on.
    """
    begun, _ = _found(store, release)
    there = catalog.relations(store.session, begun.places)
    changed = written.changed(store.session, begun.expected, there, list(begun.before))
    if changed:
        raise WarehouseError(
            f"{', '.join(changed)} in production was written to by someone else while the release was made",
            "`dataops deploy --hold` builds it anew; let only `dataops deploy` write to production",
        )
    store.discard()
    with store.session.transaction():
        _take(store, release)
        store.journal.unset_waiting()
    return begun


def _found(store: Store, release: str) -> tuple[Begun, str]:
    found = store.journal.waiting()
    if found is None or found[0] != release:
        raise StateError(f"release {release} does not wait here", "`dataops deploy --hold` makes another one")
    return unpacked(found[1]), found[1]


def _take(store: Store, release: str) -> None:
    for schema, serves in store.journal.beside(release).items():
        store.journal.rename_beside(schema, upcoming(serves), None)


def settle(store: Store) -> None:
    """Let what a process had taken to publish it wait again, unless it is live."""
    found = store.journal.waiting()
    if found is None or not found[2]:
        return
    if store.journal.live() == found[0]:
        store.journal.unset_waiting()
    else:
        with store.session.transaction():
            _park(store, found[0], found[1])


def _park(store: Store, release: str, begun: str) -> None:
    for schema, serves in store.journal.beside(None).items():
        store.journal.rename_beside(schema, parked(serves), release)
    store.journal.set_waiting(release, begun, is_taken=False)


def _beside(store: Store) -> list[str]:
    """The schemas of what waits."""
    found = store.journal.waiting()
    return sorted(store.journal.beside(found[0])) if found is not None else []


def packed(begun: Begun) -> str:
    """It as text."""
    seen = begun.expected.seen.items()
    return json.dumps(
        {
            "places": dict(begun.places),
            "there": [astuple(each) for each in begun.there.values()],
            "before": _listed(begun.before),
            "snapshot": begun.expected.snapshot,
            "seen": [[*key, *astuple(each)] for key, each in seen],
            "stays": _listed(begun.stays),
            "copied": _listed(begun.copied),
            "governed": [[*key, *sorted(each)] for key, each in begun.governed.items()],
        }
    )


def unpacked(text: str) -> Begun:
    """What `packed` made.

    Raises:
        StateError: it is damaged.
    """
    try:
        read: Mapping[str, Any] = json.loads(text)
        there = {each.key: each for each in (Relation(*values) for values in read["there"])}
        governed: Governed = {(schema, name): set(words) for schema, name, *words in read["governed"]}
        return Begun(
            places=read["places"],
            there=there,
            before={key: there[key] for key in _keys(read["before"])},
            expected=Expected(read["snapshot"], {(row[0], row[1]): Seen(*row[2:]) for row in read["seen"]}),
            stays=_keys(read["stays"]),
            copied=_keys(read["copied"]),
            governed=governed,
        )
    except (ValueError, KeyError, TypeError) as error:
        raise StateError(
            f"what waits to be published is damaged: {error}", "`dataops discard`, then deploy again"
        ) from error


def _listed(keys: Collection[Key]) -> list[list[str]]:
    return sorted(list(key) for key in keys)


def _keys(listed: Collection[Collection[str]]) -> set[Key]:
    return {(schema, name) for schema, name in listed}
