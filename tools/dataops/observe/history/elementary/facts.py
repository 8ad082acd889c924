"""What an import did, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Imported:
    """What was taken over: `invocations`, which began between `first` and `last` (UTC), with so many records a kind.

    `known`: invocations that the history had already; `left_out`: what was not taken, in words.
    """

    invocations: int
    first: datetime | None
    last: datetime | None
    records: Mapping[str, int]
    known: int
    left_out: tuple[str, ...]
