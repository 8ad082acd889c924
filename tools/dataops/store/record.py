"""The records of a release, as plain values."""

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


@dataclass(frozen=True)
class Waiting:
    """A release that was built and tested and waits to be published. Times are UTC, ISO 8601.

    `live`: the release that it was made from, None before the first; `superseded`: the one that it will replace, which
    differs where dbt built production before any release. `until`: when it can be published no more. `paused`: the ids
    of the pauses that it was made around.
    """

    release: str
    live: str | None
    superseded: str | None
    since: str
    until: str
    by: str
    paused: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unfinished:
    """A release of which something failed, kept so that only that is built again. The first six as of one that waits.

    `held`: unique ids of what it took over from production; `is_full_refresh`: incremental models were made anew;
    `again`: how many nodes and tests a retry builds, of so many that were `planned`.
    """

    release: str
    live: str | None
    since: str
    until: str
    by: str
    paused: tuple[str, ...]
    held: tuple[str, ...]
    is_full_refresh: bool
    again: int
    planned: int
