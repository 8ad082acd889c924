"""A file as it would be written: what is there already is not changed, but for lines that come after its end."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dataops.errors import DiskError, ProjectError, of_disk


@dataclass(frozen=True)
class Draft:
    """What is added to a file. `before` is what it holds now, None for a new one."""

    path: Path
    added: str
    before: str | None = None

    @property
    def after(self) -> str:
        """The file as it would be."""
        return (self.before or "") + self.added


def appended(path: Path, lines: Sequence[str]) -> Draft:
    """A file with `lines` after all that it holds, its line ends kept; a new file of them where there is none."""
    before = _content(path)
    end = "\r\n" if before and "\r\n" in before else "\n"
    gap = "" if not before else end if before.endswith("\n") else end * 2
    return Draft(path, gap + "".join(f"{line}{end}" for line in lines), before)


def difference(drafts: Sequence[Draft], top: Path) -> Iterator[str]:
    """What would be written, as lines of a unified diff, paths relative to `top`."""
    for draft in drafts:
        name = draft.path.relative_to(top).as_posix()
        before = "/dev/null" if draft.before is None else f"a/{name}"
        now, then = (draft.before or "").splitlines(), draft.after.splitlines()
        yield from difflib.unified_diff(now, then, before, f"b/{name}", lineterm="")


def write(drafts: Sequence[Draft]) -> None:
    """Write all of them. What is there keeps its permissions, and a link leads where it led.

    Raises:
        ProjectError: a file was made or changed since it was looked at; those before it are written.
        DiskError: a file cannot be written; those before it are.
    """
    for draft in drafts:
        try:
            if _content(draft.path) != draft.before:
                raise ProjectError(f"{draft.path} was changed in the meantime", "run `dataops init` again")
            draft.path.parent.mkdir(parents=True, exist_ok=True)
            with draft.path.open("xb" if draft.before is None else "ab") as file:
                file.write(draft.added.encode("utf-8"))
        except OSError as error:
            raise (of_disk(error) or DiskError(f"cannot write {draft.path}: {error.strerror}", "mend that")) from error


def _content(path: Path) -> str | None:
    """What a file holds, with the line ends that it has."""
    if not path.exists():
        return None
    with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        return file.read()
