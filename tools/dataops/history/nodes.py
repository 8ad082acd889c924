"""What the history tells of a node: facts of the manifest that a result is read with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dataops.project.graph import name_of
from dataops.project.owners import owners

_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}
_QUOTES = ('"', "`", "[", "]")


def node(manifest: Any, unique_id: str) -> dict[str, Any]:
    """The facts of a node as columns of `Result`; only its name and kind if the manifest does not have it."""
    found = find(manifest, unique_id)
    if found is None:
        parts = unique_id.split(".")
        return {"name": parts[2] if len(parts) > 2 else unique_id, "kind": parts[0]}
    kind = str(found.resource_type)
    facts = {
        "name": name_of(found),
        "kind": kind,
        "package": found.package_name,
        "file": found.original_file_path,
        "tags": tags(found),
        "owners": owners(manifest, found),
        "parents": tuple(getattr(getattr(found, "depends_on", None), "nodes", None) or ()),
    }
    if kind == "test":
        return facts | _test(manifest, found)
    if kind == "unit_test":
        above = list(found.depends_on.nodes)[:1]
        return facts | {
            "test_type": "unit",
            "test_name": found.name,
            "severity": "error",
            "tested": next(iter(above), None),
        }
    return facts | place(found)


def place(found: Any) -> dict[str, Any]:
    """Where a node's relation is."""
    materialized = getattr(getattr(found, "config", None), "materialized", None)
    return {
        "database": getattr(found, "database", None),
        "schema": getattr(found, "schema", None),
        "identifier": getattr(found, "identifier", None) or getattr(found, "alias", None),
        "materialized": str(materialized) if materialized else None,
    }


def source(manifest: Any, unique_id: str) -> dict[str, Any]:
    """The facts of a source as columns of `Freshness`; only its name if the manifest does not have it."""
    found = find(manifest, unique_id)
    if found is None:
        return {"name": unique_id.rsplit(".", 1)[-1]}
    where = {name: value for name, value in place(found).items() if name != "materialized"}
    return {
        "name": found.name,
        "file": found.original_file_path,
        "tags": tags(found),
        "owners": owners(manifest, found),
        **where,
    }


def limit(given: Any) -> float | None:
    """A freshness limit in seconds, from dbt's object or as it is stored; None where it is not set."""
    count, period = (
        given.get(name) if isinstance(given, Mapping) else getattr(given, name, None) for name in ("count", "period")
    )
    return float(count * _SECONDS[str(getattr(period, "value", period))]) if count and period else None


def find(manifest: Any, unique_id: str) -> Any:
    """A node, unit test or source; None if there is none of that id."""
    for group in (manifest.nodes, manifest.unit_tests, manifest.sources):
        if unique_id in group:
            return group[unique_id]
    return None


def tags(found: Any) -> tuple[str, ...]:
    """A node's tags, each once."""
    given = getattr(found, "tags", None) or getattr(getattr(found, "config", None), "tags", None) or ()
    return tuple(dict.fromkeys(str(each) for each in ([given] if isinstance(given, str) else given)))


def column(test: Any) -> str | None:
    """The column that a test is about, without the quotes in which dbt puts a column that asks for them."""
    name = getattr(test, "column_name", None)
    if name is None:
        return None
    return str(name)[1:-1] if name[:1] in _QUOTES and name[-1:] in _QUOTES else str(name)


def _test(manifest: Any, found: Any) -> dict[str, Any]:
    generic = getattr(found, "test_metadata", None)
    parents = [each for each in found.depends_on.nodes if not each.startswith("macro.")]
    return {
        # A singular test is attached to nothing; it tells of a node if it reads just one.
        "tested": getattr(found, "attached_node", None) or (parents[0] if len(parents) == 1 else None),
        "column_name": column(found),
        "test_name": generic.name if generic else found.name,
        "test_namespace": getattr(generic, "namespace", None) or None,
        "test_type": "generic" if generic else "singular",
        "severity": str(found.config.severity).lower(),
    }
