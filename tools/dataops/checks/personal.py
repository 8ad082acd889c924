"""Which columns show personal values: those that are tagged so, and whatever is made of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from dataops.checks import privacy
from dataops.checks.taint import ANY

SqlOf = Callable[[str], "str | None"]


class Personal:
    """The personal columns of a parsed project's nodes. `sql` gives a node's compiled SQL."""

    def __init__(self, manifest: Any, sql: SqlOf) -> None:
        self._manifest = manifest
        self._sql = sql
        self._tagged = frozenset(_tagged(manifest))
        self._sources = {uid for uid, node in _nodes(manifest).items() if _marked(node)}

    @property
    def names(self) -> frozenset[str]:
        """Lower-case names of all columns that are tagged anywhere: what SQL of unknown origin must not show."""
        return self._tagged

    def columns(self, unique_ids: Iterable[str]) -> dict[str, frozenset[str]]:
        """Lower-case names of each node's personal columns; `*` among them: all of its columns can be.

        A test is a node too: its rows are what it selects. What cannot be followed counts as personal.
        """
        wanted = list(unique_ids)
        if not self._sources:
            return {unique_id: frozenset() for unique_id in wanted}
        nodes = _nodes(self._manifest)
        above: set[str] = set()
        pending = list(wanted)
        while pending:
            each = pending.pop()
            if each in nodes and each not in above:
                above.add(each)
                pending += nodes[each].depends_on_nodes if hasattr(nodes[each], "depends_on_nodes") else ()
        reached = above & self._sources
        if not reached:
            return {unique_id: frozenset() for unique_id in wanted}
        facts = {each: self._facts(each, nodes[each]) for each in sorted(above)}
        adapter = str(self._manifest.metadata.adapter_type)
        exposed = privacy.exposed({"metadata": {"adapter_type": adapter}}, facts, set(wanted))
        return {
            unique_id: frozenset(exposed.get(unique_id, ())) | self._own(nodes.get(unique_id)) for unique_id in wanted
        }

    def _own(self, node: Any) -> frozenset[str]:
        return frozenset(_marked(node)) if node is not None else frozenset()

    def _facts(self, unique_id: str, node: Any) -> Mapping[str, Any]:
        """What the proof of privacy reads of a node."""
        return {
            "resource_type": str(node.resource_type),
            "name": node.name,
            "alias": getattr(node, "alias", None),
            "identifier": getattr(node, "identifier", None),
            "database": node.database,
            "schema": node.schema,
            "columns": {name: column.to_dict() for name, column in getattr(node, "columns", {}).items()},
            "depends_on": {"nodes": list(getattr(node, "depends_on_nodes", ()))},
            "language": getattr(node, "language", "sql"),
            "compiled_code": self._sql(unique_id) if str(node.resource_type) not in ("seed", "source") else None,
        }


def shown(columns: Collection[str], personal: Collection[str]) -> frozenset[str]:
    """Those of `columns` that are personal, as they are written."""
    return frozenset(name for name in columns if ANY in personal or name.lower() in personal)


def _nodes(manifest: Any) -> dict[str, Any]:
    return {**manifest.nodes, **manifest.sources}


def _marked(node: Any) -> set[str]:
    columns = getattr(node, "columns", None) or {}
    return {name.lower() for name, column in columns.items() if privacy.TAGS & privacy.marks(column.to_dict())}


def _tagged(manifest: Any) -> set[str]:
    return {name for node in _nodes(manifest).values() for name in _marked(node)}
