"""One edit of a project: what it does to a file, to the environment or to `--vars`; done, shown and undone."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


@contextmanager
def surrounded(environment: Mapping[str, str]) -> Iterator[None]:
    """Set variables of the environment for a while."""
    known = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    try:
        yield
    finally:
        for name, value in known.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


@dataclass(frozen=True)
class Edit:
    """A change of one kind. `file` is relative to the project; `before` and `after` are its whole text.

    None for a text: there is no such file. `moved` is the file's new place, if it has one. `environment` and `vars`
    are for kinds that touch no file. `flags` are variables of the environment that only whoever draws up the plan has.
    """

    kind: str
    file: str = ""
    before: str | None = None
    after: str | None = None
    moved: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    vars: str | None = None
    flags: Mapping[str, str] = field(default_factory=dict)

    @property
    def diff(self) -> str:
        """The edit as a reviewer would see it."""
        said = [f"{name}={value} (environment)" for name, value in self.environment.items()]
        said += [f"{name}={value} (environment of the plan)" for name, value in self.flags.items()]
        said += [f"--vars '{self.vars}'"] if self.vars else []
        said += [f"{self.file} is now {self.moved}"] if self.moved else []
        before, after = ((text or "").splitlines() for text in (self.before, self.after))
        lines = difflib.unified_diff(before, after, self.file, self.moved or self.file, "", "", 1, "")
        return "\n".join([*said, *(line if len(line) < 200 else f"{line[:200]} …" for line in lines)])

    @contextmanager
    def made(self, root: Path) -> Iterator[None]:
        """Make the edit in the project at `root`, and undo it."""
        with surrounded(self.environment):
            try:
                self._lay(root, self.file, None if self.moved else self.after)
                self._lay(root, self.moved, self.after)
                yield
            finally:
                self._lay(root, self.moved, None)
                self._lay(root, self.file, self.before)

    def _lay(self, root: Path, file: str | None, text: str | None) -> None:
        if not file:
            return
        place = root / file
        if text is None:
            place.unlink(missing_ok=True)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text.encode())
