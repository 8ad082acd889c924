"""Columns that are gone or retyped while something still reads them, with the reader's file and line."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import yaml

from dataops.plan.effects import Effects
from dataops.plan.plan import kind_of, short
from dataops.project.closure import reached
from dataops.project.declared import Declared, Element, Request, SemanticModel
from dataops.project.difference import Break, Doubt
from dataops.project.graph import Graph
from dataops.sql.difference import Difference, Query
from dataops.sql.meaning import outputs, readers
from dataops.sql.names import Names, spoken

_SECTIONS = {
    "exposure": "exposures",
    "metric": "metrics",
    "saved_query": "saved_queries",
    "semantic_model": "semantic_models",
    "snapshot": "snapshots",
}


def of_sql(file: Path, compiled: str, read: Sequence[int], word: str) -> int:
    """The line of a model's file that compiles to one of the lines `read`, else the first with the word; 0 for none."""
    text = _text(file)
    lines = compiled.splitlines()
    written = {line.strip(): number for number, line in reversed(list(enumerate(text.splitlines(), 1)))}
    for number in read:
        # A line without Jinja stands in the file as it was compiled.
        if 0 < number <= len(lines) and lines[number - 1].strip() in written:
            return written[lines[number - 1].strip()]
    return of_word(file, word)


def of_word(file: Path, word: str) -> int:
    """The first line with a word; 0 for none."""
    text = _text(file)
    found = re.search(rf"(?i)\b{re.escape(word)}\b", text)
    return text.count("\n", 0, found.start()) + 1 if found else 0


def of_entry(file: Path, kind: str, name: str, part: str = "") -> int:
    """Where a YAML file declares `name`, or within that the element `part`; 0 where it cannot be found."""
    try:
        top = yaml.compose(_text(file), Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return 0
    entry = next((each for each in _entries(top, _SECTIONS[kind]) if _named(each, name)), None)
    if entry is None:
        return 0
    inside = next((each for each in _mappings(entry) if each is not entry and _named(each, part)), entry)
    return int(inside.start_mark.line) + 1


def _entries(top: yaml.Node | None, section: str) -> list[yaml.Node]:
    pairs = top.value if isinstance(top, yaml.MappingNode) else []
    found = [value for key, value in pairs if key.value == section and isinstance(value, yaml.SequenceNode)]
    return [each for value in found for each in value.value]


def _named(node: yaml.Node, name: str) -> bool:
    return isinstance(node, yaml.MappingNode) and any(k.value == "name" and v.value == name for k, v in node.value)


def _mappings(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.SequenceNode):
        return [inner for each in node.value for inner in _mappings(each)]
    if not isinstance(node, yaml.MappingNode):
        return []
    return [node, *(inner for _, value in node.value for inner in _mappings(value))]


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


_NAME = re.compile(r"['\"](\w+)['\"]")


def semantic_readers(
    declared: Declared, graph: Graph, unique_id: str, reads: Callable[[str], bool]
) -> Iterator[tuple[str, str]]:
    """Each semantic model, metric, saved query and exposure that a column of a node reaches, with the element's name.

    `reads` tells whether an expression names the column. Of an exposure, those only that rest on a metric.
    """
    for child in graph.children.get(unique_id, ()):
        model = declared.semantic_models.get(child)
        if model is None or model.model != unique_id:
            continue
        gone = {(each.kind, each.name) for each in model.elements if reads(each.sql)}
        gone |= {(each.kind, each.name) for each in model.elements if _rests(each, gone)}
        asking = _asking(declared, graph, child, model, gone, reads)
        if gone:
            yield child, min(gone)[1]
        yield from asking.items()


def _asking(
    declared: Declared,
    graph: Graph,
    model: str,
    whole: SemanticModel,
    gone: set[tuple[str, str]],
    reads: Callable[[str], bool],
) -> Mapping[str, str]:
    """Metrics, saved queries and exposures above a semantic model that ask for what is gone, or for one that does."""
    rest = _resting(graph, graph.children.get(model, ()))
    found = (
        uid for uid, each in declared.requests.items() if _asks(each, uid in rest, _last(model), whole, gone, reads)
    )
    return {uid: _last(uid) for uid in sorted(_resting(graph, found))}


def _resting(graph: Graph, roots: Iterable[str]) -> set[str]:
    """Some nodes, and whatever rests on them, however far."""
    return reached(roots, lambda each: graph.children.get(each, ()))


def _rests(element: Element, gone: set[tuple[str, str]]) -> bool:
    return any(("dimension", name) in gone for name in element.needs)


def _asks(
    request: Request,
    below: bool,
    name: str,
    model: SemanticModel,
    gone: set[tuple[str, str]],
    reads: Callable[[str], bool],
) -> bool:
    if request.own and request.own[0] == name and (reads(request.own[1].sql) or _rests(request.own[1], gone)):
        return True
    if any(("measure", each) in gone for each in request.measures):
        return True
    for written in (each for text in request.filters for each in _NAME.findall(text)):
        parts = written.split("__")
        if any(first in model.entities and ("dimension", second) in gone for first, second in pairwise(parts)):
            return True
        # An entity joins: without its column, whoever starts from this model cannot.
        if below and any(("entity", part) in gone for part in parts):
            return True
    return False


def _last(unique_id: str) -> str:
    return unique_id.rsplit(".", maxsplit=1)[-1]


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
            yield reader, of_entry(file, kind, short(reader)), False
        elif reader in by.scripts:
            line = of_word(file, gone.column)
            yield from [(reader, line, True)] if line else []
        elif kind in _SQL:
            yield from _of_sql(gone, reader, effects, by, file)

    def reads(expression: str) -> bool:
        query = Query(f"select {expression} from one", {"one": gone.unique_id}, {gone.unique_id: None})  # noqa: S608
        return bool(readers(query, by.dialect, gone.unique_id, gone.column)[0])

    for reader, part in semantic_readers(by.declared, by.graph, gone.unique_id, reads):
        file = by.root / by.file(reader)
        yield reader, of_entry(file, kind_of(reader), short(reader), part), False


def _of_sql(gone: _Gone, reader: str, effects: Effects, by: Readers, file: Path) -> Iterator[tuple[str, int, bool]]:
    query = effects.current(reader)
    if query is None:
        return
    read, certain = readers(query, by.dialect, gone.unique_id, gone.column)
    if read:
        yield reader, of_sql(file, query.sql, read, gone.column), not certain
    elif gone.kind == "removed" and _among(gone, by.keys(reader), by):
        # No word of the query names it, so it comes out of `*`, or the key is a column of another name.
        passed_on = outputs(query, by.dialect)
        if passed_on is None or _among(gone, passed_on, by):
            yield reader, of_word(file, gone.column), passed_on is None


def _said(gone: _Gone, exposure: str, by: Readers) -> bool:
    """Whether an exposure reads the column, by its own words; one that says nothing reads the whole node."""
    said = by.declared.columns.get(exposure)
    return said is None or _among(gone, said.get(gone.unique_id, ()), by)


def _among(gone: _Gone, columns: Collection[str], by: Readers) -> bool:
    names = spoken(by.dialect)
    return names.stored(gone.column) in {names.stored(each) for each in columns}
