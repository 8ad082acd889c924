"""The site's folder: files are written where they differ, those of an earlier site that are no more are removed."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dataops.errors import SettingsError

INDEX = ".dataops-site.json"
"""Lists what a site consists of; a folder with other files and without it is somebody else's."""


@dataclass(frozen=True)
class Written:
    """What was written: files in all, those that differed, and the size of all of them in bytes."""

    files: int
    changed: int
    size: int


def write(place: Path, files: Iterable[tuple[str, bytes]]) -> Written:
    """Make the folder hold these files, each replaced at once. The index comes first, so that nothing is ever orphaned.

    Raises:
        SettingsError: the folder holds something else, or cannot be written.
    """
    every = dict(files)
    try:
        before = _index(place)
        _replace(place / INDEX, json.dumps(sorted({*before, *every}), indent=0).encode())
        changed = sum(_renew(place / name, content) for name, content in every.items())
        for name in before - every.keys():
            (place / name).unlink(missing_ok=True)
        _replace(place / INDEX, json.dumps(sorted(every), indent=0).encode())
    except OSError as error:
        raise SettingsError(f"cannot write the site to {place}: {error}", "check space and access there") from error
    return Written(len(every), changed, sum(map(len, every.values())))


def held(place: Path, name: str) -> bytes | None:
    """A file of the site that is there."""
    try:
        return (place / name).read_bytes()
    except OSError:
        return None


def _index(place: Path) -> set[str]:
    place.mkdir(parents=True, exist_ok=True)
    if not (place / INDEX).exists():
        if any(place.iterdir()):
            raise SettingsError(f"{place} is not empty, and no site", "name an empty folder, or one that it made")
        return set()
    try:
        names = json.loads((place / INDEX).read_bytes())
    except ValueError:
        names = None
    # Of a damaged index: what is still a file of the site is written anew, the rest stays.
    return {name for name in names if _inside(name)} if isinstance(names, list) else set()


def _inside(name: object) -> bool:
    """A path that stays in the folder: an index is a file that anybody may have edited."""
    return isinstance(name, str) and not Path(name).is_absolute() and ".." not in Path(name).parts and name != INDEX


def _renew(path: Path, content: bytes) -> bool:
    """Write a file unless it is the same; whether it was written."""
    try:
        if path.stat().st_size == len(content) and path.read_bytes() == content:
            return False
    except OSError:
        pass
    _replace(path, content)
    return True


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name[:80]}.{uuid.uuid4().hex}")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)  # noqa: PTH105 - a file that is being read stays whole
    finally:
        temporary.unlink(missing_ok=True)
