"""What a parse reads besides files: variables, the environment, and the versions of the tools. No value is kept."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import importlib.metadata
import json
import os
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_NEVER = "DBT_ENV_SECRET"
_TOOLS = ("dbt-core", "dbt-adapters", "dbt-common", "duckdb")

ABSENT = "absent"


@dataclass(frozen=True)
class Surroundings:
    """Digests by name, made with `key`. `recorded` is false where a base tells nothing of them (a bare manifest)."""

    key: str
    variables: Mapping[str, str]
    environment: Mapping[str, str]
    toolchain: Mapping[str, str]
    recorded: bool = True

    def stored(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "key": self.key,
            "variables": self.variables,
            "environment": self.environment,
            "toolchain": self.toolchain,
        }

    @classmethod
    def restored(cls, stored: Mapping[str, Any]) -> Surroundings:
        """From JSON."""
        return cls(stored["key"], stored["variables"], stored["environment"], stored["toolchain"])


def keyed(key: str, value: Any) -> str:
    """A digest that tells nothing without the key, and little with it."""
    text = json.dumps(value, sort_keys=True, default=str)
    return hmac.new(bytes.fromhex(key), text.encode(), hashlib.sha256).hexdigest()[:24]


def new_key() -> str:
    """A key for one release."""
    return secrets.token_hex(16)


def look(root: Path, given: Mapping[str, Any], names: Iterable[str], key: str, adapter: str) -> Surroundings:
    """The surroundings of a project: `given` are the variables of the command line, `names` the environment's."""
    environment = {
        name: keyed(key, os.environ[name]) if name in os.environ else ABSENT
        for name in sorted(set(names))
        if not name.startswith(_NEVER)
    }
    values = {name: keyed(key, value) for name, value in variables(root, given).items()}
    return Surroundings(key, values, environment, toolchain(root, adapter))


def variables(root: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    """Every variable that is set somewhere, with all its values by where they are set.

    Which of them a model sees depends on its package; that any of them differs is what matters here.
    """
    found: dict[str, dict[str, Any]] = {}
    packages = [path.parent for path in sorted(root.glob("dbt_packages/*/dbt_project.yml"))]
    scopes = [("", root), *((folder.name, folder) for folder in packages)]
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


def _written(folder: Path) -> dict[str, Any]:
    try:
        document = yaml.load((folder / "dbt_project.yml").read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506
    except (OSError, yaml.YAMLError, UnicodeDecodeError):
        return {}
    written = document.get("vars") if isinstance(document, dict) else None
    return {str(name): value for name, value in written.items()} if isinstance(written, dict) else {}


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def toolchain(root: Path, adapter: str) -> dict[str, str]:
    """The versions that decide what the same text means: dbt, its adapters, the engine, the project's packages."""
    found = {}
    for name in (*_TOOLS, f"dbt-{adapter}"):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    for file in sorted(root.glob("dbt_packages/*/dbt_project.yml")):
        version = re.search(r"^version:\s*[\"']?([\w.\-]+)", file.read_text(encoding="utf-8"), re.MULTILINE)
        found[f"package {file.parent.name}"] = version[1] if version else "unknown"
    return found
