"""The content of seeds, of any size: dbt itself tells large ones apart by path only."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from dataops.store.memory import keep, recall

_FORMAT = 3
_CHUNK = 1 << 20
_MARKS = re.compile(r"""['#\\"]""")
_LARGEST = 32 << 20
"""Bytes of a file whose rows are looked at one by one; of a larger one only the whole is known."""


@dataclass(frozen=True)
class Content:
    """Digests of a seed's file: of the whole, of its rows in any order, of each column.

    `columns` is `name:digest` a line, rows in their order, after a line with their number, and `plain` where no value
    has a letter that an engine may take for a mark of the file, and all lines end alike. The last two are empty where
    the file is not read as a table; all are where there is no file (a base of which only the manifest is left).
    """

    whole: str = ""
    rows: str = ""
    columns: str = ""


class Contents:
    """Digests of files, remembered in `memory` by path, size and time of change."""

    def __init__(self, root: Path, memory: Path) -> None:
        """Read what is remembered."""
        self._root = root
        self._memory = memory
        found = recall(memory)
        known = found.get("files") if isinstance(found, dict) and found.get("format") == _FORMAT else None
        self._known: dict[str, Any] = known if isinstance(known, dict) else {}
        self._new = False

    def __call__(self, node: Any) -> Content:
        """The digests of a seed's file."""
        path = Path(node.root_path or self._root) / node.original_file_path
        delimiter = str(getattr(node.config, "delimiter", None) or ",")
        try:
            status = path.stat()
            stamp = [status.st_size, status.st_mtime_ns, status.st_ino, delimiter]
            known = self._known.get(str(path))
            if isinstance(known, list) and known[:4] == stamp and len(known) == 7:
                return Content(*known[4:])
            found = _content(path, delimiter)
        except OSError:
            return Content()
        self._known[str(path)] = [*stamp, *astuple(found)]
        self._new = True
        return found

    def remember(self) -> None:
        """Keep the digests for the next time."""
        if self._new:
            keep(self._memory, json.dumps({"format": _FORMAT, "files": self._known}))


def _content(path: Path, delimiter: str) -> Content:
    if path.stat().st_size > _LARGEST:
        return Content(_whole(path))
    content = path.read_bytes()
    # The end of a line is one thing, if it is the same on all; these two bytes between quotes are part of a value.
    same_ends = b'"' not in content and _ends_alike(content)
    whole = _digest(content.replace(b"\r\n", b"\n") if same_ends else content)
    try:
        text = io.StringIO(content.decode("utf-8-sig"), newline="")
        header, *rows = csv.reader(text, delimiter=delimiter, strict=True)
    except (ValueError, csv.Error, TypeError):
        return Content(whole)
    several = len({name.strip().lower() for name in header}) < len(header) or {"\n", "\r"} & set("".join(header))
    if several or any(len(row) != len(header) for row in rows):
        return Content(whole)
    columns = [f"{name}:{_digest(repr([row[at] for row in rows]).encode())}" for at, name in enumerate(header)]
    lines = "\n".join(sorted(map(repr, rows)))
    plain = not any(_MARKS.search(cell) for row in (header, *rows) for cell in row) and _ends_alike(content)
    number = f"{len(rows)} plain" if plain else f"{len(rows)}"
    return Content(whole, _digest(repr((header, lines)).encode()), "\n".join([number, *columns]))


def _ends_alike(content: bytes) -> bool:
    """Whether all lines end in the same way."""
    ends = content.count(b"\n")
    return content.count(b"\r") == content.count(b"\r\n") and content.count(b"\r\n") in (0, ends)


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=12).hexdigest()


def _whole(path: Path) -> str:
    found = hashlib.blake2b(digest_size=12)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            found.update(chunk)
    return found.hexdigest()
