"""What a build owes to production: its relations in place of what is not made, and what it requires to be built."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dataops.config import FILE, Settings
from dataops.errors import SettingsError
from dataops.project.invocation import Parsed
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


def unset(settings: Settings) -> tuple[str, ...]:
    """The environment variables that production requires and that are not set here, or empty."""
    return tuple(name for name in settings.production.requires if not os.environ.get(name))


def refuse_unset(settings: Settings) -> None:
    """Refuse to build production without what it requires.

    Raises:
        SettingsError: naming the variables.
    """
    missing = unset(settings)
    if missing:
        raise SettingsError(
            f"production requires {', '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not set",
            f"set it in the environment as a secret of the job that releases ({FILE}: production.requires)",
        )


def _loaded(source: Any) -> bool:
    """Whether a plugin of dbt-duckdb makes the source's table in whatever database it is read in."""
    return "plugin" in source.meta or "plugin" in (source.config.extra or {})
