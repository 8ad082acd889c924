"""What nodes read and write as datasets of events: names, columns and where each column comes from, rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from dataops.config import WORK
from dataops.history.records import Relation as Surveyed
from dataops.orchestrate.openlineage.facets import facet
from dataops.orchestrate.openlineage.naming import Names
from dataops.plan import origins
from dataops.project.reading import get, text
from dataops.sql.lineage import ANY

CACHE = WORK / "openlineage.json"
"""Where a checkout keeps the columns that it followed for this."""

_MADE = ("model", "seed", "snapshot")
_WHOLE = frozenset({"table", "seed"})
"""Materializations that write all rows of their relation each time."""

Dataset = dict[str, Any]


class Datasets:
    """The relations of a project. `manifest` and `catalog` as dbt writes them; `released`: the columns of a release."""

    def __init__(
        self,
        names: Names,
        manifest: Mapping[str, Any],
        catalog: Mapping[str, Any],
        root: Path,
        released: bytes | None = None,
    ) -> None:
        self._names = names
        self._manifest = manifest
        self._columns = {**catalog.get("nodes", {}), **catalog.get("sources", {})}
        self._catalog = catalog
        self._cache = root / CACHE
        self._released = released

    def node(self, unique_id: str) -> Any:
        """A node or source of the manifest; None where it has none of that id."""
        return self._manifest["nodes"].get(unique_id) or self._manifest["sources"].get(unique_id)

    def has(self, unique_id: str) -> bool:
        """Whether a relation of that id can be named."""
        node = self.node(unique_id)
        return node is not None and node["resource_type"] in (*_MADE, "source") and not _ephemeral(node)

    def dataset(self, unique_id: str) -> Dataset:
        """Its name alone."""
        return dict(self._names.dataset(self.node(unique_id)))

    def inputs(self, unique_id: str) -> list[Dataset]:
        """The relations that a node reads: through ephemeral models, whose SQL is part of its own."""
        return [self.dataset(each) for each in dict.fromkeys(self._read(unique_id))]

    def output(self, unique_id: str, rows: int | None) -> Dataset:
        """What a node writes. `rows`: how many it wrote, where that is known."""
        found = self.dataset(unique_id)
        facets = {}
        if fields := self._fields(unique_id):
            facets["schema"] = facet("schema", fields=fields)
        if lineage := self._lineage(unique_id):
            facets["columnLineage"] = facet("columnLineage", fields=lineage)
        if description := (self.node(unique_id).get("description") or "").strip():
            facets["documentation"] = facet("documentation", description=description)
        statistics = {"outputStatistics": facet("outputStatistics", rowCount=rows)} if rows is not None else {}
        return {**found, "facets": facets, "outputFacets": statistics}

    def writes_whole(self, unique_id: str) -> bool:
        """Whether the rows of its relation are those that it wrote."""
        return (self.node(unique_id).get("config") or {}).get("materialized") in _WHOLE

    def _read(self, unique_id: str) -> Iterator[str]:
        for up in (self.node(unique_id).get("depends_on") or {}).get("nodes", ()):
            node = self.node(up)
            if node is not None and _ephemeral(node):
                yield from self._read(up)
            elif self.has(up):
                yield up

    def _fields(self, unique_id: str) -> list[dict[str, str]]:
        documented = {name.lower(): each for name, each in (self.node(unique_id).get("columns") or {}).items()}
        known = self._columns.get(unique_id, {}).get("columns") or {}
        in_order = sorted(known, key=lambda name: int(known[name]["index"])) or list(documented)
        fields = []
        for name in in_order:
            about = documented.get(name.lower(), {})
            type_ = (known.get(name) or {}).get("type") or about.get("data_type")
            said = (about.get("description") or "").strip()
            fields.append(
                {"name": name, **({"type": type_} if type_ else {}), **({"description": said} if said else {})}
            )
        return fields

    @cached_property
    def _origins(self) -> Mapping[str, Mapping[str, tuple[tuple[str, str], ...]]]:
        followed = origins.lineage(self._manifest, self._catalog, self._cache, self._released)
        return {each.key: each.columns for each in followed if each.unclear is None}

    def _lineage(self, unique_id: str) -> dict[str, Any]:
        """Each column with those that it is made from; none where its SQL cannot be followed."""
        found = {}
        for column, from_ in self._origins.get(unique_id, {}).items():
            inputs = [
                {**self.dataset(up), "field": name} for up, name in from_ if name != ANY and self.node(up) is not None
            ]
            if inputs:
                found[column] = {"inputFields": inputs}
        return found


def _ephemeral(node: Mapping[str, Any]) -> bool:
    return (node.get("config") or {}).get("materialized") == "ephemeral"


def as_written(manifest: Any, wanted: Iterable[str]) -> dict[str, Any]:
    """Of dbt's manifest object what `Datasets` reads of its JSON: the nodes that are `wanted`, and what these read."""
    found: dict[str, Any] = {}
    pending = list(wanted)
    while pending:
        uid = pending.pop()
        node = manifest.nodes.get(uid) or manifest.sources.get(uid)
        if node is None or uid in found:
            continue
        found[uid] = _written(node)
        reads = found[uid]["depends_on"]["nodes"]
        # What a wanted node reads is named, and not followed; an ephemeral model is part of who reads it.
        pending += [each for each in reads if uid in wanted or _ephemeral(found[uid])]
    sources = {uid: each for uid, each in found.items() if each["resource_type"] == "source"}
    nodes = {uid: each for uid, each in found.items() if uid not in sources}
    adapter = {"adapter_type": str(manifest.metadata.adapter_type)}
    return {"nodes": nodes, "sources": sources, "exposures": {}, "metadata": adapter}


def _written(node: Any) -> dict[str, Any]:
    columns = {
        name: {"description": get(each, "description"), "data_type": get(each, "data_type")}
        for name, each in (get(node, "columns") or {}).items()
    }
    names = ("database", "schema", "alias", "identifier", "source_name", "version", "compiled_code", "description")
    return {
        **{each: get(node, each) for each in names},
        "name": node.name,
        "resource_type": text(node.resource_type),
        "original_file_path": node.original_file_path,
        "language": text(get(node, "language")) or "sql",
        "columns": columns,
        "depends_on": {"nodes": list(get(get(node, "depends_on"), "nodes") or ())},
        "config": {"materialized": text(get(get(node, "config"), "materialized"))},
    }


def surveyed(relations: Mapping[str, Surveyed]) -> dict[str, Any]:
    """What the warehouse said of relations, as dbt's catalog would have it."""
    nodes = {
        uid: {
            "columns": {
                name: {"index": number, "type": type_}
                for number, (name, type_) in enumerate(zip(each.columns, each.types, strict=True), 1)
            }
        }
        for uid, each in relations.items()
    }
    return {"nodes": nodes}


def job_type(unique_id: str) -> str:
    """The kind of a node's job, in the words of OpenLineage's integration for dbt."""
    return unique_id.split(".", 1)[0].upper()
