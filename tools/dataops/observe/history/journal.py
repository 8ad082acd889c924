"""What a run has done so far, as lines of JSON in a local file: what a killed process leaves behind.

A live writer holds the lock beside its journal, and a killed one lets go by itself; process ids are used again, locks
are not.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from dataops.location import keep_out_of_git
from dataops.observe.history.records import Record
from dataops.observe.history.schema import KIND_OF

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
