"""The files of the history at its location: their names, what each holds, and how a journal becomes one.

    <state>/history/v1/<started>-<invocation>-<crc>.parquet      one invocation
    <state>/history/v1/compacted-<day>-<random>-<crc>.parquet    many; which, and the files they come from, is inside

A file is written whole and never rewritten. Its name ends with the CRC-32 of its content, so that a damaged one is
known before it is read. Writers never wait for each other; what two of them wrote of the same invocation, readers
take once.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import duckdb

from dataops.config import WORK
from dataops.errors import StateError
from dataops.location import Location
from dataops.observe.history.schema import KINDS, VERSION, reading_lines

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
