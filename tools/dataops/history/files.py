"""The files of the history at its location: their names, what each holds, and from which an invocation is read."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import duckdb

from dataops.config import WORK
from dataops.errors import StateError
from dataops.history.records import KINDS, VERSION, reading_lines
from dataops.history.summary import Damaged
from dataops.store.location import Location

CACHE = WORK / "history"
"""Where files of a history that is not on this machine are kept, relative to the project."""

FOLDER = "history"
HOLDS = "dataops_holds"
REPLACES = "dataops_replaces"

_ONE = re.compile(r"(?P<at>\d{8}T\d{12})Z-(?P<invocation>[\w-]+)-(?P<crc>[0-9a-f]{8})\.parquet")
_MANY = re.compile(r"compacted-(?P<day>\d{8})-[0-9a-f]{12}-(?P<crc>[0-9a-f]{8})\.parquet")


@dataclass(frozen=True)
class Named:
    """What a file's name tells. `invocation` is None for a compacted one; `day` is when its invocations started."""

    name: str
    crc: int
    day: str
    started_at: datetime | None = None
    invocation: str | None = None

    @classmethod
    def of(cls, name: str) -> Named | None:
        """A name of ours; None for any other."""
        if one := _ONE.fullmatch(name):
            at = datetime.strptime(one["at"], "%Y%m%dT%H%M%S%f")
            return cls(name, int(one["crc"], 16), name[:8], at, one["invocation"])
        if many := _MANY.fullmatch(name):
            return cls(name, int(many["crc"], 16), many["day"])
        return None


def folder(version: int = VERSION) -> str:
    """Where files of a version are, relative to the state."""
    return f"{FOLDER}/v{version}"


def now() -> datetime:
    """UTC, without a zone, as all times of the history are."""
    return datetime.now(timezone.utc).replace(tzinfo=None)


def connect() -> duckdb.DuckDBPyConnection:
    """A database in memory that knows UTC only, and loads nothing from elsewhere."""
    connection = duckdb.connect(config={"autoinstall_known_extensions": False})
    connection.execute("set timezone = 'UTC'")
    # Files are never rewritten: what the end of each says of it is read once and not for every query.
    connection.execute("set parquet_metadata_cache = true")
    return connection


def lines(journals: Sequence[Path]) -> str:
    """SQL that reads journals as a file's columns: of each invocation, node and source the last that was said.

    What only journals hold is left out.

    A line that a killed writer did not finish is left out.
    """
    named = ", ".join(literal(str(path)) for path in journals)
    kinds = ", ".join(literal(kind) for kind in KINDS)
    return f"""
        select kind, {", ".join(KINDS)}
        from read_json(
            [{named}], format = 'newline_delimited', columns = {reading_lines()}, ignore_errors = true, filename = true,
            maximum_object_size = 67108864
        )
        where kind in ({kinds})
        qualify kind not in ('invocation', 'result', 'freshness') or row_number() over (
            partition by filename, kind, result.unique_id, freshness.unique_id order by line desc
        ) = 1"""  # noqa: S608


def store(place: Location, journal: Path) -> None:
    """Write a closed journal's invocation to the history; nothing if it does not tell which that is.

    Raises:
        StateError: the location cannot be written.
    """
    invocation = told(journal, last=False)
    if invocation is None:
        return
    started = datetime.fromisoformat(invocation["started_at"])
    stem = f"{started:%Y%m%dT%H%M%S%f}Z-{invocation['invocation_id']}"
    with closing(connect()) as connection:
        write(connection, place, f"from ({lines([journal])})", stem, [invocation["invocation_id"]], [], journal)


def told(journal: Path, last: bool) -> Mapping[str, Any] | None:
    """The first or the last that a journal says of its invocation, in whole lines that can be read; None: nothing."""
    found = None
    with journal.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if '"kind": "invocation"' not in line or not line.endswith("\n"):
                continue
            try:
                invocation = json.loads(line)["invocation"]
                datetime.fromisoformat(invocation["started_at"])
                found = {
                    **invocation,
                    "invocation_id": str(invocation["invocation_id"]),
                    "status": invocation["status"],
                }
            except (ValueError, KeyError, TypeError):
                continue  # A line that is not whole any more; the others are.
            if not last:
                break
    return found


def write(
    connection: duckdb.DuckDBPyConnection,
    place: Location,
    rows: str,
    stem: str,
    holds: Sequence[str],
    replaces: Sequence[str],
    beside: Path,
) -> str:
    """Write a file of `rows`, a `from` clause, by way of one beside `beside`; its name.

    Raises:
        StateError: this disk or the location cannot be written.
    """
    temporary = beside.with_suffix(".parquet")
    try:
        # Rows of a kind side by side compress well, and a reader of one kind skips the others. In this order the same
        # records are the same bytes, and so the same file.
        connection.execute(
            f"copy (select kind, {', '.join(KINDS)} {rows} order by all) to {literal(str(temporary))} "
            f"(format parquet, compression zstd, kv_metadata {{{HOLDS}: {literal(json.dumps(list(holds)))}, "
            f"{REPLACES}: {literal(json.dumps(list(replaces)))}}})"
        )
        name = f"{stem}-{crc(temporary):08x}.parquet"
        place.write(f"{folder()}/{name}", temporary)
    except duckdb.Error as error:
        raise StateError(f"cannot write {temporary}: {error}", "check the space on this disk") from error
    finally:
        temporary.unlink(missing_ok=True)
    return name


def crc(path: Path) -> int:
    """The CRC-32 of a file."""
    value = 0
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            value = zlib.crc32(block, value)
    return value


def literal(text: str) -> str:
    """Text as SQL."""
    return "'" + text.replace("'", "''") + "'"


_TRIES = 3


@dataclass(frozen=True)
class Held:
    """An intact file, as it lies on this disk: the invocations in it, and those that are to be read from another."""

    named: Named
    path: Path
    invocations: frozenset[str]
    replaces: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Holdings:
    """The files of one version. `read`: every invocation once. `replaced`: intact, and held by others."""

    version: int
    read: tuple[Held, ...]
    replaced: tuple[Held, ...]
    damaged: tuple[Damaged, ...] = field(default=())


def versions(place: Location) -> list[int]:
    """The versions that there are files of."""
    names = (name.removeprefix("v") for name in place.folders(FOLDER) if name.startswith("v"))
    return sorted(int(name) for name in names if name.isdigit())


def survey(
    connection: duckdb.DuckDBPyConnection, place: Location, version: int, cache: Path, since: str | None = None
) -> Holdings:
    """Look at the files of a version, those of invocations that started on the day `since` (YYYYMMDD) or later.

    Raises:
        StateError: the location cannot be read, or its files are replaced as fast as they are looked at.
    """
    for _ in range(_TRIES):
        try:
            return _surveyed(connection, place, version, cache, since)
        except (duckdb.IOException, FileNotFoundError):
            # Another process removed what it had replaced after it was listed here: what replaced it is there now.
            continue
    raise StateError(f"the history at {place.url} changes while it is read", "run it again")


def _surveyed(
    connection: duckdb.DuckDBPyConnection, place: Location, version: int, cache: Path, since: str | None
) -> Holdings:
    known = [named for name in place.names(folder(version)) if (named := Named.of(name)) is not None]
    known = [named for named in known if since is None or named.day >= since]
    paths = place.on_disk(folder(version), [named.name for named in known], cache / f"v{version}")
    damaged = []
    intact = []
    for named in known:
        # What vanished since it was listed has been replaced or has expired.
        path = paths.get(named.name)
        if path is None:
            continue
        try:
            why = "" if crc(path) == named.crc else "its content is not what was written"
        except FileNotFoundError:
            raise
        except OSError as error:
            why = f"it cannot be read: {error.strerror}"
        if why:
            damaged.append(Damaged(f"{place.url}/{folder(version)}/{named.name}", why))
        else:
            intact.append((named, path))
    held = list(_opened(connection, intact))
    chosen, replaced = choose(held)
    return Holdings(version, tuple(chosen), tuple(replaced), tuple(damaged))


def stored(place: Location, cache: Path) -> frozenset[str]:
    """The ids of all invocations in the history."""
    with closing(connect()) as connection:
        read = [held for version in versions(place) for held in survey(connection, place, version, cache).read]
    return frozenset[str]().union(*(held.invocations for held in read))


def _opened(connection: duckdb.DuckDBPyConnection, files: Sequence[tuple[Named, Path]]) -> Iterable[Held]:
    many = [str(path) for named, path in files if named.invocation is None]
    inside = _inside(connection, many) if many else {}
    for named, path in files:
        if named.invocation is not None:
            yield Held(named, path, frozenset((named.invocation,)))
        else:
            told = inside[str(path)]
            yield Held(named, path, frozenset(told[HOLDS]), frozenset(told[REPLACES]))


def _inside(connection: duckdb.DuckDBPyConnection, paths: Sequence[str]) -> Mapping[str, Mapping[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {path: {} for path in paths}
    rows = connection.execute("select file_name, key, value from parquet_kv_metadata(?)", [list(paths)]).fetchall()
    for path, key, value in rows:
        if key.decode() in (HOLDS, REPLACES):
            found[path][key.decode()] = json.loads(value)
    return found


def choose(files: Sequence[Held]) -> tuple[list[Held], list[Held]]:
    """From which files every invocation is read once, and which are replaced by those.

    A compacted file goes before what it was made of. Two that were made at once may hold the same: the fuller one goes
    first, and the other is read without what that has.
    """
    gone = {name for file in files for name in file.replaces}
    order = sorted(files, key=lambda file: (file.named.name in gone, -len(file.invocations), file.named.name))
    read, replaced = [], []
    seen: set[str] = set()
    for file in order:
        again = file.invocations & seen
        if file.named.name in gone or again == file.invocations:
            replaced.append(file)
            continue
        read.append(Held(file.named, file.path, file.invocations, file.replaces, frozenset(again)))
        seen |= file.invocations
    return sorted(read, key=lambda file: file.named.name), replaced
