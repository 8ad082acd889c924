"""How a node's output differs between two versions of its compiled SQL, given how what it reads differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from sqlglot import exp

from dataops.sql.difference import SAME, Difference, Query
from dataops.sql.names import Names, Parts, rendered
from dataops.sql.relation import Column, Relation, UnresolvedError, digest, listed, open_ended
from dataops.sql.rows import Reading
from dataops.sql.statement import Statement, occurrences, read, words
from dataops.sql.terms import by_chance, by_clock
from dataops.sql.types import Type, Verdict, compared, stored

Side = Literal["before", "after"]


class Known:
    """The nodes that a query reads, as relations: what differs upstream has another digest on each side."""

    def __init__(
        self, query: Query, statement: Statement, dialect: str, side: Side, upstream: Mapping[str, Difference]
    ) -> None:
        self.query = query
        self.dialect = dialect
        self.side = side
        self.upstream = upstream
        self.names = Names(statement.dialect)
        self.ids = {rendered(name, dialect): unique_id for name, unique_id in query.relations.items()}
        self.ids.pop(None, None)

    def node(self, parts: Parts) -> Relation | None:
        """The relation that a name in the SQL stands for, if it is one of dbt's."""
        unique_id = self.ids.get(parts)
        return None if unique_id is None else self._relation(unique_id)

    def differs(self, unique_id: str, key: str) -> bool:
        """Whether a column of a node is one that its difference names."""
        found = self.upstream.get(unique_id, SAME)
        return key in {self.names.stored(name) for name in found.columns}

    def _relation(self, unique_id: str) -> Relation:
        difference = self.upstream.get(unique_id, SAME)
        every = difference.rows or difference.unresolved is not None
        marked = {self.names.stored(name) for name in difference.columns}
        retyped = {self.names.stored(name) for name in difference.retyped}
        doubtful = {self.names.stored(name) for name in difference.doubtful}
        types = {self.names.stored(name): text for name, text in self.query.types.get(unique_id, {}).items()}

        def column(name: str) -> Column:
            key = self.names.stored(name)
            mark = self.side if every or key in marked else ""
            kind = None
            if key in retyped or key in doubtful:
                kind = Type(f"{unique_id}.{key} {self.side}", "moved" if key in retyped else "doubtful")
            # What a column was is what it is, unless it differs.
            known = key in types and not (mark and self.side == "after")
            catalogued = stored(types[key], self.dialect) if known else None
            return Column(name, key, digest("column", unique_id, key, mark), kind, catalogued, (unique_id, key))

        rows = digest("node", unique_id, self.side if every else "")
        order = digest("order", unique_id, self.side) if difference.resorted else ""
        names = self._listing(unique_id, difference)
        if names is not None:
            return listed(rows, map(column, names), order)
        layout = digest("columns of", unique_id, "" if difference.cosmetic else self.side)
        return open_ended(rows, layout, lambda key: (column(key),), order)

    def _listing(self, unique_id: str, difference: Difference) -> tuple[str, ...] | None:
        """The columns of a node, unless they contradict its difference: then they are not known."""
        names = self.query.columns.get(unique_id)
        if names is None or difference.unresolved is not None:
            return None
        present = set(names)
        absent, needed = (difference.added, difference.removed)[:: 1 if self.side == "before" else -1]
        return names if present >= set(needed) and not present & set(absent) else None


@dataclass
class _Seen:
    """One side of the comparison."""

    relation: Relation
    clauses: Counter[tuple[str, str]]
    reads: list[tuple[str, str]]


@dataclass
class Comparison:
    """Compares `before` with `after`. `alike`: both have the same words."""

    before: Query
    after: Query
    statements: tuple[Statement, Statement]
    dialect: str
    upstream: Mapping[str, Difference]
    alike: bool
    nodes: dict[Side, Known] = field(default_factory=dict)

    def difference(self) -> Difference:
        """How the output differs.

        Raises:
            UnresolvedError: part of a query cannot be followed.
        """
        found = self._compared(self.upstream)
        if not found.cosmetic and self._volatile():
            found = replace(self._compared(self.upstream, rebuilt=True), why=found.why)
        return found

    def _compared(self, upstream: Mapping[str, Difference], rebuilt: bool = False) -> Difference:
        before = self._seen("before", self.before, self.statements[0], upstream, rebuilt)
        after = self._seen("after", self.after, self.statements[1], upstream, rebuilt)
        if not self.alike and any(each.unnamed for side in (before, after) for each in side.relation.columns or ()):
            raise UnresolvedError("has a column without a name, which the engine calls after its text")
        found = _between(before.relation, after.relation, self._type)
        return found if found.cosmetic or rebuilt else replace(found, why=self._why(found, before, after))

    def _seen(
        self, side: Side, query: Query, statement: Statement, upstream: Mapping[str, Difference], rebuilt: bool
    ) -> _Seen:
        """`rebuilt`: what depends on chance or the clock is another thing on each side."""
        known = self.nodes[side] = Known(query, statement, self.dialect, side, upstream)
        reads: list[tuple[str, str]] = []

        def read(node: exp.Column, column: Column) -> None:
            if column.origin:
                reads.append(column.origin)

        chance = side if rebuilt or not self.alike else ""
        reading = Reading(statement, known.node, read, chance=chance, clock=side if rebuilt else "")
        return _Seen(reading.relation(), Counter(reading.clauses), reads)

    def _type(self, before: Column, after: Column) -> Verdict:
        """Whether a column is of another type. What one side's SQL does not say, production's catalog may know."""
        dialect = self.statements[0].dialect
        old, new = before.kind, after.kind
        if old is None and new is not None:
            own = {Names(dialect).stored(name): text for name, text in self.before.own.items()}
            old = stored(own[before.key], self.dialect) if before.key in own else before.stored
        elif new is None and old is not None:
            new = after.stored
        return compared(old, new, dialect)

    def _volatile(self) -> bool:
        return any(by_chance(n) or by_clock(n) for statement in self.statements for n in statement.tree.walk())

    def _why(self, found: Difference, before: _Seen, after: _Seen) -> str:
        """The nearest cause, in words: what is read from upstream, or what the query itself does differently."""
        causes = [*self._own(found, before, after), *self._from_above(before, after)]
        return causes[0] if causes else "the query differs"

    def _own(self, found: Difference, before: _Seen, after: _Seen) -> Iterator[str]:
        if self.alike:
            return
        if found.rows:
            gone, come = before.clauses - after.clauses, after.clauses - before.clauses
            yield from (f"the {clause} differs" for clause in dict.fromkeys(name for name, _ in [*gone, *come]))
            yield "the rows differ"
        if found.added and not found.removed:
            yield f"adds {_compared(found.added)}"
        if found.removed:
            yield f"no longer has {_compared(found.removed)}"
        if found.changed:
            yield f"{_compared(found.changed)} {'is' if len(found.changed) == 1 else 'are'} computed differently"
        if found.reordered:
            yield "its columns are in another order"

    def _from_above(self, before: _Seen, after: _Seen) -> Iterator[str]:
        read = {*self.before.relations.values(), *self.after.relations.values()}
        for unique_id, column in dict.fromkeys(after.reads + before.reads):
            if self.nodes["after"].differs(unique_id, column):
                yield f"reads changed column {column} of {_short(unique_id)}"
        for unique_id in sorted(read & set(self.upstream)):
            above = self.upstream[unique_id]
            if above.unresolved:
                yield f"reads {_short(unique_id)}, of which nothing is proved"
            elif above.rows:
                yield f"reads {_short(unique_id)}, whose rows can differ"
            elif above.resorted:
                yield f"reads {_short(unique_id)}, whose rows lie in another order"
            elif not above.cosmetic:
                yield f"reads all columns of {_short(unique_id)}"


def _between(before: Relation, after: Relation, typed: Callable[[Column, Column], Verdict]) -> Difference:
    rows = before.rows != after.rows
    if before.layout == after.layout:
        resorted = before.order != after.order
        if rows:
            return Difference(cosmetic=False, rows=True)
        return replace(SAME, resorted=True, why="only the order of rows differs") if resorted else SAME
    if before.columns is None or after.columns is None:
        raise UnresolvedError("passes on all columns of something whose columns are not known")
    old = {column.name: column for column in before.columns}
    new = {column.name: column for column in after.columns}
    if len(old) < len(before.columns) or len(new) < len(after.columns):
        raise UnresolvedError("has several columns of one name")
    both = [name for name in new if name in old]
    changed = tuple(name for name in both if old[name].value != new[name].value)
    types = {name: typed(old[name], new[name]) for name in changed}
    return Difference(
        cosmetic=False,
        rows=rows,
        added=tuple(name for name in new if name not in old),
        removed=tuple(name for name in old if name not in new),
        changed=changed,
        retyped=tuple(name for name in changed if types[name] == "differs"),
        doubtful=tuple(name for name in changed if types[name] == "may"),
        reordered=both != [name for name in old if name in new],
    )


def _compared(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"column {shown}" if len(names) == 1 else f"columns {shown}"


def _short(unique_id: str) -> str:
    return unique_id.rsplit(".", maxsplit=1)[-1]


def outputs(query: Query, dialect: str) -> tuple[str, ...] | None:
    """The names of the columns that a query yields, in order; None where they cannot be told."""
    try:
        statement = read(query.sql, dialect)
        columns = Reading(statement, Known(query, statement, dialect, "after", {}).node).relation().columns
    except (UnresolvedError, RecursionError):
        return None
    return None if columns is None else tuple(column.name for column in columns)


def difference(before: Query, after: Query, dialect: str, upstream: Mapping[str, Difference]) -> Difference:
    """How a node's output differs. `upstream` has the difference of each node that it reads; none means the same."""
    nodes = {*before.relations.values(), *after.relations.values()}
    unchanged = all(upstream.get(node, SAME) == SAME or _same(upstream[node]) for node in nodes)
    try:
        alike = words(before.sql, dialect) == words(after.sql, dialect) and before.relations == after.relations
        if alike and unchanged and _columns(before, nodes) == _columns(after, nodes):
            return SAME
        sides = read(before.sql, dialect), read(after.sql, dialect)
        lost = (sides[0].lost - sides[1].lost) + (sides[1].lost - sides[0].lost)
        if lost and not alike:
            raise UnresolvedError(f"differs in words that may mean more than the parser keeps: {', '.join(lost)}")
        return Comparison(before, after, sides, dialect, upstream, alike).difference()
    except UnresolvedError as error:
        return Difference.unknown(str(error))
    except RecursionError:
        return Difference.unknown("is nested too deeply to be followed")


def readers(query: Query, dialect: str, unique_id: str, column: str) -> tuple[tuple[int, ...], bool]:
    """The lines of the SQL that name a column of a node, which may be gone; False where it cannot be told.

    They are then all lines with that word.
    """
    lines: set[int] = set()
    there = query.columns.get(unique_id)
    if there is not None and column not in there:
        query = replace(query, columns={**query.columns, unique_id: (*there, column)})
    try:
        statement = read(query.sql, dialect)
        known = Known(query, statement, dialect, "after", {})
        wanted = unique_id, known.names.stored(column)

        def note(node: exp.Column, found: Column) -> None:
            if found.origin == wanted:
                lines.add(int(node.this.meta.get("line", 1)))

        Reading(statement, known.node, note, thorough=True).relation()
    except (UnresolvedError, RecursionError):
        return occurrences(query.sql, dialect, column), False
    return tuple(sorted(lines)), True


def _same(found: Difference) -> bool:
    return found.cosmetic and not found.resorted


def _columns(query: Query, nodes: set[str]) -> dict[str, tuple[str, ...] | None]:
    return {node: query.columns.get(node) for node in nodes}
