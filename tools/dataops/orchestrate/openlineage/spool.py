"""Events on the disk before anybody is sent them: files that are only ever added to, one a command.

`<when>-<run>.jsonl` has the events in their order, a line each; `<when>-<run>.sent` a line for each that was delivered.
Both are removed once all are. What a process leaves that is killed, or that has no time, is sent by `resend`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from dataops.store.location import keep_out_of_git

FOLDER = Path(".dataops") / "openlineage"
"""Where the files are, relative to the project."""

REFUSED = "refused.jsonl.txt"
"""Events that a collector will not take, whoever sends them again."""

ENDED = frozenset({"COMPLETE", "FAIL", "ABORT"})

Event = Mapping[str, Any]


class Spool:
    """The events of one command. Safe to add to and to mark from several threads."""

    def __init__(self, folder: Path, run: str) -> None:
        """Begin one.

        Raises:
            OSError: the folder cannot be written.
        """
        folder.mkdir(parents=True, exist_ok=True)
        keep_out_of_git(folder)
        self.path = folder / f"{datetime.now(timezone.utc):%Y%m%dT%H%M%S%f}-{run}.jsonl"
        # The lock first: nobody must find a file that looks abandoned.
        self._held = FileLock(_lock(self.path), timeout=0, thread_local=False)
        self._held.acquire()
        self._file = self.path.open("a", encoding="utf-8", errors="backslashreplace")
        self._guard = threading.Lock()
        self.added = 0
        self.sent = 0

    def add(self, text: str) -> None:
        """Add an event; it survives this process."""
        with self._guard:
            self._file.write(text + "\n")
            self._file.flush()
            self.added += 1

    def mark(self) -> None:
        """The first event that was not delivered yet is."""
        with self._guard:
            if not self._file.closed:
                _mark(self.path)
                self.sent += 1

    def close(self) -> int:
        """Let go of it: how many events are not delivered. Nothing is marked from here on."""
        with self._guard:
            self._file.close()
            left = self.added - self.sent
            if not left:
                _remove(self.path)
        self._held.release()
        return left


def pending(root: Path) -> list[Path]:
    """The files of a project with events that were not delivered, oldest first; also those of commands that run."""
    return sorted(each for each in (root / FOLDER).glob("*.jsonl") if each.is_file())


def undelivered(file: Path) -> list[Event]:
    """The events of a file that were not delivered, in their order. A line that a killed process left half is none."""
    return _events(file)[_sent(file) :]


@contextmanager
def taken(file: Path) -> Iterator[bool]:
    """Hold a file whose writer is gone; False while somebody writes it."""
    try:
        with FileLock(_lock(file), timeout=0):
            yield file.exists()
            if not file.exists():
                _lock(file).unlink(missing_ok=True)
    except Timeout:
        yield False


def unfinished(file: Path) -> list[Event]:
    """The last event of each run that a killed process left without an end, inner runs first."""
    last: dict[str, Event] = {}
    for each in _events(file):
        last[each["run"]["runId"]] = each
    return [each for each in reversed(list(last.values())) if each.get("eventType") not in ENDED]


def append(file: Path, event: Event) -> None:
    """Add an event to a file that is held. A half line that was there before is ended first."""
    content = file.read_bytes()
    with file.open("ab") as opened:
        opened.write((b"\n" if content and not content.endswith(b"\n") else b"") + json.dumps(event).encode() + b"\n")


def delivered(file: Path) -> None:
    """The first event of a held file that was not delivered yet is; with the last, the file goes."""
    _mark(file)
    if not undelivered(file):
        _remove(file)


def refuse(file: Path, text: str) -> None:
    """Keep an event that the collector will not take aside."""
    with file.with_name(REFUSED).open("a", encoding="utf-8") as opened:
        opened.write(text + "\n")


def discard(file: Path) -> None:
    """Remove a held file in which nothing is left to be delivered; one that holds something else is left."""
    if not file.stat().st_size or _events(file):
        _remove(file)


def _mark(file: Path) -> None:
    with file.with_suffix(".sent").open("a", encoding="utf-8") as opened:
        opened.write(f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%S.%fZ}\n")


def _sent(file: Path) -> int:
    try:
        return file.with_suffix(".sent").read_text(encoding="utf-8").count("\n")
    except FileNotFoundError:
        return 0


def _events(file: Path) -> list[Event]:
    return [found for line in file.read_bytes().split(b"\n") if (found := _event(line)) is not None]


def _event(line: bytes) -> Event | None:
    """The event of a line; None of half a line, and of what is none of ours."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not {"eventType", "eventTime", "producer", "run", "job"} <= found.keys():
        return None
    return found


def _remove(file: Path) -> None:
    for each in (file, file.with_suffix(".sent"), _lock(file)):
        each.unlink(missing_ok=True)


def _lock(file: Path) -> Path:
    return file.with_suffix(".lock")
