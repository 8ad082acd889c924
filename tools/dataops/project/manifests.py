"""A manifest as a file: of this dbt, of an earlier one, or of dbt 2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dbt.artifacts.schemas.manifest import WritableManifest
from dbt.contracts.graph.manifest import Manifest

from dataops.errors import StateError
from dataops.project import dbt2

SCHEMA = "v12"
"""The one schema of dbt 2 that is known; what a later one means by its fields is not."""

_ELSE = "compare with git instead (--base main)"


def read(content: object, source: str) -> Manifest:
    """The manifest that this dbt or an earlier one wrote.

    Raises:
        StateError: it is none.
    """
    try:
        return Manifest.from_writable_manifest(WritableManifest.upgrade_schema_version(content))
    except Exception as error:
        raise StateError(
            f"{source} is not a manifest that this dbt reads: {error}",
            f"write it with a dbt-core of this or an earlier version, or {_ELSE}",
        ) from error


def compared(content: Any, source: str, head: Any) -> tuple[Manifest, dict[str, str]]:
    """A manifest of any dbt, to be compared with `head`; and the nodes that it should tell of and does not, with why.

    Raises:
        StateError: it is none, or of a later dbt 2.
    """
    version = by_dbt2(content)
    if not version:
        return read(content, source), {}
    if _schema(content) != SCHEMA:
        raise StateError(
            f"dbt {version} wrote {source} in the schema {_schema(content)}: {SCHEMA} is known here", _ELSE
        )
    content, missing = dbt2.translated(content, head)
    try:
        return read(content, source), missing
    except StateError:
        unread = _take_out(content)
        return read(content, source), missing | unread


def by_dbt2(content: Any) -> str:
    """The version of dbt 2 that wrote a manifest; empty where another dbt did."""
    metadata = content.get("metadata") if isinstance(content, dict) else None
    version = str(metadata.get("dbt_version", "")) if isinstance(metadata, dict) else ""
    return version if version.startswith("2.") else ""


def _schema(content: Mapping[str, Any]) -> str:
    return str(content["metadata"].get("dbt_schema_version")).rsplit("/", 1)[-1].removesuffix(".json")


def _take_out(content: dict[str, Any]) -> dict[str, str]:
    """Take out of a manifest what this dbt cannot read; which nodes these were, with why."""
    empty = {name: content[name] if name == "metadata" else {} for name in content}
    found: dict[str, str] = {}
    for group in dbt2.GROUPS:
        for uid, node in content[group].items():
            try:
                Manifest.from_writable_manifest(WritableManifest.from_dict({**empty, group: {uid: node}}))
            except Exception as error:  # noqa: BLE001 - mashumaro raises a dozen types for what it cannot read
                found[uid] = f"{dbt2.UNREADABLE} ({type(error).__name__})"
        content[group] = {uid: node for uid, node in content[group].items() if uid not in found}
    return found
