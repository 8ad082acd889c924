"""The review: everything a pull request's reviewer needs, and the verdict first. Plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sized
from dataclasses import dataclass, field

from dataops.breaker.pauses import Hold, Incident
from dataops.check.findings import Checked
from dataops.contract.breaches import Kept
from dataops.diff.difference import Diff, OffendingRows
from dataops.lint.findings import Linted
from dataops.plan.plan import Plan
from dataops.project.outcome import Account, Outcome, Shape, counted


@dataclass(frozen=True)
class Intended:
    """An acknowledgement in the branch: a change of `model` that is meant. `columns` empty: the whole model.

    `expires`: a date, ISO 8601; `file` and `line` say where it is written.
    """

    model: str
    columns: tuple[str, ...]
    reason: str
    expires: str
    file: str
    line: int


@dataclass(frozen=True)
class Ruling:
    """One rule held against one model or one of its columns.

    `rule` is the rule's name; `column` empty: the rows. `broken` is decisive unless `intended` acknowledges it.
    `message` says what was found and what is allowed. `blocking`: whether a broken rule makes the change not ready.
    """

    rule: str
    unique_id: str
    column: str
    message: str
    broken: bool
    blocking: bool = True
    intended: Intended | None = None

    @property
    def blocks(self) -> bool:
        """Whether this stands in the change's way."""
        return self.broken and self.blocking and self.intended is None


@dataclass(frozen=True)
class Compared:
    """A relation that the change built, beside production's. None: that side does not exist."""

    unique_id: str
    relation: str
    before: Shape | None
    after: Shape | None


@dataclass(frozen=True)
class Built:
    """What the build did, and what it made. `copied`: nodes that started from a copy of production's table.

    `failing`: by unique id, the SQL of the tests that failed or warned, as it ran.
    """

    outcome: Outcome
    compared: tuple[Compared, ...]
    copied: tuple[str, ...]
    failing: Mapping[str, str] = field(default_factory=dict)


VERSION = 1
"""Version of the review's JSON."""


@dataclass(frozen=True)
class Review:
    """What `ci` found. `built` is None when nothing had to run; `timings` are seconds by step, in order.

    `diffs`: relations that were built beside those of production; `rulings`: what the project's rules make of them;
    `offending`: rows that make tests fail. `incidents`: what the project's policy says of failures; `paused`: pauses
    in production that hold something of what was built. `checked`: the conventions that the change breaks; `promised`:
    what becomes of contracts.
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
    checked: Checked = field(default_factory=Checked)
    promised: Kept = field(default_factory=Kept)

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
    def account(self) -> Account:
        """What was planned beside what became of it. A change that breaks a reader is not built, and that is told."""
        if self.built is None and self.breaks:
            return Account(frozenset(), ())
        return Account(self.plan.answering, self.built.outcome.results if self.built else ())

    @property
    def problems(self) -> tuple[str, ...]:
        """All that stands in the way, in words."""
        found = []
        if self.breaks:
            columns = len({(each.unique_id, each.column) for each in self.plan.broken})
            found.append(f"{counted(columns, 'column')} that something reads would be gone or of another type")
        found += self.account.problems
        if self.plan.empty:
            found.append(f"{counted(len(self.plan.empty), 'changed file')} {_is(self.plan.empty)} empty")
        if self.broken_rules:
            found.append(f"{counted(len(self.broken_rules), 'rule')} on the data {_is(self.broken_rules)} broken")
        if self.linted.failures and self.lint_blocks:
            found.append(counted(len(self.linted.failures), "lint finding"))
        if self.checked.failures:
            found.append(f"{counted(len(self.checked.failures), 'convention')} {_is(self.checked.failures)} broken")
        if self.promised.failures:
            found.append(
                f"{counted(len(self.promised.failures), 'promise')} of contracts {_is(self.promised.failures)} broken"
            )
        return tuple(found)

    @property
    def exit_code(self) -> int:
        """0 nothing stands in the way; 1 something does; 2 SQL that cannot be run as written."""
        code = self.built.outcome.exit_code if self.built else 0
        return code or int(bool(self.problems))

    @property
    def verdict(self) -> str:
        """One line: may this be released?"""
        if self.problems:
            return "Not ready: " + ", ".join(self.problems)
        warned = len(self.built.outcome.warned) if self.built else 0
        notes = [f"{counted(warned, 'test')} warned"] if warned else []
        notes += [f"{counted(len(self.acknowledged), 'broken rule')} acknowledged"] if self.acknowledged else []
        return "; ".join([f"Ready: {self._well()}", *notes])

    def _well(self) -> str:
        """What went well: no more than what ran."""
        if not self.plan.run:
            return "nothing that production builds is changed"
        if self.account.built and self.account.tested:
            return "everything that this change reaches was built and passed its tests"
        if self.account.built:
            return "everything that this change reaches was built, and no test had to run"
        if self.account.tested:
            return "every test that this change reaches passed; nothing had to be built"
        return "nothing had to be built or tested: what changed is ephemeral, and nothing reads it"


def untouched_review(plan: Plan) -> Review:
    """The review of a change that touches nothing that dbt reads: there is nothing to lint, to build or to compare."""
    return Review(plan, Linted((), ()), True, None, ())


def _is(found: Sized) -> str:
    return "is" if len(found) == 1 else "are"
