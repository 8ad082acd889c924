"""Columns that are gone or retyped while something still reads them, with the reader's file and line."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from dataops.changes import lines, semantic
from dataops.changes.difference import Difference
from dataops.changes.effects import Effects
from dataops.changes.meaning import Query, outputs, readers
from dataops.changes.names import Names, spoken
from dataops.changes.plan import kind_of, short
from dataops.project.declared import Declared
from dataops.project.difference import Break, Doubt
from dataops.project.graph import Graph

_SQL = ("model", "snapshot", "test")


@dataclass(frozen=True)
class _Gone:
    """A column that a reader may miss. `doubt`: it is not known to be of another type."""

    unique_id: str
    column: str
    kind: str
    doubt: Doubt | None = None


@dataclass(frozen=True)
class Readers:
    """Who reads what. `file` is where a node is written, relative to `root`; `keys` are columns that its configuration
    names; `scripts` are nodes in another language than SQL.
    """

    graph: Graph
    declared: Declared
    file: Callable[[str], str]
    root: Path
    dialect: str
    keys: Callable[[str], Collection[str]]
    scripts: Collection[str]


def breaks(effects: Effects, by: Readers) -> tuple[Break, ...]:
    """Every reader of a removed or retyped column, or of one that may be.

    Of an exposure that names no columns it is only known that it reads the node.
    """
    found: list[Break] = []
    for unique_id, differs in sorted(effects.differences.items()):
        for gone in _gone(unique_id, differs, spoken(by.dialect)):
            for reader, line, unread in _readers(gone, effects, by):
                doubt = gone.doubt or ("reader" if unread else None)
                found.append(Break(unique_id, gone.column, gone.kind, reader, by.file(reader), line or None, doubt))
    return tuple(found)


def _gone(unique_id: str, differs: Difference, names: Names) -> Iterator[_Gone]:
    # Where the engine is blind to case, a name in another case is still there for who reads it.
    kept = {names.stored(name) for name in differs.added}
    yield from (_Gone(unique_id, name, "removed") for name in differs.removed if names.stored(name) not in kept)
    yield from (_Gone(unique_id, name, "retyped") for name in differs.retyped)
    yield from (_Gone(unique_id, name, "retyped", "type") for name in differs.doubtful)


def _readers(gone: _Gone, effects: Effects, by: Readers) -> Iterator[tuple[str, int, bool]]:
    """Each reader, its line (0 where that is not known), and whether it is not sure to read the column."""
    for reader in by.graph.children.get(gone.unique_id, ()):
        kind = kind_of(reader)
        file = by.root / by.file(reader)
        if kind == "exposure" and _said(gone, reader, by):
            yield reader, lines.of_entry(file, kind, short(reader)), False
        elif reader in by.scripts:
            line = lines.of_word(file, gone.column)
            yield from [(reader, line, True)] if line else []
        elif kind in _SQL:
            yield from _of_sql(gone, reader, effects, by, file)

    def reads(expression: str) -> bool:
        query = Query(f"select {expression} from one", {"one": gone.unique_id}, {gone.unique_id: None})  # noqa: S608
        return bool(readers(query, by.dialect, gone.unique_id, gone.column)[0])

    for reader, part in semantic.readers(by.declared, by.graph, gone.unique_id, reads):
        file = by.root / by.file(reader)
        yield reader, lines.of_entry(file, kind_of(reader), short(reader), part), False


def _of_sql(gone: _Gone, reader: str, effects: Effects, by: Readers, file: Path) -> Iterator[tuple[str, int, bool]]:
    query = effects.current(reader)
    if query is None:
        return
    read, certain = readers(query, by.dialect, gone.unique_id, gone.column)
    if read:
        yield reader, lines.of_sql(file, query.sql, read, gone.column), not certain
    elif gone.kind == "removed" and _among(gone, by.keys(reader), by):
        # No word of the query names it, so it comes out of `*`, or the key is a column of another name.
        passed_on = outputs(query, by.dialect)
        if passed_on is None or _among(gone, passed_on, by):
            yield reader, lines.of_word(file, gone.column), passed_on is None


def _said(gone: _Gone, exposure: str, by: Readers) -> bool:
    """Whether an exposure reads the column, by its own words; one that says nothing reads the whole node."""
    said = by.declared.columns.get(exposure)
    return said is None or _among(gone, said.get(gone.unique_id, ()), by)


def _among(gone: _Gone, columns: Collection[str], by: Readers) -> bool:
    names = spoken(by.dialect)
    return names.stored(gone.column) in {names.stored(each) for each in columns}
