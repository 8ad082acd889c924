"""Configuration as inputs: of a node, which keys decide its data, and what holds for all nodes of a project at once."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

from dataops.project.dependencies import digest
from dataops.project.inventory import INERT_CONNECTION, INERT_FLAGS, PLACE_CONFIG, STORED_CONFIG

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


_NOT_OURS = ("target", "logs", "dbt_packages", "site-packages", "__pycache__", "node_modules")


def modules(root: Path, output: Mapping[str, Any]) -> list[list[str]]:
    """The Python files beside the project that its models and plugins may import (`module_paths`), with digests."""
    found = []
    for path in output.get("module_paths") or ():
        for place, folders, files in os.walk(root / str(path)):
            folders[:] = sorted(name for name in folders if name not in _NOT_OURS and not name.startswith("."))
            for name in sorted(file for file in files if file.endswith(".py")):
                file = Path(place, name)
                found.append([os.path.relpath(file, root), hashlib.blake2b(file.read_bytes()).hexdigest()])
    return found


def settings(
    project: Mapping[str, Any], packages: Mapping[str, Mapping[str, Any]], output: Mapping[str, Any]
) -> dict[str, Any]:
    """Each setting by its name in words; `project` and `packages` are dbt_project.yml files, `output` is a target.

    As written, not rendered: what the environment says is compared where it is read.
    """
    found: dict[str, Any] = {}
    for name, document in (("", project), *packages.items()):
        if document.get("quoting"):
            found[f"quoting of package {name}" if name else "quoting"] = document["quoting"]
    flags = project.get("flags")
    for key, value in flags.items() if isinstance(flags, dict) else ():
        if str(key).lower() not in INERT_FLAGS:
            found[f"flag {key}"] = value
    for key, value in output.items():
        if str(key) not in INERT_CONNECTION and value not in (None, [], {}):
            found[f"profile {key}"] = value
    return found


def dispatch(project: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The order in which packages are searched for a namespace's macros: the root project's alone counts."""
    found: dict[str, tuple[str, ...]] = {}
    for entry in project.get("dispatch") or ():
        if isinstance(entry, dict) and isinstance(entry.get("search_order"), list):
            name, order = str(entry.get("macro_namespace")), tuple(map(str, entry["search_order"]))
            # What dbt does without an entry needs none.
            if order != (str(project.get("name")), name):
                found[name] = order
    return found
