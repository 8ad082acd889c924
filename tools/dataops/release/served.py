"""What production serves, looked at before and after: who says that it is untouched asks here."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from dataops.release.companions import Mark, mark
from dataops.release.facts import Standing


class Served:
    """Databases and files that production serves, as they were when this was made."""

    def __init__(self, places: Iterable[Path]) -> None:
        self._before: dict[Path, Mark] = {place: mark(place) for place in places}

    def standing(self, unseen: Iterable[str]) -> Standing:
        """What became of them since."""
        changed = tuple(str(place) for place, before in self._before.items() if mark(place) != before)
        return Standing(changed, tuple(each.split(".", 2)[-1] for each in unseen))
