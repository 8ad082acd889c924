"""What a checkout keeps to be quicker the next time, as JSON: lost without harm, and in nobody's way."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

from dataops.store.location import write_whole


def recall(place: Path) -> Any:
    """What was kept; None where nothing was, or where it is not what was written."""
    try:
        return json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def keep(place: Path, text: str) -> None:
    """Keep a document's text; a disk that does not take it costs the next run its time, and this one nothing."""
    with contextlib.suppress(OSError):
        write_whole(place, text.encode("utf-8"))
