"""What a deploy did, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field

from dataops.breaker.pauses import Hold, Incident, Pause
from dataops.engines.values import Aftermath
from dataops.errors import FAILED
from dataops.project.outcome import Account, Outcome
from dataops.release.contents import Contents
from dataops.store.record import Release, Unfinished, Waiting

_NAMED = 3
"""Failures that are named in one line."""


@dataclass(frozen=True)
class Deployed:
    """What a deploy did. `release` is None when something failed; `aftermath` says what production is then.

    `forgotten`: releases whose databases were deleted to keep no more than the settings say. `audit`: all of the
    project on the newest data; `outcome`: what was, or would have been, released, without what is held by `holds`.
    `resumed`: pauses that ended by themselves. `account`: what was planned of `outcome` beside what became of it.
    `empty`: nodes whose file holds nothing, for which dbt does nothing. `waiting`: the release waits to be published.
    `unfinished`: what failed is kept to be retried; `unkept`: why not, where it was to be. `hindered`: what stands in
    the way besides failures.
    `contents`: what is new in it, or would have been.
    """

    outcome: Outcome
    release: Release | None
    superseded: str | None
    account: Account
    forgotten: tuple[str, ...] = ()
    audit: Outcome | None = None
    incidents: tuple[Incident, ...] = ()
    holds: tuple[Hold, ...] = ()
    resumed: tuple[Pause, ...] = ()
    aftermath: Aftermath = field(default_factory=Aftermath)
    empty: tuple[str, ...] = ()
    waiting: Waiting | None = None
    unfinished: Unfinished | None = None
    unkept: str = ""
    hindered: str = ""
    contents: Contents = field(default_factory=Contents)

    @property
    def verdict(self) -> str:
        """One line: what became of it, and if nothing did, why."""
        if self.waiting is not None:
            return f"{self.waiting.release} was built and tested, and waits to be published"
        if self.release is not None:
            return f"Released {self.release.id}"
        failed = [each.name for each in self.outcome.failed]
        more = f" and {len(failed) - _NAMED} more" if len(failed) > _NAMED else ""
        why = (
            f"{', '.join(failed[:_NAMED])}{more} failed"
            if failed
            else ", ".join(self.account.problems) or self.hindered
        )
        return f"Not released: {why or 'there was nothing to build'}"

    @property
    def exit_code(self) -> int:
        """0 all was released, or waits; 1 nothing was, or something is held; 2 SQL that cannot be run as written."""
        return self.outcome.exit_code or (FAILED if self.holds or self.release is None else 0)


@dataclass(frozen=True)
class Published:
    """A release that had waited is live now. `superseded`: what it replaced, None for the first."""

    release: str
    superseded: str | None
    forgotten: tuple[str, ...] = ()
