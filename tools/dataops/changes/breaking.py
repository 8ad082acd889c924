"""Columns that are gone or retyped while something still reads them, with the reader's file and line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dataops.changes.effects import Effects
from dataops.changes.meaning import Query, readers
from dataops.changes.plan import kind_of, short
from dataops.project.difference import Break


@dataclass(frozen=True)
class _Gone:
    unique_id: str
    column: str
    kind: str


def breaks(
    effects: Effects, children: Mapping[str, tuple[str, ...]], dialect: str, files: Callable[[str], str], root: Path
) -> tuple[Break, ...]:
    """Every reader of a removed or retyped column. Of an exposure it is only known that it reads the node."""
    found: list[Break] = []
    for unique_id, differs in sorted(effects.differences.items()):
        gone = [_Gone(unique_id, name, "removed") for name in differs.removed]
        gone += [_Gone(unique_id, name, "retyped") for name in differs.retyped]
        for each in gone:
            for reader in children.get(unique_id, ()):
                line = _line(each, reader, effects.current, dialect, root / files(reader))
                if line is not None:
                    found.append(Break(unique_id, each.column, each.kind, reader, files(reader), line or None))
    return tuple(found)


def _line(gone: _Gone, reader: str, current: Callable[[str], Query | None], dialect: str, file: Path) -> int | None:
    """Where a reader reads the column: 0 if it does and the line is not known, None if it does not."""
    kind = kind_of(reader)
    text = _text(file)
    if kind == "exposure":
        return _first(text, rf"\bname:\s*[\"']?{re.escape(short(reader))}\b")
    if kind not in ("model", "snapshot", "test"):
        return None
    query = current(reader)
    if query is None:
        return None
    read = readers(query, dialect, gone.unique_id, gone.column)
    if not read:
        return None
    compiled = query.sql.splitlines()
    written = {line.strip(): number for number, line in reversed(list(enumerate(text.splitlines(), 1)))}
    for number in read:
        # A line without Jinja stands in the file as it was compiled.
        if 0 < number <= len(compiled) and compiled[number - 1].strip() in written:
            return written[compiled[number - 1].strip()]
    return _first(text, rf"(?i)\b{re.escape(gone.column)}\b")


def _first(text: str, pattern: str) -> int:
    found = re.search(pattern, text)
    return text.count("\n", 0, found.start()) + 1 if found else 0


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
