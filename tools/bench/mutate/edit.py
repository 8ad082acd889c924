"""One edit of a project: what it does to files, to the environment or to `--vars`; done, shown and undone."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Edit:
    """A change of one kind. `file` is relative to the project; `before` and `after` are its whole text.

    `environment` and `vars` are for kinds that touch no file.
    """

    kind: str
    file: str = ""
    before: str = ""
    after: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    vars: str | None = None

    @property
    def diff(self) -> str:
        """The edit as a reviewer would see it."""
        said = [f"{name}={value} (environment)" for name, value in self.environment.items()]
        said += [f"--vars '{self.vars}'"] if self.vars else []
        before, after = (text.splitlines() for text in (self.before, self.after))
        lines = difflib.unified_diff(before, after, self.file, self.file, "", "", 1, "")
        return "\n".join([*said, *(line if len(line) < 300 else f"{line[:300]} …" for line in lines)])

    @contextmanager
    def made(self, root: Path) -> Iterator[None]:
        """Make the edit in the project at `root`, and undo it."""
        place = root / self.file
        known = {name: os.environ.get(name) for name in self.environment}
        try:
            os.environ.update(self.environment)
            if self.file:
                place.write_bytes(self.after.encode())
            yield
        finally:
            if self.file:
                place.write_bytes(self.before.encode())
            for name, value in known.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value
