"""Production's DuckDB file and the releases it replaced: one rename publishes, and an interrupted one is settled.

    <folder>/prod.duckdb                            production
    <folder>/.dataops/prod/lock                     held by the process that deploys
    <folder>/.dataops/prod/next/prod.duckdb         the release being built
    <folder>/.dataops/prod/releases/<id>/prod.duckdb   superseded releases
    <folder>/.dataops/prod/pending.json             written just before the rename, removed after the state's pointer
    <folder>/.dataops/prod/published.json           which release was published last, and what its file began with

Every file keeps production's name, because DuckDB names a database by its file and views hold full names. The rename
is the moment of publication. The state's pointer is moved after it; a process killed between the two leaves
`pending.json`, and whoever comes next sees from the file's identity whether the rename took place.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from dataops.errors import DataopsError, StateError, WarehouseError
from dataops.location import keep_out_of_git
from dataops.state import State

_LOCKED = re.compile(r"\((PID \d+)\)")

Identity = list[int]
"""What a rename keeps and a rewrite changes: device, inode, size, time of last change in nanoseconds."""


def identity(path: Path) -> Identity | None:
    """The identity of a file; None when there is none."""
    try:
        facts = path.stat()
    except FileNotFoundError:
        return None
    return [facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns]


class Store:
    """The files around one production database."""

    def __init__(self, production: Path) -> None:
        # A link is followed, so that a rename replaces the database and not the link to it.
        self.production = production.resolve()
        self._folder = self.production.parent / ".dataops" / self.production.stem
        self.next = self._folder / "next" / self.production.name
        self._pending = self._folder / "pending.json"
        self._published = self._folder / "published.json"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let one process at a time deploy; a killed one lets go by itself.

        Raises:
            WarehouseError: another process holds it.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        keep_out_of_git(self._folder)
        try:
            with FileLock(self._folder / "lock", timeout=0):
                yield
        except Timeout as error:
            raise WarehouseError(
                f"another deploy or rollback of {self.production} is running", "wait until it has ended"
            ) from error

    def settle_if_idle(self, state: State) -> None:
        """As `settle`, for a reader: nothing is waited for, and a deploy that is under way settles by itself."""
        if self._pending.exists():
            with contextlib.suppress(WarehouseError), self.held():
                self.settle(state)

    def settle(self, state: State) -> None:
        """Finish or forget a publication that was interrupted, so that production and its state agree."""
        if not self._pending.exists():
            return
        try:
            pending = json.loads(self._pending.read_text(encoding="utf-8"))
        except json.JSONDecodeError:
            # Written whole before the rename, so a torn one means that the rename never came.
            self._pending.unlink()
            return
        if identity(self.production) == pending["identity"]:
            state.point(pending["release"])
            self._note(pending["release"])
        self._pending.unlink()

    def holds(self, release: str) -> bool:
        """Whether production's file is the one that was published as `release`, and nobody has written to it since."""
        try:
            published = json.loads(self._published.read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return False
        log = self.production.with_name(self.production.name + ".wal")
        return published == {"release": release, "content": _content(self.production)} and not log.exists()

    def copy_production(self) -> Identity | None:
        """Start the next release as a copy of production, which no one can write meanwhile; None: there is none.

        Raises:
            WarehouseError: another process is writing to production.
        """
        self.discard()
        self.next.parent.mkdir(parents=True)
        if not self.production.exists():
            return None
        log = self.production.with_name(self.production.name + ".wal")
        try:
            if log.exists():
                # A writer died here. DuckDB recovers by itself; a copy without the log would lose what it holds.
                with duckdb.connect(str(self.production)) as writer:
                    writer.execute("checkpoint")
            with duckdb.connect(str(self.production), read_only=True):
                before = identity(self.production)
                shutil.copyfile(self.production, self.next)
        except duckdb.Error as error:
            raise _unreadable(self.production, error) from error
        except OSError as error:
            raise WarehouseError(
                f"cannot copy {self.production}: {error}", "the next release needs as much space as production"
            ) from error
        return before

    def discard(self) -> None:
        """Remove whatever was built for the next release."""
        shutil.rmtree(self.next.parent, ignore_errors=True)

    def publish(self, state: State, release: str, superseded: str | None, before: Identity | None) -> None:
        """Make the next file production and `release` its state; production's old file is kept as `superseded`.

        Raises:
            WarehouseError: production is not what it was when the copy was made; nothing was changed.
        """
        _checkpoint(self.next)
        self._replace(self.next, state, release, superseded, before)

    def restore(self, state: State, release: str, superseded: str | None) -> None:
        """Make a kept release production again; what was live is kept as `superseded`.

        Raises:
            StateError: that release is not kept.
        """
        kept = self.kept(release)
        if not kept.exists():
            raise StateError(f"release {release} is no longer kept", "`dataops releases` lists those that are")
        self._replace(kept, state, release, superseded, identity(self.production))

    def kept(self, release: str) -> Path:
        """Where the database of a superseded release is kept."""
        return self._folder / "releases" / release / self.production.name

    def all_kept(self) -> set[str]:
        """The releases whose database is kept."""
        return {path.parent.name for path in (self._folder / "releases").glob(f"*/{self.production.name}")}

    def forget(self, keep: int, order: list[str]) -> list[str]:
        """Delete the databases of all but the newest `keep` superseded releases; `order` is oldest first."""
        kept = [release for release in order if release in self.all_kept()]
        gone = kept[:-keep]
        for release in gone:
            shutil.rmtree(self.kept(release).parent)
        return gone

    def _note(self, release: str) -> None:
        _write(self._published, json.dumps({"release": release, "content": _content(self.production)}))

    def _replace(self, new: Path, state: State, release: str, superseded: str | None, before: Identity | None) -> None:
        if identity(self.production) != before:
            raise WarehouseError(
                f"{self.production} was changed by someone else while the release was made",
                "run again; let only `dataops deploy` write to production",
            )
        if before is not None and superseded is not None:
            _keep(self.production, self.kept(superseded))
        _write(self._pending, json.dumps({"release": release, "identity": identity(new)}))
        new.replace(self.production)
        _sync(self.production.parent)
        state.point(release)
        self._note(release)
        self._pending.unlink()
        shutil.rmtree(new.parent, ignore_errors=True)


def _content(path: Path) -> str | None:
    """Tells a database from itself after any later write, wherever it is copied to; None when there is none.

    DuckDB numbers its checkpoints in the three blocks of 4 KiB that its file begins with.
    """
    try:
        with path.open("rb") as file:
            return hashlib.sha256(file.read(3 * 4096)).hexdigest()
    except FileNotFoundError:
        return None


def _keep(production: Path, place: Path) -> None:
    """A second name for production's file, made before the rename that takes the first; a copy where links fail."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    try:
        place.hardlink_to(production)
    except OSError:
        shutil.copyfile(production, place)


def _checkpoint(path: Path) -> None:
    """Fold the write-ahead log into the file, so that the file alone is the release, and put it on the disk."""
    try:
        with duckdb.connect(str(path)) as connection:
            connection.execute("checkpoint")
    except duckdb.Error as error:
        raise _unreadable(path, error) from error
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _write(path: Path, text: str) -> None:
    temporary = path.with_suffix(".tmp")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _sync(folder: Path) -> None:
    """Put a rename on the disk. Windows cannot open folders, and needs no such thing."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _unreadable(path: Path, error: duckdb.Error) -> DataopsError:
    holder = _LOCKED.search(str(error))
    if "lock" in str(error).lower():
        return WarehouseError(
            f"the database {path} is locked by another process{f' ({holder[1]})' if holder else ''}",
            "close that process (an open DuckDB shell, a BI tool, another run) and try again",
        )
    return WarehouseError(f"cannot open {path}: {error}", "check that it is a DuckDB database of this version")
