"""Compiled SQL that is at hand, with whose relations are in it and what columns they have."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

FILE = "compiled.json"
EPHEMERAL = "__dbt__cte__"


@dataclass(frozen=True)
class CompiledSql:
    """By unique id: `sql` of models and snapshots, `names` of relations as dbt renders them, `columns` where known, and
    their `types` as production's catalog has them.
    """

    sql: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    types: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def names(manifest: Any) -> dict[str, str]:
    """Every node's relation as dbt renders it; of an ephemeral model, the CTE that stands for it."""
    found: dict[str, str] = {}
    for unique_id, node in (*manifest.nodes.items(), *manifest.sources.items()):
        if getattr(node, "is_ephemeral_model", False):
            found[unique_id] = f"{EPHEMERAL}{node.identifier}"
        elif node.relation_name and not unique_id.startswith("test."):
            found[unique_id] = node.relation_name
    return found


def collected(manifest: Any, catalog: Mapping[str, Any] | None = None) -> CompiledSql:
    """What a run of dbt left compiled in its manifest, with the columns that its catalog knows."""
    sql = {
        uid: node.compiled_code
        for uid, node in manifest.nodes.items()
        if uid.split(".", 1)[0] in ("model", "snapshot") and node.language == "sql" and node.compiled_code
    }
    columns = {
        uid: tuple(name for _, name in sorted((column["index"], name) for name, column in entry["columns"].items()))
        for group in ("nodes", "sources")
        for uid, entry in (catalog or {}).get(group, {}).items()
    }
    return CompiledSql(sql, names(manifest), columns, types(catalog))


def pack(compiled: CompiledSql) -> bytes:
    """As stored in a release."""
    document = {"format": 1, "sql": compiled.sql, "names": compiled.names, "columns": compiled.columns}
    return json.dumps(document, separators=(",", ":")).encode()


def unpack(content: bytes | None, catalog: bytes | None = None) -> CompiledSql:
    """From a release, with the types of its catalog; nothing, where it stored none."""
    stored = json.loads(content or b"{}")
    if stored.get("format") != 1:
        return CompiledSql()
    columns = {uid: tuple(each) for uid, each in stored["columns"].items()}
    return CompiledSql(stored["sql"], stored["names"], columns, types(json.loads(catalog or b"{}")))


def types(catalog: Mapping[str, Any] | None) -> dict[str, dict[str, str]]:
    """The types of columns by unique id and name, as dbt's `catalog.json` has them."""
    return {
        uid: {name: str(column["type"]) for name, column in entry["columns"].items()}
        for group in ("nodes", "sources")
        for uid, entry in (catalog or {}).get(group, {}).items()
    }
