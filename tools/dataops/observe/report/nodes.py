"""What the project holds, in the rows that Elementary's page asks for, from dbt's manifest.

Every function takes the manifest as dbt writes it (`manifest.json`) and returns rows of plain values, which have the
names that Elementary gives them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from dataops.observe.report.asked import Row
from dataops.project import owners
from dataops.project.graph import name_of

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
