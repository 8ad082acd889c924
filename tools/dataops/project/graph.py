"""The project's graph as plain mappings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from dataops.project.outcome import RUNNABLE

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

_READERS = ("exposures", "metrics", "semantic_models", "saved_queries", "functions")


def functions(manifest: Any) -> dict[str, Any]:
    """The functions of a manifest by unique id; dbt 1.10 has none."""
    found: dict[str, Any] = getattr(manifest, "functions", {})
    return found


def name_of(node: Any) -> str:
    """A node's name as dbt's selection has it, `orders.v1` of a version. Takes dbt's object, or that of its JSON."""
    name, version = (
        node.get(each) if isinstance(node, Mapping) else getattr(node, each, None) for each in ("name", "version")
    )
    return str(name) if version is None or version == "" else f"{name}.v{version}"


@dataclass(frozen=True)
class Graph:
    """Parents and children of every node, and which of them a build runs.

    A unit test is a child of the model that it tests. `ephemeral` nodes have no relation of their own; of
    `empty` ones the file holds nothing, and dbt does nothing for them.
    """

    children: Mapping[str, tuple[str, ...]]
    parents: Mapping[str, tuple[str, ...]]
    runnable: frozenset[str]
    ephemeral: frozenset[str]
    exposures: frozenset[str]
    empty: frozenset[str] = frozenset()

    @property
    def answering(self) -> frozenset[str]:
        """What a build of everything gives a result for."""
        return self.runnable - self.ephemeral - self.empty


def read(manifest: Manifest) -> Graph:
    """The graph of a parsed project."""
    parents: dict[str, tuple[str, ...]] = {}
    for unique_id, node in manifest.nodes.items():
        # dbt keeps a test of a model that is gone, switched off: nothing will run it.
        if node.config.enabled:
            parents[unique_id] = tuple(node.depends_on_nodes)
    for group in _READERS:
        for unique_id, reader in getattr(manifest, group, {}).items():
            parents[unique_id] = tuple(reader.depends_on_nodes)
    for unique_id, test in manifest.unit_tests.items():
        parents[unique_id] = tuple(test.depends_on.nodes[:1])
    ephemeral = (uid for uid, node in manifest.nodes.items() if node.is_ephemeral_model)
    empty = (uid for uid, node in manifest.nodes.items() if node.empty)
    return _graph(parents, ephemeral, manifest.exposures, empty)


def cycle(manifest: Manifest) -> tuple[str, ...]:
    """Nodes of which each reads the one after, and the last is the first; none where there is no such cycle."""
    nodes = {uid: node.depends_on_nodes for uid, node in manifest.nodes.items() if not uid.startswith("test.")}
    try:
        TopologicalSorter(nodes).prepare()
    except CycleError as error:
        return tuple(reversed(error.args[1]))
    return ()


def awaited(manifest: Manifest) -> str | None:
    """A node that a test refers to, which dbt switched off while there was no such node."""
    here = {node.name for node in manifest.nodes.values() if node.is_refable and node.config.enabled}
    off = [node for each in manifest.disabled.values() for node in each]
    off += [node for node in manifest.nodes.values() if not node.config.enabled]
    for node in off:
        if node.unique_id.startswith("test.") and "enabled" not in node.unrendered_config:
            names = [each.name for each in node.refs]
            if names and here.issuperset(names):
                return str(names[0])
    return None


def stored(manifest: Mapping[str, Any]) -> Graph:
    """The same from dbt's `manifest.json`, without dbt."""
    parents = {
        uid: tuple(node.get("depends_on", {}).get("nodes", ()))
        for group in ("nodes", *_READERS)
        for uid, node in manifest.get(group, {}).items()
        if node.get("config", {}).get("enabled", True)
    }
    for uid, test in manifest.get("unit_tests", {}).items():
        parents[uid] = tuple(test["depends_on"]["nodes"][:1])
    ephemeral = (uid for uid, node in manifest["nodes"].items() if node["config"].get("materialized") == "ephemeral")
    nodes = manifest["nodes"].items()
    empty = (uid for uid, node in nodes if node["resource_type"] != "seed" and not node.get("raw_code", "").strip())
    return _graph(parents, ephemeral, manifest.get("exposures", ()), empty)


def _graph(
    parents: Mapping[str, tuple[str, ...]], ephemeral: Iterable[str], exposures: Iterable[str], empty: Iterable[str]
) -> Graph:
    children: dict[str, list[str]] = {}
    for child, above in parents.items():
        for parent in above:
            children.setdefault(parent, []).append(child)
    return Graph(
        children={parent: tuple(sorted(below)) for parent, below in children.items()},
        parents=parents,
        runnable=frozenset(uid for uid in parents if uid.split(".", 1)[0] in RUNNABLE),
        ephemeral=frozenset(ephemeral),
        exposures=frozenset(exposures),
        empty=frozenset(empty),
    )
