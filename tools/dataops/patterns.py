"""Which nodes a pattern of `dataops.yml` speaks of."""

from __future__ import annotations

from collections.abc import Collection
from fnmatch import fnmatchcase


def speaks_of(pattern: str, name: str, file: str, tags: Collection[str]) -> bool:
    """Whether a name or pattern of names, `path:FOLDER` or `tag:NAME` chooses a node."""
    if pattern.startswith("tag:"):
        return pattern[4:] in tags
    if pattern.startswith("path:"):
        folder = pattern[5:].rstrip("/")
        return file == folder or file.startswith(folder + "/") or fnmatchcase(file, pattern[5:])
    return fnmatchcase(name, pattern)
