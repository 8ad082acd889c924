"""One DuckDB file on a disk: what tells it from another, its write-ahead log, and renames that outlast a power cut."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from dataops.errors import DataopsError, WarehouseError
from dataops.store.location import make, sync

_LOCKED = re.compile(r"could not set lock|conflicting lock|used by another process", re.IGNORECASE)
_HOLDER = re.compile(r"\((PID \d+)\)")
_LOGS = (".wal", ".wal.checkpoint", ".wal.recovery")

Identity = list[int]
"""What a rename keeps and a rewrite changes: device, inode, size, time of last change in nanoseconds."""


def identity(path: Path) -> Identity | None:
    """The identity of a file; None when there is none."""
    try:
        facts = path.stat()
    except FileNotFoundError:
        return None
    return [facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns]


def logs(path: Path) -> list[Path]:
    """The write-ahead logs beside a database: whoever opens it next reads them into it."""
    return [log for ending in _LOGS if (log := path.with_name(path.name + ending)).exists()]


def is_one(path: Path) -> bool:
    """Whether a file is a DuckDB database. Not to be asked of one that is locked here: reading it ends the lock."""
    try:
        with path.open("rb") as file:
            return file.read(12)[8:] == b"DUCK"
    except OSError:
        return False


def content(path: Path) -> str | None:
    """Tells a database from itself after any later write, wherever it is copied to; None when there is none.

    DuckDB numbers its checkpoints in the three blocks of 4 KiB that its file begins with.
    """
    try:
        with path.open("rb") as file:
            return hashlib.sha256(file.read(3 * 4096)).hexdigest()
    except FileNotFoundError:
        return None


def checkpoint(path: Path) -> None:
    """Fold the write-ahead log into the file, so that the file alone is the database, and put it on the disk.

    Raises:
        WarehouseError: it is locked, is no database, or its log is another's.
    """
    try:
        with duckdb.connect(str(path)) as connection:
            connection.execute("checkpoint")
    except duckdb.Error as error:
        raise unreadable(path, error) from error
    if logs(path):
        raise WarehouseError(
            f"{logs(path)[0]} is still there after a checkpoint of its database", "close whatever has it open"
        )
    with path.open("rb") as file:
        os.fsync(file.fileno())


def fold_log(path: Path) -> None:
    """Fold in what a writer left who died; nothing happens to a database without a log.

    Raises:
        WarehouseError: as `checkpoint`; there is a log and no database.
    """
    if not logs(path):
        return
    if not path.exists():
        raise WarehouseError(
            f"{logs(path)[0]} is there and its database is not", "bring the database back, or move that file away"
        )
    checkpoint(path)


def check(path: Path) -> None:
    """See that a file can be opened and is a database, and fold in its log.

    Raises:
        WarehouseError: it cannot.
    """
    fold_log(path)
    try:
        duckdb.connect(str(path), read_only=True).close()
    except duckdb.Error as error:
        raise unreadable(path, error) from error


@contextmanager
def without_writers(path: Path) -> Iterator[None]:
    """Keep writers out: a connection that reads holds DuckDB's lock on the file. What is no database has no writer.

    A lock ends as soon as this process closes the file once more. On Windows nobody can rename what is open: there a
    writer is only looked for.

    Raises:
        WarehouseError: somebody has it open for writing.
    """
    with contextlib.ExitStack() as reading:
        if path.exists():
            try:
                connection = reading.enter_context(duckdb.connect(str(path), read_only=True))
            except duckdb.Error as error:
                if is_lock(error):
                    raise unreadable(path, error) from error
            else:
                if os.name == "nt":
                    connection.close()
        yield


def keep(database: Path, place: Path) -> None:
    """A second name for a database, made before a rename takes the first; a copy where there are no links."""
    make(place.parent)
    place.unlink(missing_ok=True)
    try:
        place.hardlink_to(database)
    except OSError:
        shutil.copyfile(database, place)
        with place.open("rb") as file:
            os.fsync(file.fileno())
    sync(place.parent)


def rename(new: Path, place: Path, also: Callable[[], None] = lambda: None) -> None:
    """Put `new` in the place of whatever is there: at once, and for good on returning. `also` comes right after."""
    new.replace(place)
    also()
    sync(place.parent)
    sync(new.parent)


def is_lock(error: duckdb.Error) -> bool:
    """Whether another process has the database open."""
    return _LOCKED.search(str(error)) is not None


def unreadable(path: Path, error: duckdb.Error) -> DataopsError:
    """The error of a database that DuckDB does not open."""
    if is_lock(error):
        holder = _HOLDER.search(str(error))
        return WarehouseError(
            f"the database {path} is locked by another process{f' ({holder[1]})' if holder else ''}",
            "close that process (an open DuckDB shell, a BI tool, another run) and try again",
        )
    if "wal" in str(error).lower() and (left := logs(path)):
        return WarehouseError(
            f"cannot read {left[0]} into its database: {error}", "it may be another database's: move it away, run again"
        )
    return WarehouseError(f"cannot open {path}: {error}", "check that it is a DuckDB database of this version")
