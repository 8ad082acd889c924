"""Which findings are new: those that the text before did not have in the same place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from dataops.lint.findings import Finding

Place = tuple[str, str, str]
"""A rule, its message, and the line that it is about, without the space around it. Line numbers say nothing."""


def new(findings: Sequence[Finding], text: str, earlier: Sequence[Finding], before: str) -> tuple[Finding, ...]:
    """Those of `findings` in `text` that are not among the `earlier` ones in the text `before`.

    Of several in equal lines as many are new as there are more of them, the last ones.
    """
    left = Counter(_place(each, before.splitlines()) for each in earlier)
    found = []
    lines = text.splitlines()
    for each in findings:
        place = _place(each, lines)
        if left[place]:
            left[place] -= 1
        else:
            found.append(each)
    return tuple(found)


def doubtful(findings: Sequence[Finding], text: str, before: str) -> frozenset[str]:
    """The rules of those of `findings` that can be known at all: one in a line that `before` does not have cannot."""
    # An empty line, or none, may be anywhere.
    there, lines = {"", *(line.strip() for line in before.splitlines())}, text.splitlines()
    return frozenset(each.rule for each in findings if _place(each, lines)[2] in there)


def _place(finding: Finding, lines: Sequence[str]) -> Place:
    line = lines[finding.line - 1] if 0 < finding.line <= len(lines) else ""
    return finding.rule, finding.message, line.strip()
