"""What a dbt invocation did, and what was planned beside it. Plain values that need no dbt to be read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from dataops.project import statuses


@dataclass(frozen=True)
class Shape:
    """What a relation holds: its rows, and its columns' types by name in their order."""

    rows: int
    columns: Mapping[str, str]


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


BY_THE_WAY = ("exposure", "saved_query", "metric")
"""dbt names them in its results, and does nothing for them."""

_NOUNS = {"unit_test": "test", "operation": "hook"}
_TESTS = ("test", "unit_test")


@dataclass(frozen=True)
class Account:
    """`planned`: what dbt has to give a result for. `results`: what it gave, of hooks and functions too."""

    planned: frozenset[str]
    results: tuple[NodeResult, ...]

    @property
    def failed(self) -> tuple[NodeResult, ...]:
        """Nodes, tests and hooks that did not end well, whether planned or not."""
        return tuple(each for each in self.results if each.failed)

    @property
    def skipped(self) -> tuple[str, ...]:
        """What dbt left out when its turn came."""
        return self._ended(statuses.SKIPPED)

    @property
    def idle(self) -> tuple[str, ...]:
        """What dbt says it had nothing to do for, and the plan said otherwise."""
        return self._ended(statuses.IDLE)

    @property
    def missing(self) -> tuple[str, ...]:
        """What was planned and has no result."""
        return tuple(sorted(self.planned - {each.unique_id for each in self.results}))

    @property
    def unplanned(self) -> tuple[str, ...]:
        """What ran and was not planned."""
        ran = {each.unique_id for each in self.results if each.kind in RUNNABLE}
        return tuple(sorted(ran - self.planned))

    @property
    def gaps(self) -> tuple[tuple[str, str], ...]:
        """Each node of which plan and results do not agree, with why. What failed is in both."""
        return (
            *((uid, "it was planned and did not run") for uid in self.missing),
            *((uid, "it was planned, and dbt did nothing for it") for uid in self.idle),
            *((uid, "it ran without being planned") for uid in self.unplanned),
            # Where something failed, that is why.
            *((uid, "it was skipped, although nothing failed") for uid in self.skipped if not self.failed),
        )

    @property
    def built(self) -> int:
        """How many planned nodes were built."""
        return sum(each.kind not in _TESTS for each in self._good())

    @property
    def tested(self) -> int:
        """How many planned tests passed, or warned."""
        return sum(each.kind in _TESTS for each in self._good())

    @property
    def complete(self) -> bool:
        """Whether all that was planned, and nothing else, ran and ended well."""
        return not self.problems

    @property
    def problems(self) -> tuple[str, ...]:
        """What stands in the way of a promise, in words, the worst first."""
        parts = Counter(_failure(each) for each in self.failed)
        found = [f"{counted(number, noun)} {verb}" for (noun, verb), number in sorted(parts.items(), key=_ranked)]
        if self.skipped:
            found.append(f"{counted(len(self.skipped), 'node')} {_were(self.skipped)} skipped")
        if self.missing:
            found.append(f"{counted(len(self.missing), 'node')} {_were(self.missing)} planned and did not run")
        if self.idle:
            found.append(f"dbt did nothing for {counted(len(self.idle), 'planned node')}")
        if self.unplanned:
            found.append(f"{counted(len(self.unplanned), 'node')} ran without being planned")
        return tuple(found)

    def _good(self) -> Iterable[NodeResult]:
        return (each for each in self.results if each.unique_id in self.planned and each.status in statuses.GOOD)

    def _ended(self, words: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(
            sorted({each.unique_id for each in self.results if each.status in words and each.kind not in BY_THE_WAY})
        )


def counted(number: int, noun: str) -> str:
    """`1 node`, `1,200 nodes`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


_VERBS = ("could not be built", "could be built only in part", "could not run", "failed")


def _failure(result: NodeResult) -> tuple[str, str]:
    """What failed, and how: `node` and `could not be built`."""
    if result.kind in (*_TESTS, "operation"):
        noun = _NOUNS.get(result.kind, result.kind)
        return noun, "failed" if result.status == "fail" or noun == "hook" else "could not run"
    return "node", "could be built only in part" if result.status == "partial success" else "could not be built"


def _ranked(part: tuple[tuple[str, str], int]) -> tuple[int, str]:
    (noun, verb), _ = part
    return _VERBS.index(verb), noun


def _were(nodes: tuple[str, ...]) -> str:
    return "was" if len(nodes) == 1 else "were"
