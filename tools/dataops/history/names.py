"""Names, moments and rows as whoever reads the history needs them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timezone
from hashlib import blake2b
from typing import Any


def file_name(key: str) -> str:
    """A name for a file and a fragment: readable, of few letters, and another one for another key."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", key).strip("-")[:80]
    return plain if plain == key else f"{plain}-{blake2b(key.encode(), digest_size=4).hexdigest()}".lstrip("-")


def moment(at: datetime) -> datetime:
    """A moment of the history, which are all in UTC and do not say so."""
    return at.replace(tzinfo=timezone.utc)


def parsed(text: str) -> datetime:
    """A moment written as ISO 8601 with Z."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def short(unique_id: str) -> str:
    """A node's name for people."""
    parts = unique_id.split(".")
    return ".".join(parts[2:3] if parts[0] in ("test", "unit_test") else parts[2:]) or unique_id


def streamed(found: Any) -> Iterator[tuple[Any, ...]]:
    """The rows of a DuckDB result, a few thousand at a time."""
    while rows := found.fetchmany(10_000):
        yield from rows


def chart(unique_id: str, name: str) -> str:
    """A monitor's key on the site's charts page."""
    return f"{file_name(name)[:60]}-{blake2b(unique_id.encode(), digest_size=4).hexdigest()}"


def ended(status: str) -> str:
    """How an invocation ended, for people: ok, failed, running or interrupted."""
    return {"success": "ok", "error": "failed"}.get(status, status)
