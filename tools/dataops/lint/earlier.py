"""Which of a file's findings its base had already: of the same rule, in the same words, on a line of the same text."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from dataops.lint.findings import Finding


def divided(
    now: str, found: Sequence[Finding], then: str, before: Sequence[Finding]
) -> tuple[list[Finding], list[Finding]]:
    """The findings of a text that are new, and those that an earlier text had, each as often as it had them.

    Lines may have moved: what counts is what is on them.
    """
    known = Counter(_mark(finding, then) for finding in before)
    new: list[Finding] = []
    old: list[Finding] = []
    for finding in found:
        mark = _mark(finding, now)
        (old if known[mark] > 0 else new).append(finding)
        known[mark] -= 1
    return new, old


def _mark(finding: Finding, text: str) -> tuple[str, str, str]:
    lines = text.splitlines()
    line = lines[finding.line - 1].strip() if 0 < finding.line <= len(lines) else ""
    return finding.rule, finding.message, line


@contextmanager
def with_text(manifest: Any, unique_ids: Sequence[str], text: str) -> Iterator[None]:
    """Let the manifest hold some nodes as if their file had been `text`, not compiled yet."""
    kept = {unique_id: manifest.nodes[unique_id] for unique_id in unique_ids}
    for unique_id, node in kept.items():
        earlier = copy.copy(node)
        earlier.raw_code, earlier.compiled, earlier.compiled_code = text, False, None
        earlier.extra_ctes, earlier.extra_ctes_injected = [], False
        manifest.nodes[unique_id] = earlier
    try:
        yield
    finally:
        manifest.nodes.update(kept)
