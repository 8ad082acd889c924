"""How a node differs between two versions of a project: plain values that need no dbt to be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Doubt = Literal["type", "reader"]


@dataclass(frozen=True)
class Columns:
    """Output columns of a node that differ."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    retyped: tuple[str, ...] = ()


@dataclass(frozen=True)
class Change:
    """A node that differs from the base.

    `kind` is added, modified or removed; `reasons` are words such as sql, config, macro, seed, contract, and `details`
    say which of them: `macro cents_to_euros`. `file` is relative to the project; `relation` is the relation that a
    removed node leaves behind. `cosmetic`: what it builds is provably the same. `rows_changed`: the set or number of
    its rows can differ. `columns` is None where nothing could be said of columns; `meaning` is all that in words.
    """

    unique_id: str
    kind: str
    reasons: tuple[str, ...]
    file: str
    relation: str | None = None
    details: tuple[str, ...] = ()
    cosmetic: bool = False
    rows_changed: bool = False
    columns: Columns | None = None
    meaning: str = ""


@dataclass(frozen=True)
class Break:
    """A column that is gone or has another type, and who still reads it, where.

    `doubt`: nobody says the `type` of one side, so it may be another; or nobody can tell whether that `reader` reads
    the column.
    """

    unique_id: str
    column: str
    kind: str
    reader: str
    file: str
    line: int | None
    doubt: Doubt | None = None
