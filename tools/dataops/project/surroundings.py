"""What a parse reads besides files: variables, the environment, and the versions of the tools. No value is kept."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import importlib.metadata
import json
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from dataops.project import packages
from dataops.project.configuration import dispatch, modules, settings

_NEVER = "DBT_ENV_SECRET"
_TOOLS = ("dbt-core", "dbt-adapters", "dbt-common", "duckdb")

ABSENT = "absent"
UNKNOWN = ""
"""In place of a digest: what the value was is not known."""


@dataclass(frozen=True)
class Surroundings:
    """Digests by name, made with `key`. `recorded` is false where a base tells nothing of them (a bare manifest)."""

    key: str
    variables: Mapping[str, str]
    environment: Mapping[str, str]
    toolchain: Mapping[str, str]
    settings: Mapping[str, str] = field(default_factory=dict)
    dispatch: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    recorded: bool = True

    def stored(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "key": self.key,
            "variables": self.variables,
            "environment": self.environment,
            "toolchain": self.toolchain,
            "settings": self.settings,
            "dispatch": self.dispatch,
        }

    @classmethod
    def restored(cls, stored: Mapping[str, Any]) -> Surroundings:
        """From JSON; an earlier version stored no settings."""
        dispatch = {name: tuple(order) for name, order in stored.get("dispatch", {}).items()}
        return cls(
            stored["key"],
            stored["variables"],
            stored["environment"],
            stored["toolchain"],
            stored.get("settings", {}),
            dispatch,
        )


def keyed(key: str, value: Any) -> str:
    """A digest that tells nothing without the key, and little with it."""
    text = json.dumps(value, sort_keys=True, default=str)
    return hmac.new(bytes.fromhex(key), text.encode(), hashlib.sha256).hexdigest()[:24]


def new_key() -> str:
    """A key for one release."""
    return secrets.token_hex(16)


def look(
    root: Path, given: Mapping[str, Any], names: Iterable[str], key: str, adapter: str, output: Mapping[str, Any]
) -> Surroundings:
    """The surroundings of a project: `given` are the variables of the command line, `names` the environment's.

    `output` is production's target, as the profile has it.
    """
    values = {name: keyed(key, value) for name, value in variables(root, given).items()}
    document = _document(root)
    installed = {name: _document(folder) for name, folder in packages.installed(root).items()}
    decided = settings(document, installed, output) | {
        f"catalog {each.get('name')}": each for each in _document(root, "catalogs.yml").get("catalogs") or ()
    }
    imported = modules(root, output)
    if imported:
        decided["profile module_paths"] = imported
    decided = {name: keyed(key, value) for name, value in decided.items()}
    told = environment(names, key)
    return Surroundings(key, values, told, toolchain(root, adapter), decided, dispatch(document))


def environment(names: Iterable[str], key: str) -> dict[str, str]:
    """Variables of the environment as they are, by name; no secret of dbt's among them."""
    return {
        name: keyed(key, os.environ[name]) if name in os.environ else ABSENT
        for name in sorted(set(names))
        if not name.startswith(_NEVER)
    }


def variables(root: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    """Every variable that is set somewhere, with all its values by where they are set.

    Which of them a model sees depends on its package; that any of them differs is what matters here.
    """
    found: dict[str, dict[str, Any]] = {}
    scopes = [("", root), *packages.installed(root).items()]
    for scope, folder in scopes:
        for name, value in _written(folder).items():
            found.setdefault(name, {})[scope] = value
            if isinstance(value, dict):
                # A mapping may be a variable, or the variables of the package of that name.
                for inner, deep in value.items():
                    found.setdefault(str(inner), {})[f"{scope}/{name}"] = deep
    for name, value in given.items():
        found.setdefault(str(name), {})["--vars"] = value
    return dict(found)


def _document(folder: Path, file: str = "dbt_project.yml") -> dict[str, Any]:
    """A project's dbt_project.yml, or another file of it; nothing where it cannot be read, which dbt tells."""
    try:
        document = yaml.load((folder / file).read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506
    except (OSError, yaml.YAMLError, UnicodeDecodeError):
        return {}
    return document if isinstance(document, dict) else {}


def _written(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    # dbt 1.12 takes them from a file of their own, too.
    for file in ("dbt_project.yml", "vars.yml"):
        written = _document(folder, file).get("vars")
        if isinstance(written, dict):
            found |= {str(name): value for name, value in written.items()}
    return found


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def toolchain(root: Path, adapter: str) -> dict[str, str]:
    """The versions that decide what the same text means: dbt, its adapters, the engine, the project's packages."""
    found = {}
    for name in (*_TOOLS, f"dbt-{adapter}"):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    for name, folder in packages.installed(root).items():
        found[f"package {name}"] = str(_document(folder).get("version", "unknown"))
    return found
