"""Changes of data that a branch declares as meant, in a file of its own that the pull request shows."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from dataops.errors import SettingsError
from dataops.review.judged import Intended

FILE = "intended_changes.yml"

_KEYS = ("model", "columns", "reason", "expires")
_EXAMPLE = "write `- model: …`, `reason: …`, `expires: YYYY-MM-DD`, and `columns: […]` unless the whole model is meant"


def read(folder: Path, today: datetime.date) -> tuple[tuple[Intended, ...], tuple[Intended, ...]]:
    """The acknowledgements that hold on a day, and those that have expired (the day named is the last that counts).

    Raises:
        SettingsError: the file cannot be read, or an entry lacks its reason or its date.
    """
    path = folder / FILE
    if not path.exists():
        return (), ()
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"{FILE} is not valid YAML: {error}", _EXAMPLE) from error
    if root is None:
        return (), ()
    if not isinstance(root, yaml.SequenceNode):
        raise SettingsError(f"{FILE}:{root.start_mark.line + 1} is not a list", _EXAMPLE)
    every = list(_entries(root))
    holding = tuple(each for each in every if datetime.date.fromisoformat(each.expires) >= today)
    return holding, tuple(each for each in every if each not in holding)


def _entries(root: yaml.SequenceNode) -> Iterator[Intended]:
    loader = yaml.SafeLoader("")
    for node in root.value:
        line = node.start_mark.line + 1
        value: Any = loader.construct_document(node)
        if not isinstance(value, dict):
            raise SettingsError(f"{FILE}:{line} is not a mapping", _EXAMPLE)
        yield _entry(value, line)


def _entry(value: Mapping[str, Any], line: int) -> Intended:
    unknown = [str(key) for key in value if key not in _KEYS]
    if unknown:
        raise SettingsError(f"{FILE}:{line}: unknown key `{unknown[0]}`", f"known here: {', '.join(_KEYS)}")
    missing = [key for key in ("model", "reason", "expires") if not value.get(key)]
    if missing:
        raise SettingsError(f"{FILE}:{line} has no `{missing[0]}`", _EXAMPLE)
    try:
        expires = datetime.date.fromisoformat(str(value["expires"]))
    except ValueError as error:
        raise SettingsError(f"{FILE}:{line}: `expires` is {value['expires']!r}, not a date", _EXAMPLE) from error
    columns = value.get("columns") or ()
    named = (columns,) if isinstance(columns, str) else tuple(str(each) for each in columns)
    return Intended(str(value["model"]), named, str(value["reason"]), expires.isoformat(), FILE, line)
