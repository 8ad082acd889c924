"""Fewer and younger files: compaction of whole days into one file, and expiry.

Both may be killed at any point and run beside writers, readers and themselves. A file that replaces others says which
and is there whole before any of those is removed; until then readers prefer it. What is replaced is removed by a later
compaction, when no reader can still have it open.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

import duckdb

from dataops.errors import StateError
from dataops.history import files
from dataops.history.files import Held, folder, literal, survey
from dataops.history.records import VERSION
from dataops.history.summary import Damaged
from dataops.store.location import Location

_GRACE = timedelta(minutes=10)


@dataclass(frozen=True)
class Kept:
    """What upkeep did. `written`: new files, of so many `invocations`; `removed`: files that are gone."""

    written: int
    removed: int
    invocations: int
    damaged: tuple[Damaged, ...]


def compact(state: str, work: Path, grace: timedelta = _GRACE) -> Kept:
    """Make one file of each day (UTC) that has several. `work`: a folder for what is being written.

    Files that an earlier compaction replaced more than `grace` ago are removed.

    Raises:
        StateError: the location cannot be read or written.
    """
    place = Location(state)
    with closing(files.connect()) as connection:
        found = survey(connection, place, VERSION, work)
        removed = _remove_replaced(place, found.read, found.replaced, grace)
        written = invocations = 0
        for day, several in _by_day(found.read):
            if len(several) > 1:
                invocations += len(_merge(connection, place, work, day, several))
                written += 1
    return Kept(written, removed, invocations, found.damaged)


def expire(state: str, work: Path, before: datetime) -> Kept:
    """Remove what started before a moment (UTC). A compacted day is written anew if some of it stays.

    Raises:
        StateError: the location cannot be read or written.
    """
    place = Location(state)
    day = f"{before:%Y%m%d}"
    removed = written = invocations = 0
    with closing(files.connect()) as connection:
        found = survey(connection, place, VERSION, work)
        for held in (*found.read, *found.replaced):
            named = held.named
            if named.day > day:
                continue
            if named.started_at is not None:
                old, kept = held.invocations if named.started_at < before else frozenset(), frozenset[str]()
            else:
                old = _older(connection, held, before)
                kept = held.invocations - old
            if not old:
                continue
            if kept and held in found.read:
                _merge(connection, place, work, named.day, [held], old)
                written += 1
            if held in found.read:
                invocations += len(old)
            place.remove(f"{folder()}/{named.name}")
            removed += 1
    return Kept(written, removed, invocations, found.damaged)


def _by_day(read: Sequence[Held]) -> list[tuple[str, list[Held]]]:
    return [(day, list(several)) for day, several in groupby(sorted(read, key=_day), key=_day)]


def _day(held: Held) -> str:
    return held.named.day


def _merge(
    connection: duckdb.DuckDBPyConnection,
    place: Location,
    work: Path,
    day: str,
    several: Sequence[Held],
    without: frozenset[str] = frozenset(),
) -> frozenset[str]:
    """Write one file of several, without some invocations; those that it holds."""
    holds = frozenset[str]().union(*(held.invocations for held in several)) - without
    paths = ", ".join(literal(str(held.path)) for held in several)
    left_out = "".join(
        f" and not (filename = {literal(str(held.path))} and {_ID} in ({_listed(held.elsewhere)}))"
        for held in several
        if held.elsewhere
    )
    left_out += f" and {_ID} not in ({_listed(without)})" if without else ""
    unique = secrets.token_hex(6)
    work.mkdir(parents=True, exist_ok=True)
    try:
        files.write(
            connection,
            place,
            f"from read_parquet([{paths}], filename = true) where true{left_out}",
            f"compacted-{day}-{unique}",
            sorted(holds),
            sorted(held.named.name for held in several),
            work / unique,
        )
    except duckdb.IOException as error:
        raise StateError(
            f"the history at {place.url} changed while it was compacted: {error}", "run it again"
        ) from error
    return holds


_ID = (
    "coalesce(invocation.invocation_id, result.invocation_id, sample.invocation_id, point.invocation_id, "
    "freshness.invocation_id, relation.invocation_id)"
)


def _listed(texts: frozenset[str]) -> str:
    return ", ".join(literal(text) for text in sorted(texts))


def _older(connection: duckdb.DuckDBPyConnection, held: Held, before: datetime) -> frozenset[str]:
    rows = connection.execute(
        "select invocation.invocation_id from read_parquet(?) where kind = 'invocation' and invocation.started_at < ?",
        [str(held.path), before],
    ).fetchall()
    return frozenset(str(row[0]) for row in rows)


def _remove_replaced(place: Location, read: Sequence[Held], replaced: Sequence[Held], grace: timedelta) -> int:
    """Remove files whose every invocation is in a file that has been there for a while."""
    settled = frozenset[str]().union(
        *(held.invocations for held in read if files.now() - place.written_at(f"{folder()}/{held.named.name}") >= grace)
    )
    gone = [held for held in replaced if held.invocations <= settled]
    for held in gone:
        place.remove(f"{folder()}/{held.named.name}")
    return len(gone)
