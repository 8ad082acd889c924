"""The journal of a release that several tasks build and follow: the file of events of a deploy and of its retries.

Who builds holds the journal locked, and says so in it with a line that names a file of its own, locked as long as the
command may run. Locks end with their process, so whoever follows knows within a moment that nobody builds any more.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar
from weakref import WeakValueDictionary

from dataops.orchestrate.course import ORDERED, Course


class Journal:
    """One file, read as far as it is written."""

    _shared: ClassVar[WeakValueDictionary[Path, Journal]] = WeakValueDictionary()

    def __init__(self, file: Path) -> None:
        """Name the file, which need not be there yet."""
        self.file = file
        self.course = Course()
        self._at = 0
        self._half = b""

    @classmethod
    def shared(cls, file: Path) -> Journal:
        """The journal of all that follow a file in this process: each of its lines is read once."""
        found = cls._shared.get(file)
        if found is None:
            found = cls._shared[file] = cls(file)
        return found

    def read(self) -> Course:
        """Take in what was added; what is known by now."""
        try:
            with self.file.open("rb") as lines:
                if lines.seek(0, os.SEEK_END) < self._at:
                    # Somebody deleted it, and a build made it anew.
                    self.course, self._at, self._half = Course(), 0, b""
                lines.seek(self._at)
                added = lines.read()
        except FileNotFoundError:
            return self.course
        self._at += len(added)
        *whole, self._half = (self._half + added).split(b"\n")
        for each in whole:
            self.course.hear(each.decode("utf-8", "replace"))
        return self.course

    def is_building(self) -> bool:
        """Whether the command that was ordered last may still run."""
        if not self.course.alive:
            return False
        try:
            held = os.open(self.file.with_name(self.course.alive), os.O_RDONLY)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(held)
        return False

    @contextlib.contextmanager
    def building(self, command: str, wait: bool, still: Callable[[Course], bool] | None = None) -> Iterator[bool]:
        """Be the one who builds; False if another does, or if the course has gone on so that nobody needs to.

        `wait`: until the other has ended. `still` is asked once no other builds.
        """
        self.file.parent.mkdir(parents=True, exist_ok=True)
        claim = os.open(self.file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            while not _locked(claim):
                if not wait:
                    yield False
                    return
                time.sleep(0.5)
            course = self.read()
            if still is not None and not still(course):
                yield False
                return
            alive = self.file.with_name(f"{self.file.stem}-{course.orders + 1}.alive")
            with alive.open("wb") as held:
                fcntl.flock(held, fcntl.LOCK_EX)
                line = json.dumps({"event": ORDERED, "command": command, "alive": alive.name})
                # What a killed process left may lack its end.
                os.write(claim, f"\n{line}\n".encode())
                try:
                    yield True
                finally:
                    alive.unlink(missing_ok=True)
        finally:
            os.close(claim)


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
