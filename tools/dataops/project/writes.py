"""What nodes and hooks write to besides their own relation, told from the manifest before anything runs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from dbt.contracts.graph.manifest import Manifest

from dataops.project.databases import is_remote
from dataops.project.graph import functions
from dataops.project.slices import macros_reached

_BUILT = ("model", "seed", "snapshot", "function")
_WRITES = r"\b(?:insert|update|delete|merge|create|drop|alter|truncate|copy)\b[^;]*?"


def databases_of_hooks(manifest: Manifest, run: Collection[str], names: Collection[str]) -> set[str]:
    """Which of the databases `names` something else than a node's materialization seems to write to.

    It reads SQL with Jinja in it: what it does not see fails later, because nobody may write there.
    """
    text = "\n;".join(_statements(manifest, run))
    return {
        name
        for name in names
        if re.search(rf'{_WRITES}(?<![\w"]){_either(name)}\s*\.', text, re.IGNORECASE | re.DOTALL)
    }


def databases_of_nodes(manifest: Manifest) -> dict[str, str]:
    """The databases in which nodes are built, in lower case, each with one of those nodes."""
    found: dict[str, str] = {}
    for uid, node in (*manifest.nodes.items(), *functions(manifest).items()):
        if uid.split(".", 1)[0] in _BUILT and not getattr(node, "is_ephemeral_model", False):
            found.setdefault(str(node.database or "").lower(), uid)
    return found


def handed_on(manifest: Manifest) -> dict[str, str]:
    """Models that dbt-duckdb hands to a plugin as soon as they are built, and to which."""
    found = {}
    for uid, node in _external(manifest):
        plugin = node.config.get("plugin") or ("glue" if node.config.get("glue_register") else None)
        if plugin:
            found[uid] = str(plugin)
    return found


def exported_far(manifest: Manifest, external_root: str) -> dict[str, str]:
    """Models whose files go to a URL, and where."""
    found = {}
    for uid, node in _external(manifest):
        location = str(node.config.get("location") or f"{external_root}/{node.alias}")
        if is_remote(location):
            found[uid] = location
    return found


def keep_to_itself(manifest: Manifest) -> None:
    """Let no model of a slice be handed to a plugin."""
    for _, node in _external(manifest):
        for key in ("plugin", "glue_register"):
            node.config._extra.pop(key, None)


def python_models(manifest: Manifest) -> list[str]:
    """Models in Python, of which nobody can tell all that they do."""
    return sorted(uid for uid, node in manifest.nodes.items() if getattr(node, "language", "") == "python")


def _external(manifest: Manifest) -> Iterator[tuple[str, Any]]:
    for uid, node in manifest.nodes.items():
        if str(node.config.materialized) == "external":
            yield uid, node


def _statements(manifest: Manifest, run: Collection[str]) -> Iterator[str]:
    """The text of all hooks, and of the project's macros that they and the nodes of a run reach."""
    nodes = [node for node in manifest.nodes.values() if str(node.resource_type) == "operation"]
    nodes += [manifest.nodes[uid] for uid in run if uid in manifest.nodes]
    for node in nodes:
        if str(node.resource_type) == "operation":
            yield node.raw_code
        for hook in (*(getattr(node.config, "pre_hook", ()) or ()), *(getattr(node.config, "post_hook", ()) or ())):
            yield str(hook.sql)
    for macro in macros_reached(manifest, nodes):
        yield macro.macro_sql


def _either(name: str) -> str:
    """A database's name, in quotes or without."""
    return f'(?:"{re.escape(name)}"|{re.escape(name)})'
