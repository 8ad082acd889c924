"""What was found in a table, and what is proposed for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

VERSION = 1
"""Of the JSON that `dataops suggest --format json` prints."""


@dataclass(frozen=True)
class Column:
    """A column of a table with `rows` rows.

    Of `looked_at` values, all those whose hash is in the share that is looked at, `distinct` are different. `values`
    are those of the sampled rows, as text, None where there are too many; `in_both_halves` says that each of them is
    in either half of these rows. `least` and `most` are finite; `days` is rows by day, counted from 1970-01-01 in UTC.
    """

    name: str
    family: str
    rows: int
    filled: int
    looked_at: int = 0
    distinct: int = 0
    values: tuple[str, ...] | None = None
    in_both_halves: bool = False
    least: float | None = None
    most: float | None = None
    infinite: int = 0
    days: Mapping[int, int] = field(default_factory=dict)

    @property
    def is_full(self) -> bool:
        """Whether no row is without a value."""
        return self.filled == self.rows

    @property
    def is_unique(self) -> bool:
        """Whether no two of the values that were looked at are equal."""
        return 0 < self.looked_at == self.distinct


@dataclass(frozen=True)
class Table:
    """A profile of one relation.

    `share`: one in so many values was looked at for equals, and one in so many rows for lists of values.
    `loaded`: the columns for when a row happened and when it arrived; `early` rows arrived before they happened.
    """

    unique_id: str
    rows: int
    share: int
    columns: Mapping[str, Column]
    loaded: tuple[str, str] | None = None
    early: int = 0

    @property
    def sampled(self) -> bool:
        """Whether equal values and lists of values come from a sample; nulls and extremes never do."""
        return self.share > 1


@dataclass(frozen=True)
class Proposal:
    """A test of one node: of a column, or of the table where `column` is None. `quoted`: dbt must quote the column."""

    unique_id: str
    column: str | None
    test: str
    arguments: Mapping[str, Any]
    evidence: str
    quoted: bool = False

    @property
    def entry(self) -> Any:
        """The test as it is written in a list of tests."""
        return {self.test: {"arguments": dict(self.arguments)}} if self.arguments else self.test


@dataclass(frozen=True)
class Suggested:
    """All proposals, in the order of nodes and columns.

    `passed_over`: why nothing is proposed for a node, by its unique id. `unread`: those that could not be read at all.
    `missing`: what would be proposed were a package installed. `queries`: how many were sent, by purpose.
    """

    proposals: tuple[Proposal, ...]
    passed_over: Mapping[str, str]
    unread: Mapping[str, str]
    missing: tuple[str, ...]
    queries: Mapping[str, int]
    tables: int
