"""How a node's output differs between two versions of its compiled SQL, given how what it reads differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlglot import exp

from dataops.changes.comparison import Comparison
from dataops.changes.difference import SAME, Difference, Query
from dataops.changes.known import Known
from dataops.changes.relation import Column, UnresolvedError
from dataops.changes.rows import Reading
from dataops.changes.statement import occurrences, read, words

__all__ = ["SAME", "Difference", "Query", "difference", "outputs", "readers"]


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
