"""What is served now, and what changed since: written by one thread, read by one for each browser."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b

EVERYTHING = "*"
_REMEMBERED = 500
_FIXED = "assets/"
"""Files below it are those of the installed version: no change is one of theirs."""


@dataclass(frozen=True)
class File:
    """A file as it is sent. `tag` is another one for another content."""

    content: bytes
    tag: str


@dataclass(frozen=True)
class Change:
    """What a browser has to know. `files` that are others now; `now`: what runs; `say`: what is read out."""

    version: int
    files: frozenset[str]
    now: str
    say: str


class Showing:
    """Files by their path, each made when somebody asks for it, and once."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._making = threading.Lock()
        self._contents: Mapping[str, Callable[[], bytes]] = {}
        self._made: dict[str, File] = {}
        self._changes: deque[Change] = deque([Change(0, frozenset(), "", "")], _REMEMBERED)

    def show(
        self, contents: Mapping[str, Callable[[], bytes]], changed: frozenset[str], now: str = "", say: str = ""
    ) -> None:
        """Show these from now on. `changed`: files that are others than before, EVERYTHING for all."""
        with self._changed:
            every = EVERYTHING in changed
            kept = (path for path in self._made if path.startswith(_FIXED) or not (every or path in changed))
            self._made = {path: self._made[path] for path in kept}
            self._contents = contents
            self._changes.append(Change(self._changes[-1].version + 1, changed, now, say))
            self._changed.notify_all()

    def file(self, path: str) -> File | None:
        """A file as it is now; None where there is none of that path."""
        with self._changed:
            make, made = self._contents.get(path), self._made
        if make is None:
            return None
        with self._making:
            if path not in made:
                content = make()
                made[path] = File(content, blake2b(content, digest_size=12).hexdigest())
            return made[path]

    def state(self) -> Change:
        """What a browser is told that has just come: whatever it holds may be out of date."""
        with self._changed:
            last = self._changes[-1]
        return Change(last.version, frozenset({EVERYTHING}), last.now, "")

    def since(self, version: int, patience: float) -> Change | None:
        """What changed since a version, as one change. Waits so many seconds for it; None if nothing did."""
        with self._changed:
            self._changed.wait_for(lambda: self._changes[-1].version > version, patience)
            new = [each for each in self._changes if each.version > version]
        if not new:
            return None
        files = frozenset[str]().union(*(each.files for each in new))
        missed = new[0].version > version + 1
        said = ". ".join(each.say for each in new if each.say)
        return Change(new[-1].version, frozenset({EVERYTHING}) if missed else files, new[-1].now, said)
