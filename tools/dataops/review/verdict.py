"""The review: everything a pull request's reviewer needs, and the verdict first. Plain values."""

from __future__ import annotations

from dataclasses import dataclass

from dataops.changes.plan import Plan
from dataops.checks.findings import Linted
from dataops.diff.facts import Diff
from dataops.observe.breaker.facts import Hold, Incident
from dataops.review.facts import Built
from dataops.review.judged import OffendingRows, Ruling

VERSION = 1
"""Version of the review's JSON."""


@dataclass(frozen=True)
class Review:
    """What `ci` found. `built` is None when nothing had to run; `timings` are seconds by step, in order.

    `diffs`: relations that were built beside those of production; `rulings`: what the project's rules make of them;
    `offending`: rows that make tests fail. `incidents`: what the project's policy says of failures; `paused`: pauses
    in production that hold something of what was built.
    """

    plan: Plan
    linted: Linted
    lint_blocks: bool
    built: Built | None
    timings: tuple[tuple[str, float], ...]
    breaking_allowed: bool = False
    diffs: tuple[Diff, ...] = ()
    rulings: tuple[Ruling, ...] = ()
    offending: tuple[OffendingRows, ...] = ()
    incidents: tuple[Incident, ...] = ()
    paused: tuple[Hold, ...] = ()

    @property
    def breaks(self) -> bool:
        """Whether readers of columns break, and nobody said that they may."""
        return bool(self.plan.broken) and not self.breaking_allowed

    @property
    def broken_rules(self) -> tuple[Ruling, ...]:
        """Rulings that stand in the change's way."""
        return tuple(ruling for ruling in self.rulings if ruling.blocks)

    @property
    def acknowledged(self) -> tuple[Ruling, ...]:
        """Broken rules that the branch says are meant."""
        return tuple(ruling for ruling in self.rulings if ruling.broken and ruling.intended)

    @property
    def exit_code(self) -> int:
        """0 nothing stands in the way; 1 a failure was found; 2 SQL that cannot be run as written."""
        code = self.built.outcome.exit_code if self.built else 0
        if code:
            return code
        return 1 if self.breaks or self.broken_rules or (self.lint_blocks and self.linted.failures) else 0

    @property
    def verdict(self) -> str:
        """One line: may this be released?"""
        problems = []
        if self.breaks:
            columns = len({(each.unique_id, each.column) for each in self.plan.broken})
            problems.append(f"{_count(columns, 'column')} that something reads would be gone or of another type")
        if self.built:
            broken = [each for each in self.built.outcome.failed if each.status != "fail"]
            failing = [each for each in self.built.outcome.failed if each.status == "fail"]
            problems += [_count(len(broken), "node") + " could not be built"] if broken else []
            problems += [_count(len(failing), "test") + " failed"] if failing else []
        if self.broken_rules:
            count = len(self.broken_rules)
            problems.append(f"{_count(count, 'rule')} on the data {'is' if count == 1 else 'are'} broken")
        if self.linted.failures and self.lint_blocks:
            problems.append(_count(len(self.linted.failures), "lint finding"))
        if problems:
            return "Not ready: " + ", ".join(problems)
        if not self.plan.run:
            return "Ready: nothing that production builds is changed"
        meant = f"; {_count(len(self.acknowledged), 'broken rule')} acknowledged" if self.acknowledged else ""
        return "Ready: everything that this change reaches was built and passed its tests" + meant


def untouched_review(plan: Plan) -> Review:
    """The review of a change that touches nothing that dbt reads: there is nothing to lint, to build or to compare."""
    return Review(plan, Linted((), ()), True, None, ())


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
