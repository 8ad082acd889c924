"""The data tests that the project declares, in the rows that Elementary's page asks for, from dbt's manifest."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from importlib import resources
from typing import Any

from dataops.observe.report.asked import Row
from dataops.observe.report.nodes import of_kind
from dataops.project import owners
from dataops.project.graph import name_of

PACKAGE = "dataops_toolkit"
"""Our dbt package. Its tests have no descriptions in YAML, but say what they do in their files."""

_MEANINGS = {
    "unique": "No value occurs twice.",
    "not_null": "Every row has a value.",
    "accepted_values": "Every value is one of a list.",
    "relationships": "Every value is found in the column that it refers to.",
}
"""What dbt's own generic tests assert; it describes none of them."""


def singular_tests(manifest: Mapping[str, Any]) -> list[Row]:
    """Every test that is a query of its own."""
    return [
        {
            "unique_id": node["unique_id"],
            "name": node["name"],
            "package_name": node["package_name"],
            "original_path": node["original_file_path"],
            "tags": node["tags"],
        }
        for node in of_kind(manifest, "test")
        if "test_metadata" not in node
    ]


def tests(manifest: Mapping[str, Any]) -> dict[str, Row]:
    """Every data test by its id, with what it tests."""
    found = {}
    for node in of_kind(manifest, "test"):
        metadata = node.get("test_metadata") or {}
        tested = tested_node(node, manifest)
        place = tested or _first_read(node, manifest) or node
        meta = node["config"].get("meta") or {}
        found[node["unique_id"]] = {
            "unique_id": node["unique_id"],
            "model_unique_id": tested["unique_id"] if tested else None,
            "database_name": place["database"],
            "schema_name": place["schema"],
            "table_name": (tested.get("alias") or tested["name"]) if tested else None,
            "model_name": name_of(tested) if tested else None,
            "column_name": node.get("column_name") or _columns(metadata),
            "name": node["name"],
            "short_name": metadata.get("name") or node["name"],
            "namespace": metadata.get("namespace"),
            "description": node.get("description") or meta.get("description") or _meaning(metadata, manifest),
            "package_name": node["package_name"],
            "original_path": node["original_file_path"],
            "test_params": metadata.get("kwargs") or {},
            "meta": meta,
            "model_meta": owners.meta(tested) if tested else {},
            "tags": node["tags"],
            "model_tags": tested["tags"] if tested else [],
            "owners": list(owners.owners(manifest, node)),
            "severity": node["config"].get("severity", "ERROR"),
            "type": "generic" if metadata else "singular",
        }
    return found


def coverage(manifest: Mapping[str, Any]) -> list[Row]:
    """How many tests each node has on its columns, and on itself."""
    on_columns: Counter[str] = Counter()
    on_tables: Counter[str] = Counter()
    for row in tests(manifest).values():
        if row["model_unique_id"]:
            (on_columns if row["column_name"] else on_tables)[row["model_unique_id"]] += 1
    return [
        {"model_unique_id": key, "column_tests": on_columns[key], "table_tests": on_tables[key]}
        for key in sorted({*on_columns, *on_tables})
    ]


def tested_node(test: Mapping[str, Any], manifest: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What a test is about: the node it is attached to, else the only one that it reads."""
    read = test["depends_on"]["nodes"]
    key = test.get("attached_node") or (read[0] if len(read) == 1 else None)
    found: Mapping[str, Any] | None = manifest["nodes"].get(key) or manifest["sources"].get(key)
    return found


def _first_read(test: Mapping[str, Any], manifest: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """A singular test of several nodes is where they are: the schema that dbt gives it is that of stored failures."""
    read = test["depends_on"]["nodes"]
    found: Iterable[Mapping[str, Any]]
    found = (manifest["nodes"].get(key) or manifest["sources"].get(key) or {} for key in read)
    return next((node for node in found if node), None)


def _meaning(metadata: Mapping[str, Any], manifest: Mapping[str, Any]) -> str | None:
    """What a generic test says of itself."""
    name = metadata.get("name") or ""
    if metadata.get("namespace") == PACKAGE:
        return _first_comment(name)
    macro = manifest.get("macros", {}).get(f"macro.{metadata.get('namespace') or 'dbt'}.test_{name}") or {}
    return macro.get("description") or (None if metadata.get("namespace") else _MEANINGS.get(name))


def _first_comment(name: str) -> str | None:
    """What the file of one of our own tests begins with."""
    file = resources.files("dataops") / "package" / "tests" / "generic" / f"{name}.sql"
    found = re.match(r"\{#-?(.*?)-?#\}", file.read_text(encoding="utf-8"), re.DOTALL) if file.is_file() else None
    return " ".join(found[1].split()) if found else None


def _columns(metadata: Mapping[str, Any]) -> str | None:
    name = (metadata.get("kwargs") or {}).get("column_name")
    return str(name) if name else None
