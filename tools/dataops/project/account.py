"""What was planned beside what became of it, node by node: whether a run was all that it should have been.

Who promises anything of a run (*Ready*, *Released*) asks this, and not whether something failed: what never ran fails
nowhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from dataops import statuses
from dataops.project.outcome import RUNNABLE, NodeResult

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
