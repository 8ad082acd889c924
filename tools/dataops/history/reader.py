"""The history as a DuckDB connection with typed views, one table a kind, and its last invocations."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import duckdb

from dataops.errors import StateError
from dataops.history import files
from dataops.history.files import CACHE, Held, Named, literal, survey, versions
from dataops.history.journals import FOLDER as JOURNALS
from dataops.history.journals import is_live, journals
from dataops.history.records import KINDS, VIEWS, columns
from dataops.history.summary import Damaged, Listed, NodeResult
from dataops.project import statuses
from dataops.store.location import Location

_TRIES = 3


@dataclass(frozen=True)
class History:
    """An open history. `connection` has the views of docs/history.md; `damaged`: files that were left out."""

    connection: duckdb.DuckDBPyConnection
    damaged: tuple[Damaged, ...]
    _read: tuple[tuple[Held, ...], ...]
    _here: Mapping[str, bool]
    _stored: Set[str]

    def whole(self, kind: str) -> str:
        """A query of all records of a kind."""
        return self._of(kind, self._read)

    def of(self, kind: str, invocations: Collection[str]) -> str:
        """The same of the files of some invocations alone; others may be in the same files, and all journals are."""
        wanted = frozenset(invocations)
        return self._of(kind, [[held for held in read if held.invocations & wanted] for read in self._read])

    def _of(self, kind: str, read: Sequence[Sequence[Held]]) -> str:
        parts = [_stored(self.connection, kind, each) for each in read if each]
        return _all(kind, [*parts, _running(kind, self._here, self._stored)] if self._here else parts)


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
        # Journals first: one that is stored and removed meanwhile is among the files then, and is taken from there.
        here = _journals(connection, root / JOURNALS)
        surveyed = [survey(connection, place, version, root / CACHE, day) for version in versions(place)]
        stored = {uid for each in surveyed for held in each.read for uid in held.invocations}
        read = tuple(each.read for each in surveyed)
        damaged = tuple(damaged for each in surveyed for damaged in each.damaged)
        history = History(connection, damaged, read, here, frozenset(stored))
        for kind in KINDS:
            connection.execute(f"create view all_{kind} as {history.whole(kind)}")
        for name, sql in VIEWS.items():
            connection.execute(f"create view {name} as {sql}")
        yield history
    except duckdb.IOException as error:
        raise StateError(f"the history at {place.url} changed while it was read: {error}", "run it again") from error
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


def reaches_back(state: str, since: datetime) -> bool:
    """Whether `reading` leaves anything out that started before that day.

    Raises:
        StateError: the location cannot be read.
    """
    place = Location(state)
    names = (Named.of(name) for version in versions(place) for name in place.names(files.folder(version)))
    return any(named.day < f"{since:%Y%m%d}" for named in names if named)


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


def _journals(connection: duckdb.DuckDBPyConnection, folder: Path) -> dict[str, bool]:
    """Read the journals as they are now into a table; the invocation of each, and whether its writer lives."""
    for _ in range(_TRIES):
        here = journals(folder)
        live = {path.stem: is_live(path) for path in here}
        if not here:
            return {}
        try:
            connection.execute(f"create or replace temp table journals as {files.lines(here)}")
        except duckdb.IOException:
            continue  # stored and removed since they were listed
        return live
    raise StateError(f"the journals in {folder} change while they are read", "run it again")


def _running(kind: str, here: Mapping[str, bool], stored: Set[str]) -> str:
    """A kind in journals. Whoever wrote one that nobody holds any more was killed."""
    rows = f"select {kind}.* from journals where kind = '{kind}'"  # noqa: S608
    if stored & here.keys():
        rows += f" and {kind}.invocation_id not in ({_listed(stored & here.keys())})"
    dead = here.keys() - stored - {uid for uid, live in here.items() if live}
    if kind != "invocation" or not dead:
        return rows
    status = f"case when status = 'running' and invocation_id in ({_listed(dead)}) then 'interrupted' else status end"
    return f"select * replace ({status} as status) from ({rows})"  # noqa: S608


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(literal(text) for text in sorted(texts))


_NEWEST = "select invocation_id from invocations order by started_at desc, invocation_id limit ?"

_LAST = """
    with latest as (
        select * from ({invocations})
    ),

    counted as (
        select
            invocation_id,
            count(*) as nodes,
            count(*) filter (where status not in {fine}) as failed,
            count(*) filter (where status in {warned}) as warned,
            count(*) filter (where status in {skipped}) as skipped
        from (
            select invocation_id, status from ({results})
            union all
            select invocation_id, status from ({freshness})
        )
        group by invocation_id
    )

    select
        latest.invocation_id, command, status, started_at, seconds, target, revision, user, host, job_url, release,
        coalesce(nodes, 0), coalesce(failed, 0), coalesce(warned, 0), coalesce(skipped, 0)
    from latest
    left join counted on latest.invocation_id = counted.invocation_id
    where list_contains(?, latest.invocation_id)
    order by started_at, latest.invocation_id"""


def last(history: History, most: int) -> list[Listed]:
    """At most so many invocations, the latest last."""
    newest = [row[0] for row in history.connection.execute(_NEWEST, [most]).fetchall()]
    kinds = {"invocations": "invocation", "results": "result", "freshness": "freshness"}
    sql = _LAST.format(
        **{name: history.of(kind, newest) for name, kind in kinds.items()},
        fine=statuses.sql(set(statuses.KNOWN) - set(statuses.FAILED)),
        warned=statuses.sql(statuses.WARNED),
        skipped=statuses.sql(statuses.SKIPPED),
    )
    return [Listed(*row) for row in history.connection.execute(sql, [newest]).fetchall()]


_OF_NODE = """
    select invocation_id, command, target, invocations.started_at, unique_id, results.status, failures, results.seconds,
        results.message
    from results
    inner join invocations using (invocation_id)
    where unique_id = $node or name = $node
    order by invocations.started_at desc, invocation_id, unique_id
    limit $most"""


def of_node(history: History, node: str, most: int) -> list[NodeResult]:
    """At most so many results of a node or test, by its name or unique id, the latest last."""
    rows = history.connection.execute(_OF_NODE, {"node": node, "most": most}).fetchall()
    return [NodeResult(*row) for row in reversed(rows)]
