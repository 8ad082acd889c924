"""The values that change detection speaks in: a query with what is known of its inputs, and how an output differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Query:
    """The compiled SQL of a node, and what is known of the relations in it.

    `relations`: the name of each relation as dbt renders it, and the node or source that it stands for. For an
    ephemeral node that is `__dbt__cte__<name>`; the text that dbt inlined for it is not looked at. `columns`: the
    columns of these nodes, in order, named as in the warehouse; None where they are not known. `types`: by node, those
    of its columns that production's catalog knows; `own` are the node's own.
    """

    sql: str
    relations: Mapping[str, str]
    columns: Mapping[str, tuple[str, ...] | None]
    types: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    own: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Difference:
    """How the output of a node differs.

    `cosmetic`: it is provably the same. `rows`: which rows there are, or how many, can differ; then no value of a
    reader can be relied on either. `unresolved`: why nothing could be proved; everything then counts as changed.
    `retyped`: columns of another type; `doubtful`: columns that may be, since nobody says the type of one side.
    `resorted`: the same rows can lie in another order, which only a reader that depends on it can see.
    """

    cosmetic: bool
    rows: bool
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    retyped: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()
    reordered: bool = False
    unresolved: str | None = None
    why: str = ""
    resorted: bool = False

    @classmethod
    def unknown(cls, why: str) -> Difference:
        """Nothing is proved, so everything may differ."""
        return cls(cosmetic=False, rows=True, unresolved=why, why=why)

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that a reader could see a difference in, by name."""
        return tuple(dict.fromkeys((*self.added, *self.removed, *self.changed, *self.retyped)))


SAME = Difference(cosmetic=True, rows=False, why="the output is the same")
