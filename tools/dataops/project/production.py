"""Production's relations in place of whatever a build does not make itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dataops.project.session import Parsed
from dataops.project.slices import Place, places
from dataops.project.targets import Targets


def standing_in(
    head: Parsed, live: Mapping[str, Place], targets: Targets, chosen: set[str], own: str | None = None
) -> dict[str, Place]:
    """Where each node outside `chosen` is read: production's own relation. Empty when production has no data.

    On DuckDB a source without a database of its own lies in production's file. `own` is the database in which the
    build takes place, by default that of `ci`.
    """
    if targets.database is not None and not targets.database.exists():
        return {}
    found = {uid: place for uid, place in live.items() if uid not in chosen and place.kind != "source"}
    if targets.database is not None and targets.ci_database is not None:
        here = own or targets.ci_name
        for uid, place in places(head.manifest).items():
            if place.kind == "source" and place.database == here and not _loaded(head.manifest.sources[uid]):
                found[uid] = replace(place, database=targets.name)
    return found


def _loaded(source: Any) -> bool:
    """Whether a plugin of dbt-duckdb makes the source's table in whatever database it is read in."""
    return "plugin" in source.meta or "plugin" in (source.config.extra or {})
