"""What events may say of an error: what went wrong, without a value of the data, a password or a salt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from dataops.history import observation

_SECRET = re.compile(r"pass|secret|token|key|salt|credential", re.IGNORECASE)
_SHORTEST = 4
_LONGEST = 500


def secrets(environment: Mapping[str, str], required: Iterable[str]) -> tuple[str, ...]:
    """The values of variables that are secrets by their names, or that production requires; the longest first."""
    named = {*required, *(name for name in environment if _SECRET.search(name))}
    found = {environment[name] for name in named if len(environment.get(name, "")) >= _SHORTEST}
    return tuple(sorted(found, key=lambda value: (-len(value), value)))


def hidden(text: str | None, known: Iterable[str]) -> str:
    """An error's text without whatever may be a value: in quotes, long numbers, addresses; nor a `known` secret."""
    told = text or ""
    for value in known:
        told = told.replace(value, "…")
    # Without a manifest nothing counts as the project's own words.
    return (observation.message(None, "", "error", told) or "")[:_LONGEST]
