"""Messages as the history keeps them: of bounded length, and of an error on personal data without its values."""

from __future__ import annotations

import re
from typing import Any

from dataops import statuses
from dataops.checks.privacy import TAGS, marks
from dataops.observe.history import described

_LONGEST = 5_000
_SAID_ANYWAY = frozenset((*statuses.GOOD, *statuses.OFFENDING, *statuses.SKIPPED, *statuses.IDLE))
"""After these dbt speaks of how many rows, and of none."""

_VALUES = re.compile(
    r"""'(?:[^'\n]|'')*'|"(?:[^"\n]|"")*"|(?<==)\s*\([^\n]*\)|(?<=contains)\s*\([^\n]*\)|[^\s()]*@[^\s()]*|[\d.,:/+-]*\d[\d.,:/+-]{4,}"""
)
"""How databases show values in errors: in quotes, `Key (email)=(…)`, `Failing row contains (…)`, bare numbers."""


_OF_CODE = ("raw_code", "compiled_code", "original_file_path", "relation_name")


def message(whole: Any, unique_id: str, status: str, text: str | None) -> str | None:
    """A node's message. `whole`: the project's manifest; None where it is not known, and anything can be personal.

    What the message shows and the node's code does not say is a value: in an error of a node that reads personal
    columns it is left out.
    """
    text = (text or "").strip()
    if text and status not in _SAID_ANYWAY and (whole is None or reads_personal(whole, unique_id)):
        node = described.find(whole, unique_id) if whole is not None else None
        codes = (
            getattr(node, each, None) for each in ("raw_code", "compiled_code", "original_file_path", "relation_name")
        )
        code = "\n".join(str(each) for each in codes if each)
        text = _VALUES.sub(lambda found: found[0] if _inner(found[0]) in code else "…", text)
    return text[:_LONGEST] or None


def _inner(shown: str) -> str:
    return shown.strip().strip("'\"")


def reads_personal(manifest: Any, unique_id: str) -> bool:
    """Whether a node, or anything above it, has a column that is tagged as personal; any node that is not known may."""
    if described.find(manifest, unique_id) is None:
        return True
    pending, seen = [unique_id], set()
    while pending:
        each = pending.pop()
        node = described.find(manifest, each)
        if each in seen or node is None:
            continue
        seen.add(each)
        for column in (getattr(node, "columns", None) or {}).values():
            if TAGS & marks(column.to_dict() if hasattr(column, "to_dict") else column):
                return True
        pending += getattr(getattr(node, "depends_on", None), "nodes", None) or []
    return False
