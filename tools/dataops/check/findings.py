"""What checks of conventions find, as plain values that need no dbt to be read."""

from __future__ import annotations

from dataclasses import dataclass

VERSION = 1
"""Version of the JSON."""


@dataclass(frozen=True)
class Finding:
    """A rule that does not hold. `severity` is error or warn; `line` counts from 1, 0 where nobody can tell.

    With rule and node `subject` says which finding it is, in every version of the project. `why` is the rule's reason,
    `mend` what to do.
    """

    rule: str
    severity: str
    unique_id: str
    subject: str
    message: str
    file: str
    line: int
    why: str
    mend: str


@dataclass(frozen=True)
class Excepted:
    """A finding of which a node's `meta` says that it is meant, and why."""

    rule: str
    unique_id: str
    subject: str
    reason: str


@dataclass(frozen=True)
class Checked:
    """What was checked: so many nodes by so many rules of a preset.

    `against` is the base, in words; empty where there was none, and every finding counts. `known`: how many findings
    the base has, too. `unread`: why the base could not be read; every finding then counts as new.
    """

    preset: str = ""
    rules: int = 0
    nodes: int = 0
    findings: tuple[Finding, ...] = ()
    known: int = 0
    excepted: tuple[Excepted, ...] = ()
    against: str = ""
    unread: str = ""

    @property
    def failures(self) -> tuple[Finding, ...]:
        """Findings that are not mere warnings."""
        return tuple(each for each in self.findings if each.severity == "error")
