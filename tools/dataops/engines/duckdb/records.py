"""Small JSON documents beside production, each of a format: replaced whole, and on the disk when that returns."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from dataops.engines.duckdb import database
from dataops.errors import NewerFormatError, StateError

FORMAT = 1
"""Version of all of them. A reader refuses a newer one."""


def publication(path: Path) -> dict[str, Any] | None:
    """What `pending.json` or `published.json` says; None for one that is damaged or not there.

    Those of the first versions had no format.

    Raises:
        NewerFormatError: a newer version wrote it.
    """
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    if not isinstance(read, dict) or not isinstance(read.get("release"), str):
        return None
    version = read.get("format", 1)
    if version != FORMAT:
        raise NewerFormatError(
            f"{path} has format {version}, this version reads up to {FORMAT}",
            "install the newer dbt-dataops that wrote it",
        )
    return read


def listed(path: Path, key: str) -> list[Any]:
    """A list that a document holds; empty where there is none.

    Raises:
        StateError: it is damaged, or of a newer format.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        version, found = int(document["format"]), list(document[key])
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError) as error:
        raise StateError(f"{path} is damaged: {error}", "bring it back from a backup, or remove it") from error
    if version != FORMAT:
        raise StateError(f"{path} has format {version}, this version reads {FORMAT}", "install the newer dbt-dataops")
    return found


def write(path: Path, document: dict[str, Any]) -> None:
    """Put a document in the place of what is there; its format is added."""
    temporary = path.with_suffix(".tmp")
    with temporary.open("w", encoding="utf-8") as file:
        json.dump({"format": FORMAT, **document}, file)
        file.flush()
        os.fsync(file.fileno())
    database.rename(temporary, path)
