"""Suites of Great Expectations, as they are stored: the JSON of 1.x, and of 0.18."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataops.errors import SettingsError

_EXPORT = "give the JSON of one suite: gx/expectations/<suite>.json, or what suite.to_json_dict() returns"


@dataclass(frozen=True)
class Expectation:
    """One expectation of a suite. `place` counts from 1; `severity` is critical, warning or info."""

    place: int
    kind: str
    arguments: dict[str, Any]
    severity: str = "critical"


@dataclass(frozen=True)
class Suite:
    """A named list of expectations."""

    name: str
    expectations: tuple[Expectation, ...]


def read(path: Path) -> Suite:
    """The suite in a file. Raises SettingsError if there is none."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror or error}", _EXPORT) from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: not UTF-8 text", _EXPORT) from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise SettingsError(f"{path}: not JSON: {error}", _EXPORT) from error
    if not isinstance(stored, dict) or not isinstance(stored.get("expectations"), list):
        raise SettingsError(f"{path}: no suite: it has no list `expectations`", _EXPORT)
    name = stored.get("name") or stored.get("expectation_suite_name") or path.stem
    expectations = (_expectation(path, place, each) for place, each in enumerate(stored["expectations"], 1))
    return Suite(str(name), tuple(expectations))


def _expectation(path: Path, place: int, stored: Any) -> Expectation:
    kind = stored.get("type") or stored.get("expectation_type") if isinstance(stored, dict) else None
    arguments = stored.get("kwargs") if kind else None
    if not isinstance(kind, str) or not isinstance(arguments, dict):
        raise SettingsError(f"{path}: expectation {place} has no type or no kwargs", _EXPORT)
    return Expectation(place, kind, arguments, str(stored.get("severity") or "critical"))
