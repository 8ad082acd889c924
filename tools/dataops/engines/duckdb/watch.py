"""What production serves, looked at before and after: who says that it is untouched asks here."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from dataops.engines.duckdb.companions import Mark, mark
from dataops.engines.values import Aftermath


class Watch:
    """Databases and files that production serves, as they were when this was made."""

    def __init__(self, places: Iterable[Path]) -> None:
        self._before: dict[Path, Mark] = {place: mark(place) for place in places}

    def aftermath(self, unseen: Iterable[str]) -> Aftermath:
        """What became of them since."""
        changed = tuple(str(place) for place, before in self._before.items() if mark(place) != before)
        return Aftermath(changed, tuple(each.split(".", 2)[-1] for each in unseen), "databases and exported files")
