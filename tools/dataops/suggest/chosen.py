"""The relations that proposals are made for, and what the project knows of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dataops.project.slices import Place, places

_KINDS = ("model", "seed", "snapshot", "source")


@dataclass(frozen=True)
class Chosen:
    """Nodes by unique id: where their relations are, their names, and what each is made from, however far."""

    nodes: Mapping[str, Any]
    places: Mapping[str, Place]
    above: Mapping[str, frozenset[str]]

    @property
    def names(self) -> dict[str, str]:
        """The nodes' names."""
        return {unique_id: str(node.name) for unique_id, node in self.nodes.items()}


def chosen(manifest: Any, selected: set[str] | None, project: str) -> Chosen:
    """The selected relations; without a selection all of the project's own, none of its packages'."""
    every = {**manifest.sources, **manifest.nodes}
    nodes = {
        unique_id: node
        for unique_id, node in sorted(every.items())
        if str(node.resource_type) in _KINDS
        and (unique_id in selected if selected is not None else node.package_name == project)
    }
    here = places(manifest)
    return Chosen(nodes, {uid: here[uid] for uid in nodes if uid in here}, {uid: _above(every, uid) for uid in nodes})


def clock(node: Any) -> str | None:
    """The column that says when a node's rows happened or arrived, as configured for dbt."""
    config = node.config
    named = getattr(config, "event_time", None) or getattr(node, "loaded_at_field", None)
    return str(named or getattr(config, "loaded_at_field", None) or "") or None


def reference(node: Any) -> str:
    """How a test names a node."""
    if str(node.resource_type) == "source":
        return f"source('{node.source_name}', '{node.name}')"
    version = getattr(node, "version", None)
    return f"ref('{node.name}', v={version})" if version is not None else f"ref('{node.name}')"


def quoted(node: Any) -> dict[str, bool]:
    """Lower-case names of the columns that the project documents, and whether dbt quotes them."""
    return {name.lower(): bool(column.quote) for name, column in (node.columns or {}).items()}


def _above(every: Mapping[str, Any], unique_id: str) -> frozenset[str]:
    found: set[str] = set()
    pending = [unique_id]
    while pending:
        node = every.get(pending.pop())
        for parent in getattr(node, "depends_on_nodes", None) or ():
            if parent not in found:
                found.add(parent)
                pending.append(parent)
    return frozenset(found)
