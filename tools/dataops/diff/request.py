"""What to compare, and how: plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dataops.diff.columns import Tolerance
from dataops.diff.facts import Key


@dataclass(frozen=True)
class Side:
    """One side: `label` for the reader, `sql` to select from, its columns' types, and which of them may be NULL."""

    label: str
    sql: str
    columns: Mapping[str, str]
    nullable: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class Pair:
    """What is compared with what. `against` is as in `Diff`."""

    name: str
    before: Side
    after: Side
    against: str = "relation"


@dataclass(frozen=True)
class Options:
    """How. `key`: see `keys`. `event_time`: a column of both sides. `suspects`: columns that can differ, None for all.

    `hidden`: columns whose values are personal. `samples`: rows shown of each kind. `sampled_above`: sides with more
    rows than this are compared on a share of them, None for never. `notes` are passed on.
    """

    key: Key
    tolerance: Tolerance = field(default_factory=Tolerance)
    event_time: str | None = None
    suspects: frozenset[str] | None = None
    hidden: frozenset[str] = frozenset()
    samples: int = 5
    sampled_above: int | None = None
    notes: tuple[str, ...] = ()
