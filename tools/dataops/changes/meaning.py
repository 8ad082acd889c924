"""What a change of SQL means for its output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Query:
    """A compiled query, which node each relation in it is, and the columns of these nodes where known."""

    sql: str
    relations: Mapping[str, str]
    columns: Mapping[str, tuple[str, ...] | None]


@dataclass(frozen=True)
class Difference:
    """How a node's output differs."""

    cosmetic: bool
    rows: bool = False
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    retyped: tuple[str, ...] = ()
    reordered: bool = False
    unresolved: str | None = None
    why: str = ""

    @classmethod
    def unknown(cls, why: str) -> Difference:
        """Nothing could be proved."""
        return cls(cosmetic=False, rows=True, unresolved=why, why=why)


SAME = Difference(cosmetic=True, why="the same output")


def outputs(query: Query, dialect: str) -> tuple[str, ...] | None:
    """The output columns of a query."""
    return None


def difference(before: Query, after: Query, dialect: str, upstream: Mapping[str, Difference]) -> Difference:
    """How the output differs."""
    if before.sql == after.sql and not upstream:
        return SAME
    return Difference.unknown("its SQL differs" if before.sql != after.sql else "")


def readers(query: Query, dialect: str, unique_id: str, column: str) -> tuple[int, ...]:
    """The lines in which an upstream column is read."""
    return ()
