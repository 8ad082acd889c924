"""dbt's words for how a node ended, and what each means: the one list, for verdict, history, health and report.

A word that is in no group is one of a dbt that this tool does not know: it is no success (`is_failure`).
"""

from __future__ import annotations

from collections.abc import Iterable

PASSED = ("success", "pass")
"""It was built, or its test found nothing."""

WARNED = ("warn",)
"""A test found something that its own configuration does not call a failure."""

FAILED = ("error", "fail", "runtime error", "partial success")
"""What was built is wrong, or was not built, or in part: of a microbatch model some batches failed."""

SKIPPED = ("skipped",)
"""It was its turn and it did not run: something above it failed, or the run was ended early."""

IDLE = ("no-op", "reused")
"""dbt had nothing to do for it: it has no relation of its own, or what was there is as new."""

SILENT = (*SKIPPED, *IDLE)
"""It says nothing of the node, which stays what it was."""

GOOD = (*PASSED, *WARNED)
RAN = (*GOOD, *FAILED)
"""It ran to an end of its own."""

KNOWN = (*RAN, *SKIPPED, *IDLE)

OFFENDING = ("fail", "warn")
"""A test ran and counted rows that it does not want."""

COUNTED = ("pass", *OFFENDING)
"""A test ran to its count of failing rows."""

AGED = ("pass", "warn", "error")
"""A source could be asked for its age."""


def is_failure(status: str) -> bool:
    """Whether a node that ended so stands in the way of whoever needs it."""
    return status in FAILED or status not in KNOWN


def sql(words: Iterable[str]) -> str:
    """The words as a list for SQL's `in`."""
    return "(" + ", ".join(f"'{word}'" for word in words) + ")"
