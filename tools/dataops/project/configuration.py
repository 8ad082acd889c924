"""A node's configuration as inputs: which keys decide its data, which only how it is stored, which neither."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from typing import Any

from dataops.project.inventory import PLACE_CONFIG, STORED_CONFIG
from dataops.project.macros import digest

COLUMN_KEYS = "keys of columns"
"""Stands for the keys of columns that are not dbt's own, such as tags and policies of a warehouse."""

_SHOWN = frozenset(
    {
        "materialized",
        "incremental_strategy",
        "on_schema_change",
        "unique_key",
        "strategy",
        "updated_at",
        "check_cols",
        "severity",
        "store_failures",
        "delimiter",
        "quote_columns",
        "full_refresh",
        "where",
        "limit",
        "warn_if",
        "error_if",
        "fail_calc",
    }
)
_SAME_ROWS = frozenset({"view", "table", "ephemeral"})

Config = Mapping[str, str]
"""Each key as `=value` where it is short and open to read, as `#digest` otherwise; `~` is the text it came from."""


def configuration(config: Any, unrendered: Mapping[str, Any]) -> dict[str, str]:
    """The inputs of one configuration, as rendered, without where the relation is."""
    written = {**vars(config), **getattr(config, "_extra", {})}
    found: dict[str, str] = {}
    for name, value in written.items():
        key = name.replace("-", "_")
        if key in PLACE_CONFIG or key == "_extra" or value is None or value in ({}, [], ()):
            continue
        text = json.dumps(value, sort_keys=True, default=_plain)
        secret = "env_var" in str(unrendered.get(key, ""))
        found[key] = f"={text}" if key in _SHOWN and len(text) < 60 and not secret else f"#{digest(text)}"
    found["~"] = digest(json.dumps(unrendered, sort_keys=True, default=_plain))
    return found


def differing(before: Config, after: Config) -> Iterator[tuple[str, str]]:
    """The keys that differ, with how: `view -> table` where that may be shown."""
    for key in sorted((before.keys() | after.keys()) - {"~"}):
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        if all(value is None or value.startswith("=") for value in (old, new)):
            yield key, f"{_shown(old)} -> {_shown(new)}"
        else:
            yield key, ""


def keeps_rows(key: str, before: Config, after: Config) -> bool:
    """Whether a differing key changes how the relation is stored and not what it holds."""
    if key == "materialized":
        return {_shown(before.get(key)), _shown(after.get(key))} <= _SAME_ROWS
    return key in STORED_CONFIG or key == COLUMN_KEYS


def _shown(value: str | None) -> str:
    return "unset" if value is None else str(json.loads(value[1:]))


def _plain(value: Any) -> Any:
    return vars(value) if is_dataclass(value) else str(value)
