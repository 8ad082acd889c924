"""Which file each invocation is read from, when some files are damaged and some hold the same."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from dataops.errors import StateError
from dataops.location import Location
from dataops.observe.history.facts import Damaged
from dataops.observe.history.files import FOLDER, HOLDS, REPLACES, Named, connect, crc, folder

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
