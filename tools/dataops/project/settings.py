"""What holds for all nodes of a project at once: its quoting, its flags, the settings of its connection.

A difference in one of these counts for everything that is built. `dispatch` is apart: who calls what is known.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dataops.project.inventory import INERT_CONNECTION, INERT_FLAGS

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
