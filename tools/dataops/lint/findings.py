"""What lint and `doctor` find, as plain values that need no library to be read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One lint finding. `line` and `column` count from 1; `warning`: sqlfluff was told not to fail on it."""

    file: str
    line: int
    column: int
    rule: str
    message: str
    warning: bool


@dataclass(frozen=True)
class Linted:
    """What lint saw.

    `known`: how many findings more the base has in the same places; they are no findings of the change. `skipped`:
    files that could not be linted, with the reason; `fixed`: files it rewrote; `undone`: fixes that were not made, by
    file, because nothing proves that they leave the data as it is.
    """

    files: tuple[str, ...]
    findings: tuple[Finding, ...]
    skipped: tuple[tuple[str, str], ...] = ()
    fixed: tuple[str, ...] = ()
    known: int = 0
    undone: tuple[tuple[str, str], ...] = ()

    @property
    def failures(self) -> tuple[Finding, ...]:
        """Findings that are not mere warnings."""
        return tuple(finding for finding in self.findings if not finding.warning)


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. `status` is ok, note (fine, but worth knowing) or broken."""

    name: str
    status: str
    finding: str
    remedy: str = ""
