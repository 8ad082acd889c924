"""Where a YAML file describes a node or one of its columns. dbt does not say, so the file is read again."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_VERSION = re.compile(r"\.v[^.]+$")
_LISTS = {
    "model": "models",
    "seed": "seeds",
    "snapshot": "snapshots",
    "source": "sources",
    "exposure": "exposures",
    "macro": "macros",
}


def described(path: Path, kind: str, name: str, column: str = "") -> int:
    """The line of an entry, from 1; of the entry alone where the column is not written there; 0 where none is found.

    A source is named `source.table`, a version of a model `orders.v1`.
    """
    document = _composed(path)
    names = name.split(".", 1) if kind == "source" else [_VERSION.sub("", name)]
    entry = _entry(_value(document, _LISTS[kind]), names[0])
    if len(names) > 1:
        entry = _entry(_value(entry, "tables"), names[1])
    found = _entry(_value(entry, "columns"), column) if column else None
    place = _value(found, "name") or _value(entry, "name")
    return int(place.start_mark.line) + 1 if place is not None else 0


@cache
def _read(path: Path, changed: int) -> yaml.Node | None:
    try:
        return yaml.compose(path.read_text(encoding="utf-8"), _LOADER)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        # dbt has read it; what it makes of it is not ours to refuse.
        return None


def _composed(path: Path) -> yaml.Node | None:
    return _read(path, path.stat().st_mtime_ns) if path.is_file() else None


def _value(node: yaml.Node | None, key: str) -> yaml.Node | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for each, value in node.value if each.value == key), None)


def _entry(node: yaml.Node | None, name: str) -> yaml.Node | None:
    if not isinstance(node, yaml.SequenceNode):
        return None
    found = ((each, _value(each, "name")) for each in node.value)
    return next((each for each, value in found if value is not None and value.value == name), None)
