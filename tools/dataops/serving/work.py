"""One gathering of everything, beside what goes on meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone

from dataops.errors import DataopsError
from dataops.observe.site.facts import Site


class Work(threading.Thread):
    """Gathers once, in a thread that ends with the process whatever it is at. `took`: seconds, once it has ended."""

    def __init__(self, gather: Callable[[], Site]) -> None:
        super().__init__(daemon=True)
        self._gather = gather
        self._site: Site | None = None
        self._failed: Exception | None = None
        self.took = 0.0

    def run(self) -> None:
        """Gather."""
        began = time.monotonic()
        try:
            self._site = self._gather()
        except Exception as error:  # noqa: BLE001 - raised again where it is asked for
            self._failed = error
        self.took = time.monotonic() - began

    @property
    def failed(self) -> bool:
        """Whether it has to be tried again."""
        return self._failed is not None

    def site(self, before: Site) -> Site:
        """What was gathered; what was there before, with a note, where that failed: a server stays."""
        if self._site is not None:
            return self._site
        error = self._failed
        why = (
            f"{error.message}; {error.remedy}"
            if isinstance(error, DataopsError)
            else f"{type(error).__name__}: {error}"
        )
        note = f"{_NOT_RENEWED}{before.made_at:%Y-%m-%d %H:%M} UTC. {why}."
        return replace(before, notes=(note, *(each for each in before.notes if not each.startswith(_NOT_RENEWED))))


_NOT_RENEWED = "This is how it was at "


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(timezone.utc)
