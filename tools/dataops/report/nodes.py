"""What the project holds and tests, in the rows that Elementary's page asks for, from dbt's manifest."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from importlib import resources
from typing import Any

from dataops.project import owners
from dataops.project.graph import name_of
from dataops.report.questions import Row

LOADED_BY_DBT = ("model", "seed", "snapshot")


def without_elementary(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    """The manifest without the models of Elementary's dbt package, which are no one's data; its page has none."""
    nodes = manifest["nodes"].items()
    return {**manifest, "nodes": {key: node for key, node in nodes if node["package_name"] != "elementary"}}


def models(manifest: Mapping[str, Any]) -> list[Row]:
    """Every model."""
    return [
        {
            **_relation(node, manifest),
            "materialization": node["config"]["materialized"],
            "patch_path": node["patch_path"],
        }
        for node in of_kind(manifest, "model")
    ]


def seeds(manifest: Mapping[str, Any]) -> list[Row]:
    """Every seed."""
    return [_relation(node, manifest) for node in of_kind(manifest, "seed")]


def snapshots(manifest: Mapping[str, Any]) -> list[Row]:
    """Every snapshot."""
    return [
        {
            **_relation(node, manifest),
            "materialization": "snapshot",
            "depends_on_macros": json.dumps(node["depends_on"]["macros"]),
            "depends_on_nodes": json.dumps(node["depends_on"]["nodes"]),
            "path": node["path"],
            "patch_path": node["patch_path"],
            "generated_at": manifest["metadata"]["generated_at"],
            "unique_key": _key(node["config"].get("unique_key")),
            "incremental_strategy": None,
        }
        for node in of_kind(manifest, "snapshot")
    ]


def sources(manifest: Mapping[str, Any]) -> list[Row]:
    """Every table of a source."""
    return [
        {**_relation(node, manifest), "source_name": node["source_name"], "table_name": node["identifier"]}
        for node in manifest["sources"].values()
    ]


def exposures(manifest: Mapping[str, Any]) -> list[Row]:
    """Every exposure."""
    return [
        {
            "name": node["name"],
            "label": node["label"],
            "unique_id": node["unique_id"],
            "url": node["url"],
            "type": node["type"],
            "maturity": node["maturity"],
            "owners": list(owners.named(node["owner"])),
            "owner": {"name": node["owner"].get("name"), "email": _address(node["owner"])},
            "tags": node["tags"],
            "package_name": node["package_name"],
            "description": node["description"],
            "meta": node["meta"],
            "full_path": node["original_file_path"],
            "depends_on_nodes": node["depends_on"]["nodes"],
            "raw_queries": None,
        }
        for node in manifest["exposures"].values()
    ]


def lineage(manifest: Mapping[str, Any]) -> list[Row]:
    """What each node reads."""
    rows = [
        {
            "unique_id": node["unique_id"],
            "depends_on_nodes": json.dumps(node["depends_on"].get("nodes", [])),
            "materialization": None if kind == "seed" else node["config"]["materialized"],
            "type": kind,
        }
        for kind in LOADED_BY_DBT
        for node in of_kind(manifest, kind)
    ]
    rows += [
        {"unique_id": key, "depends_on_nodes": None, "materialization": None, "type": "source"}
        for key in manifest["sources"]
    ]
    rows += [
        {
            "unique_id": key,
            "depends_on_nodes": json.dumps(node["depends_on"]["nodes"]),
            "materialization": None,
            "type": "exposure",
        }
        for key, node in manifest["exposures"].items()
    ]
    return rows


def _relation(node: Mapping[str, Any], manifest: Mapping[str, Any]) -> Row:
    return {
        "name": name_of(node),
        "unique_id": node["unique_id"],
        "database_name": node["database"],
        "schema_name": node["schema"],
        "table_name": node.get("alias") or node["name"],
        "owners": list(owners.owners(manifest, node)),
        "tags": node["tags"],
        "package_name": node["package_name"],
        "description": node["description"],
        "full_path": node["original_file_path"],
        "meta": owners.meta(node),
    }


def of_kind(manifest: Mapping[str, Any], kind: str) -> Iterable[Mapping[str, Any]]:
    """The nodes of one of dbt's types."""
    return (node for node in manifest["nodes"].values() if node["resource_type"] == kind)


def _address(owner: Mapping[str, Any]) -> str | None:
    """The first address, of which dbt takes one or a list."""
    given = owner.get("email")
    return given[0] if isinstance(given, list) and given else given or None


def _key(given: str | list[str] | None) -> str | None:
    return given if given is None or isinstance(given, str) else ", ".join(given)


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
