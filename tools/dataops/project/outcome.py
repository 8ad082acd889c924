"""What a dbt invocation did, as plain values that need no dbt to be read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from dataops import statuses

_SYNTAX = re.compile(r"syntax error|parser error|PARSE_SYNTAX_ERROR|ParseException", re.IGNORECASE)


RUNNABLE = ("model", "seed", "snapshot", "test", "unit_test", "function")
"""Kinds of nodes of which a build gives a result."""

NOTHING_LOADED = "no row says when it was loaded"
"""What is said of a source that is too old because it has no rows, or no times in them."""


AHEAD_SECONDS = 3600
"""How far the newest row of a source may be ahead of the clock: clocks differ."""

AHEAD = "which is in the future: nobody knows how old the others are"


@dataclass(frozen=True)
class Age:
    """How old a source's newest row was: `seconds` at `checked_at`. Times are in UTC, with or without a zone."""

    loaded_at: datetime
    checked_at: datetime
    seconds: float

    @property
    def is_ahead(self) -> bool:
        """Whether that row is in the future, so that it says nothing of the others."""
        return self.seconds < -AHEAD_SECONDS


@dataclass(frozen=True)
class NodeResult:
    """One node's result.

    `status` is dbt's own word (success, pass, warn, fail, error, skipped, …); `seconds` is wall time; `failures`
    counts a test's failing rows; `file` is relative to the project; `age` is a source's whose freshness was checked.
    """

    unique_id: str
    name: str
    kind: str
    status: str
    message: str
    seconds: float
    failures: int | None
    file: str
    tested: str | None = None
    age: Age | None = None

    @property
    def failed(self) -> bool:
        """Whether this node, had it been released, would have been released wrong."""
        return statuses.is_failure(self.status)

    @property
    def unreadable(self) -> bool:
        """Whether the warehouse refused the SQL as written: a mistake in the file, not in the data."""
        return self.status == "error" and bool(_SYNTAX.search(self.message))


@dataclass(frozen=True)
class Outcome:
    """A whole invocation: every node's result in the order in which they ended."""

    results: tuple[NodeResult, ...]
    seconds: float

    def then(self, other: Outcome) -> Outcome:
        """One outcome of what ran here and what ran after it."""
        return Outcome((*self.results, *other.results), self.seconds + other.seconds)

    @property
    def failed(self) -> tuple[NodeResult, ...]:
        """Nodes that failed; empty when all is well."""
        return tuple(result for result in self.results if result.failed)

    @property
    def warned(self) -> tuple[NodeResult, ...]:
        """Tests that warned."""
        return tuple(result for result in self.results if result.status in statuses.WARNED)

    @property
    def ahead(self) -> tuple[NodeResult, ...]:
        """Sources whose newest row is in the future: dbt calls them fresh."""
        return tuple(result for result in self.results if result.age is not None and result.age.is_ahead)

    @property
    def exit_code(self) -> int:
        """0 all well; 1 something failed; 2 SQL that cannot be run as written."""
        if any(result.unreadable for result in self.results):
            return 2
        return 1 if self.failed else 0
