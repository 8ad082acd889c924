"""The history as a DuckDB connection with typed views, one table a kind."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import duckdb

from dataops.location import Location
from dataops.observe.history import files
from dataops.observe.history.facts import Damaged
from dataops.observe.history.files import CACHE, Named, literal
from dataops.observe.history.holdings import Held, survey, versions
from dataops.observe.history.journal import FOLDER as JOURNALS
from dataops.observe.history.journal import is_live, journals
from dataops.observe.history.schema import KINDS, VIEWS, columns


@dataclass(frozen=True)
class History:
    """An open history. `connection` has the views of docs/history.md; `damaged`: files that were left out."""

    connection: duckdb.DuckDBPyConnection
    damaged: tuple[Damaged, ...]
    _read: tuple[tuple[Held, ...], ...] = ()
    _here: tuple[Path, ...] = ()

    def of(self, kind: str, invocations: Collection[str]) -> str:
        """A query of a kind's records, of the files of some invocations alone; others may be in the same files."""
        wanted = frozenset(invocations)
        parts = [[held for held in read if held.invocations & wanted] for read in self._read]
        here = [path for path in self._here if path.stem in wanted]
        return _all(kind, _parts(self.connection, kind, parts, here))


@contextmanager
def reading(state: str, root: Path, since: datetime | None = None) -> Iterator[History]:
    """Open the history at the state's location, with what is running in the project at `root` right now.

    `since` leaves out whole files of invocations that started on an earlier day (UTC): it makes a long history quick
    to open, and is no filter. Nothing is written but the cache of a remote location.

    Raises:
        StateError: the location cannot be read.
    """
    place = Location(state)
    connection = files.connect()
    try:
        day = f"{since:%Y%m%d}" if since else None
        surveyed = [survey(connection, place, version, root / CACHE, day) for version in versions(place)]
        stored = {uid for each in surveyed for held in each.read for uid in held.invocations}
        here = [path for path in journals(root / JOURNALS) if path.stem not in stored]
        read = tuple(each.read for each in surveyed)
        for kind in KINDS:
            connection.execute(f"create view all_{kind} as {_all(kind, _parts(connection, kind, read, here))}")
        for name, sql in VIEWS.items():
            connection.execute(f"create view {name} as {sql}")
        damaged = tuple(damaged for each in surveyed for damaged in each.damaged)
        yield History(connection, damaged, read, tuple(here))
    finally:
        connection.close()


def recent(state: str, now: datetime, days: int, files_at_least: int) -> datetime:
    """The start of the last `days`, or of the day of the so manieth newest file if that is earlier: for `since`.

    Raises:
        StateError: the location cannot be read.
    """
    place = Location(state)
    names = (Named.of(name) for version in versions(place) for name in place.names(files.folder(version)))
    newest = sorted((named.day for named in names if named), reverse=True)[:files_at_least]
    first = now.astimezone(timezone.utc).replace(tzinfo=None) - timedelta(days=days)
    return min([first, *(datetime.strptime(day, "%Y%m%d") for day in newest[-1:])])


def _parts(
    connection: duckdb.DuckDBPyConnection, kind: str, read: Sequence[Sequence[Held]], here: Sequence[Path]
) -> list[str]:
    """A kind in the files of each version, and in journals."""
    parts = [_stored(connection, kind, each) for each in read if each]
    return [*parts, _running(kind, here)] if here else parts


def _all(kind: str, parts: Sequence[str]) -> str:
    """All parts with all columns of this version, and no others."""
    nothing = ", ".join(f'null::{type_} as "{name}"' for name, type_ in columns(kind).items())
    selected = ", ".join(f'"{name}"' for name in columns(kind))
    united = " union all by name ".join([f"select {nothing} where false", *parts])
    return f"select {selected} from ({united})"  # noqa: S608


def _stored(connection: duckdb.DuckDBPyConnection, kind: str, read: Sequence[Held]) -> str:
    """A kind in files of one version, which all have the same columns: those of the first are looked up."""
    first = connection.execute(f"select {kind} from read_parquet(?) limit 0", [str(read[0].path)])  # noqa: S608
    known = [str(name) for name, _ in first.description[0][1].children]
    wanted = ", ".join(f'{kind}."{name}" as "{name}"' for name in known if name in columns(kind))
    paths = ", ".join(literal(str(held.path)) for held in read)
    elsewhere = "".join(
        f" and not (filename = {literal(str(held.path))} and {kind}.invocation_id in ({_listed(held.elsewhere)}))"
        for held in read
        if held.elsewhere
    )
    named = ", filename = true" if elsewhere else ""
    return f"select {wanted} from read_parquet([{paths}]{named}) where kind = '{kind}'{elsewhere}"  # noqa: S608


def _running(kind: str, here: Sequence[Path]) -> str:
    """A kind in journals. Whoever wrote one that nobody holds any more was killed."""
    dead = [path.stem for path in here if not is_live(path)]
    rows = f"select {kind}.* from ({files.lines(here)}) where kind = '{kind}'"  # noqa: S608
    if kind != "invocation" or not dead:
        return rows
    status = f"case when status = 'running' and invocation_id in ({_listed(dead)}) then 'interrupted' else status end"
    return f"select * replace ({status} as status) from ({rows})"  # noqa: S608


def _listed(texts: Sequence[str] | frozenset[str]) -> str:
    return ", ".join(literal(text) for text in sorted(texts))
