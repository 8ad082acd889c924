"""Proof that no tagged column reaches what is published, or the ways on which one does.

A seed's or source's column tagged `phi` or `pii` is followed through the compiled SQL of every model. It ends in a
column that declares `meta: {deidentified: KIND}` and whose SQL has the shape of that kind; everything else passes it
on. What cannot be followed counts as exposed: the proof fails on doubt.

It speaks of values, not of what can be inferred: a filter, a join or the order of rows is no flow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter
from typing import Any

from dataops.checks.deidentify import ACCEPTED
from dataops.checks.taint import ANY, Columns, Flow, Key, Query, UnresolvedError

TAGS = frozenset({"phi", "pii"})
_WITH_ROWS = frozenset({"model", "seed", "snapshot", "source"})
_DIALECTS = {"sqlserver": "tsql", "fabric": "tsql", "athena": "trino"}


@dataclass(frozen=True)
class Exposure:
    """A published column into which a tagged one flows, the columns on the way, and why it was not stopped."""

    column: str
    source: str
    path: tuple[str, ...]
    reason: str


def exposures(manifest: Mapping[str, Any], tags: frozenset[str] = TAGS) -> tuple[Exposure, ...]:
    """The exposures of a project, given as the content of `manifest.json` after `dbt compile`. Empty is the proof.

    Published is a model of access `public`, what an exposure reads, and every snapshot.
    """
    nodes = relations(manifest)
    return _exposed(manifest, nodes, _published(manifest, nodes), tags)


@dataclass(frozen=True)
class Statement:
    """What is known of one relation: the tagged columns that it could show, and those that it does show."""

    tagged: tuple[str, ...]
    exposed: tuple[Exposure, ...]


def statement(manifest: Mapping[str, Any], key: str, tags: frozenset[str] = TAGS) -> Statement:
    """The proof for one node, published or not: which tagged columns are above it, and which of them it shows."""
    nodes = relations(manifest)
    own = {each: nodes[each] for each in above(nodes, key)}
    exposed = _exposed(manifest, own, {key}, tags)
    tagged = (
        f"{node['name']}.{name.lower()}" for node in own.values() for name, column in node["columns"].items()
        if tags & marks(column)
    )  # fmt: skip
    return Statement(tuple(sorted(tagged)), exposed)


def exposed(
    manifest: Mapping[str, Any], nodes: Mapping[str, Mapping[str, Any]], keys: set[str], tags: frozenset[str] = TAGS
) -> dict[str, set[str]]:
    """The columns of each of `keys` into which a tagged column flows; `*` for all. `nodes` hold everything above."""
    parents = {key: [up for up in _parents(node) if up in nodes] for key, node in nodes.items()}
    walk = _Walk(manifest["metadata"]["adapter_type"], nodes, parents, tags)
    for key in TopologicalSorter(parents).static_order():
        walk.enter(key)
        walk.mark(key)
    return {key: {name for name, flows in walk.columns[key].items() if flows} for key in keys if key in nodes}


def relations(manifest: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The nodes that data flows through, by unique id."""
    nodes: dict[str, Mapping[str, Any]] = {**manifest["nodes"], **manifest["sources"]}
    return {key: node for key, node in nodes.items() if node["resource_type"] in _WITH_ROWS}


def above(nodes: Mapping[str, Mapping[str, Any]], key: str) -> set[str]:
    """A node and everything that its data comes from."""
    found: set[str] = set()
    pending = [key]
    while pending:
        each = pending.pop()
        if each in nodes and each not in found:
            found.add(each)
            pending += _parents(nodes[each])
    return found


def _exposed(
    manifest: Mapping[str, Any], nodes: Mapping[str, Mapping[str, Any]], published: set[str], tags: frozenset[str]
) -> tuple[Exposure, ...]:
    parents = {key: [up for up in _parents(node) if up in nodes] for key, node in nodes.items()}
    walk = _Walk(manifest["metadata"]["adapter_type"], nodes, parents, tags)
    found: list[Exposure] = []
    for key in TopologicalSorter(parents).static_order():
        walk.enter(key)
        if key in published:
            found.extend(walk.exposed(key))
    return tuple(sorted(found, key=lambda exposure: (exposure.column, exposure.source)))


def _parents(node: Mapping[str, Any]) -> list[str]:
    parents: list[str] = node.get("depends_on", {}).get("nodes", [])
    return parents


def _published(manifest: Mapping[str, Any], nodes: Mapping[str, Mapping[str, Any]]) -> set[str]:
    read = {up for exposure in manifest["exposures"].values() for up in _parents(exposure)}
    return read | {
        key for key, node in nodes.items() if node.get("access") == "public" or node["resource_type"] == "snapshot"
    }


class _Walk:
    """The columns of each relation, filled from the sources on."""

    def __init__(
        self,
        adapter: str,
        nodes: Mapping[str, Mapping[str, Any]],
        parents: Mapping[str, list[str]],
        tags: frozenset[str],
    ) -> None:
        self.dialect = dialect(adapter)
        self.nodes, self.parents, self.tags = nodes, parents, tags
        self.columns: dict[str, Columns] = {}
        self.reasons: dict[tuple[str, str], str] = {}

    def enter(self, key: str) -> None:
        node = self.nodes[key]
        if node["resource_type"] in {"seed", "source"}:
            self.columns[key] = self._tagged(node)
            return
        try:
            flows = self._query(key).columns()
        except UnresolvedError as error:
            flows = {ANY: self._inflow(key)}
            self.reasons[key, ANY] = f"the SQL of {node['name']} {error}"
        declared = {name.lower(): _meta(column).get("deidentified") for name, column in node["columns"].items()}
        self.columns[key] = {name: self._passed(key, name, into, declared.get(name)) for name, into in flows.items()}

    def mark(self, key: str) -> None:
        """Let a model's own tagged columns be origins too, as a seed's are."""
        for name, flows in self._tagged(self.nodes[key]).items():
            if flows:
                self.columns[key][name] = self.columns[key].get(name, frozenset()) | flows

    def exposed(self, key: str) -> Iterator[Exposure]:
        for name, flows in self.columns[key].items():
            shortest = {flow.source: flow for flow in sorted(flows, key=lambda flow: (-len(flow.path), flow.path))}
            for flow in shortest.values():
                reason = next((self.reasons[step] for step in self._steps(flow) if step in self.reasons), None)
                yield Exposure(
                    f"{self.nodes[key]['name']}.{name}", flow.source, flow.path, reason or "not de-identified"
                )

    def _tagged(self, node: Mapping[str, Any]) -> Columns:
        columns: Columns = {}
        for name, column in node["columns"].items():
            label = f"{node['name']}.{name.lower()}"
            columns[name.lower()] = frozenset({Flow(label, (label,))} if self.tags & marks(column) else ())
        return columns

    def _query(self, key: str) -> Query:
        node = self.nodes[key]
        if not node.get("compiled_code") or node.get("language", "sql") != "sql":
            raise UnresolvedError("is not compiled" if node.get("language", "sql") == "sql" else "is not SQL")
        relations = {place(self.nodes[up]): self.columns[up] for up in self.parents[key]}
        relations[place(node)] = {ANY: self._inflow(key)}  # an incremental model reads itself
        sources = [place(self.nodes[up]) for up in self.parents[key] if self.nodes[up]["resource_type"] == "source"]
        return Query(node["compiled_code"], self.dialect, relations, sources[0] if len(sources) == 1 else None)

    def _inflow(self, key: str) -> frozenset[Flow]:
        return frozenset(flow for up in self.parents[key] for each in self.columns[up].values() for flow in each)

    def _passed(self, key: str, name: str, flows: frozenset[Flow], kind: str | None) -> frozenset[Flow]:
        """What leaves a column: nothing that its declared shape has stopped."""
        left = frozenset(flow for flow in flows if kind is None or not flow.steps & ACCEPTED.get(kind, frozenset()))
        if left and kind is not None:
            label = f"{self.nodes[key]['name']}.{name}"
            self.reasons[key, name] = f"{label} declares {kind}, which its SQL does not show"
        label = f"{self.nodes[key]['name']}.{name}"
        return frozenset(replace(flow, path=(*flow.path, label), steps=frozenset()) for flow in left)

    def _steps(self, flow: Flow) -> Iterator[tuple[str, str]]:
        names = {node["name"]: key for key, node in self.nodes.items()}
        for step in reversed(flow.path):
            model, column = step.rsplit(".", 1)
            yield names[model], column


def dialect(adapter: str) -> str:
    """What sqlglot calls the SQL of an adapter."""
    return _DIALECTS.get(adapter, adapter)


def marks(column: Mapping[str, Any]) -> set[str]:
    """The tags of a column, wherever dbt keeps them."""
    return {*column.get("tags", ()), *(column.get("config") or {}).get("tags", ())}


def _meta(column: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**(column.get("meta") or {}), **((column.get("config") or {}).get("meta") or {})}


def place(node: Mapping[str, Any]) -> Key:
    """Database, schema and name of a node's relation, as SQL without quotes would find it."""
    name = node.get("alias") or node.get("identifier") or node["name"]
    return ((node.get("database") or "").lower(), node["schema"].lower(), name.lower())
