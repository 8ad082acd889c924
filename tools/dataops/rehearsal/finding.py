"""What a rehearsal found: of each promise whether it held, and what was seen."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Verdict = Literal["held", "broken", "not tried"]


class BrokenError(Exception):
    """A promise does not hold; the text says what was seen in its place."""


class UntriedError(Exception):
    """A promise cannot be tried here; the text says why."""


@dataclass(frozen=True)
class Finding:
    """One promise. `seen`: what was seen, or why it was not tried."""

    promise: str
    verdict: Verdict
    seen: str


@dataclass(frozen=True)
class Rehearsal:
    """All of them. `engine`: its name in words; `version` is dataops', `adapter_version` that of dbt's adapter.

    `at`: when it ended (UTC, ISO 8601); `target`: dbt's target that it was made with.
    """

    engine: str
    adapter: str
    adapter_version: str
    version: str
    target: str
    at: str
    findings: tuple[Finding, ...]

    def count(self, verdict: Verdict) -> int:
        """How many promises have it."""
        return sum(each.verdict == verdict for each in self.findings)

    @property
    def broken(self) -> tuple[Finding, ...]:
        """The promises that do not hold."""
        return tuple(each for each in self.findings if each.verdict == "broken")

    @property
    def sentence(self) -> str:
        """One line of it."""
        told = f"{self.count('held')} promises held"
        if self.broken:
            told += f", {len(self.broken)} broken ({', '.join(each.promise for each in self.broken)})"
        if untried := self.count("not tried"):
            told += f", {untried} not tried"
        return told

    def document(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return asdict(self)


def read(document: dict[str, Any]) -> Rehearsal:
    """What `document` wrote.

    Raises:
        KeyError, TypeError: it is not that.
    """
    findings = tuple(Finding(**each) for each in document["findings"])
    return Rehearsal(**{**document, "findings": findings})
