"""Two versions of a query side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from sqlglot import exp

from dataops.changes.difference import SAME, Difference, Query
from dataops.changes.known import Known, Side
from dataops.changes.names import Names
from dataops.changes.relation import Column, Relation, UnresolvedError
from dataops.changes.rows import Reading
from dataops.changes.statement import Statement
from dataops.changes.terms import by_chance, by_clock
from dataops.changes.types import Verdict, compared, stored


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
            yield f"adds {_columns(found.added)}"
        if found.removed:
            yield f"no longer has {_columns(found.removed)}"
        if found.changed:
            yield f"{_columns(found.changed)} {'is' if len(found.changed) == 1 else 'are'} computed differently"
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


def _columns(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"column {shown}" if len(names) == 1 else f"columns {shown}"


def _short(unique_id: str) -> str:
    return unique_id.rsplit(".", maxsplit=1)[-1]
