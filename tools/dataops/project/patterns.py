"""Which nodes a pattern of `dataops.yml` speaks of."""

from __future__ import annotations

import re
from collections.abc import Collection
from fnmatch import fnmatchcase

_VERSION = re.compile(r"\.v[^.]+$")


def speaks_of(pattern: str, name: str, file: str, tags: Collection[str]) -> bool:
    """Whether a name or pattern of names, `path:FOLDER` or `tag:NAME` chooses a node.

    A version of a model is `orders.v1`; `orders` chooses all of them.
    """
    if pattern.startswith("tag:"):
        return pattern[4:] in tags
    if pattern.startswith("path:"):
        folder = pattern[5:].rstrip("/")
        return file == folder or file.startswith(folder + "/") or fnmatchcase(file, pattern[5:])
    return fnmatchcase(name, pattern) or fnmatchcase(_VERSION.sub("", name), pattern)
