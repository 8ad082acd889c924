"""The record of a release, as plain values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Release:
    """One release's record. Times are UTC, ISO 8601. `previous`: the release it replaced, None for the first.

    `action` is `deploy`, or `found` for a production that existed before the first release.
    """

    id: str
    created_at: str
    action: str
    revision: str | None
    by: str
    adapter: str
    dbt_version: str
    previous: str | None
    nodes: int
    tests: int
    warnings: int
