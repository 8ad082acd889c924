"""What a build owes to production: its relations in place of what is not made, and what it requires to be built."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping

from dataops.config import FILE, Settings
from dataops.errors import SettingsError
from dataops.project.slices import Place


def standing_in(live: Mapping[str, Place], chosen: Collection[str]) -> dict[str, Place]:
    """Where each node outside `chosen` is read: production's own relation."""
    return {uid: place for uid, place in live.items() if uid not in chosen and place.kind != "source"}


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
