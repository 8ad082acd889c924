"""Whether anything that the site shows may have changed, without reading it."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import date
from pathlib import Path

from dataops.location import Location
from dataops.observe.breaker.ledger import FOLDER as EVENTS
from dataops.observe.health.production import PLAIN
from dataops.observe.history.files import folder
from dataops.observe.history.holdings import versions
from dataops.observe.site.gather import REPORT, REVIEW

_BESIDE = (REPORT, REVIEW, PLAIN / "manifest.json", PLAIN / "catalog.json")


def stamp(state: str, root: Path, today: date) -> Hashable:
    """Equal as long as history, releases, pauses and the files beside them are; a new day makes another one.

    Raises:
        StateError: the state cannot be listed.
    """
    place = Location(state)
    folders = ("", "releases", "live", EVENTS, *(folder(version) for version in versions(place)))
    return today, *(place.stamps(each) for each in folders), *(_file(root / each) for each in _BESIDE)


def _file(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
