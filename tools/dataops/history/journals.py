"""What a run has done so far, as lines of JSON in a local file, and how that becomes a file of the history."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from filelock import FileLock, Timeout

from dataops.errors import StateError
from dataops.history import files
from dataops.history.files import CACHE, stored
from dataops.history.records import KIND_OF, Record
from dataops.store.location import Location, keep_out_of_git

FOLDER = Path(".dataops") / "journal"
"""Where journals are, relative to the project: outside `target`, which `dbt clean` removes."""

_SYNC_SECONDS = 5.0
_BEGINNING = b'{"line": '
DAMAGED = ".damaged"
"""What the name of a journal ends with that cannot be read: nobody tries again, and nobody loses it."""


@dataclass(frozen=True)
class Started:
    """A node that began to run. Journals alone say so, to whoever watches a run: the history has the node's result."""

    unique_id: str
    name: str
    kind: str
    started_at: datetime | None
    thread: str | None


_KIND_OF = {**KIND_OF, Started: "started"}


class Journal:
    """An open journal. Safe to add to from several threads."""

    def __init__(self, folder: Path, invocation_id: str) -> None:
        """Open a new one.

        Raises:
            OSError: the folder cannot be written.
        """
        folder.mkdir(parents=True, exist_ok=True)
        keep_out_of_git(folder)
        self.path = folder / f"{invocation_id}.jsonl"
        # The lock first: nobody must find a journal that looks abandoned.
        self._held = FileLock(_lock(self.path), timeout=0, thread_local=False)
        self._held.acquire()
        self._file = self.path.open("a", encoding="utf-8", errors="replace")
        self._adding = threading.Lock()
        self._lines = 0
        self._synced = time.monotonic()

    def add(self, record: Record | Started) -> None:
        """Add a record. It survives this process at once, and the machine within seconds."""
        kind = _KIND_OF[type(record)]
        with self._adding:
            self._lines += 1
            line = {"line": self._lines, "kind": kind, kind: vars(record)}
            self._file.write(json.dumps(line, ensure_ascii=False, default=_plain) + "\n")
            self._file.flush()
            if time.monotonic() - self._synced > _SYNC_SECONDS:
                os.fsync(self._file.fileno())
                self._synced = time.monotonic()

    def close_file(self) -> None:
        """End writing; the journal is still held."""
        if not self._file.closed:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()

    def leave(self) -> None:
        """Let go of it as it is: whoever comes next takes it."""
        self.close_file()
        self._held.release()

    def remove(self) -> None:
        """Remove it: what it held is stored."""
        self.close_file()
        self.path.unlink(missing_ok=True)
        _lock(self.path).unlink(missing_ok=True)
        self._held.release()


def journals(folder: Path) -> list[Path]:
    """The journals in a folder, of live and of dead writers. What does not begin as one is somebody else's file."""
    return sorted(path for path in folder.glob("*.jsonl") if _is_ours(path))


def _is_ours(path: Path) -> bool:
    """Whether a file begins as a journal does; one whose writer was killed at once may be empty or end within that."""
    try:
        with path.open("rb") as file:
            return _BEGINNING.startswith(start := file.read(len(_BEGINNING))) or start == _BEGINNING
    except (FileNotFoundError, IsADirectoryError):
        return False


def is_live(journal: Path) -> bool:
    """Whether a process is writing it."""
    with taken(journal) as mine:
        return not mine


@contextmanager
def taken(journal: Path) -> Iterator[bool]:
    """Hold a journal whose writer is dead; False when somebody has it or had it in the meantime."""
    try:
        with FileLock(_lock(journal), timeout=0):
            yield journal.exists()
            if not journal.exists():
                _lock(journal).unlink(missing_ok=True)
    except Timeout:
        yield False


def _lock(journal: Path) -> Path:
    return journal.with_suffix(".lock")


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def finish(place: Location, journal: Journal) -> None:
    """Store a journal that is complete, and remove it.

    Raises:
        StateError: the location cannot be written; the journal stays, to be stored by the next command.
    """
    journal.close_file()
    files.store(place, journal.path)
    journal.remove()


def known(place: Location, root: Path) -> frozenset[str]:
    """The ids of all invocations that the history has, or gets when a journal of the project at `root` ends.

    Raises:
        StateError: the location cannot be read.
    """
    return stored(place, root / CACHE) | {path.stem for path in journals(root / FOLDER)}


def record(state: str, root: Path, invocation_id: str, records: Iterable[Record]) -> bool:
    """Store an invocation that is known as a whole; False if the history has it already.

    Raises:
        StateError: the location cannot be read or written.
    """
    place = Location(state)
    if invocation_id in known(place, root):
        return False
    keep(place, root, invocation_id, records)
    return True


def keep(place: Location, root: Path, invocation_id: str, records: Iterable[Record]) -> None:
    """Store an invocation that is known as a whole: all of it or, if this process is killed, nothing.

    Its journal is none that anybody recovers, for half of it would pass for the whole.

    Raises:
        StateError: the location cannot be written.
    """
    (root / CACHE).mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="keeping-", dir=root / CACHE) as folder:
        journal = Journal(Path(folder), invocation_id)
        try:
            for each in records:
                journal.add(each)
            finish(place, journal)
        finally:
            journal.leave()


def recover(place: Location, folder: Path) -> list[str]:
    """Store what dead processes left, as interrupted where they did not say how it ended; the invocations' ids.

    A damaged journal is put aside and does not keep the others from being stored.

    Raises:
        StateError: the location cannot be written; what could not be stored stays. Or, with all else done, journals
            were put aside.
    """
    found: list[str] = []
    aside: list[str] = []
    for journal in journals(folder):
        with taken(journal) as mine:
            if not mine:
                continue
            try:
                if _store(place, journal):
                    found.append(journal.stem)
            except UnreadableError:
                journal.replace(journal.with_suffix(DAMAGED))
                aside.append(journal.with_suffix(DAMAGED).name)
            else:
                journal.unlink()
    if aside:
        raise StateError(
            f"what killed processes left in {folder} is damaged: {', '.join(aside)}", "look at it, or remove it"
        )
    return found


def _store(place: Location, journal: Path) -> bool:
    """Store a dead writer's journal; False when it was killed before it had told anything.

    Raises:
        UnreadableError: it holds lines, and none that tells which invocation it is.
        StateError: the location cannot be written.
    """
    last = files.told(journal, last=True)
    if last is None:
        if b"\n" in journal.read_bytes():
            raise UnreadableError(journal.name)
        return False
    if last["status"] == "running":
        _interrupt(journal, last)
    # One that was stored before its writer was killed is stored again; readers take it once.
    files.store(place, journal)
    return True


class UnreadableError(Exception):
    """A journal that tells nothing of an invocation any more."""


def _interrupt(journal: Path, last: Mapping[str, Any]) -> None:
    ended = datetime.fromtimestamp(journal.stat().st_mtime, timezone.utc).replace(tzinfo=None)
    started = datetime.fromisoformat(last["started_at"])
    invocation = {
        **last,
        "status": "interrupted",
        "finished_at": ended.isoformat(),
        "seconds": max((ended - started).total_seconds(), 0.0),
    }
    with journal.open("a", encoding="utf-8") as file:
        # What was written last may be half a line.
        file.write("\n" + json.dumps({"line": 2**62, "kind": "invocation", "invocation": invocation}) + "\n")
