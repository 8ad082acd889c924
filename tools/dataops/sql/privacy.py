"""Personal columns: proof that none reaches what is published, and which columns show a person's values."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter
from typing import Any

from dataops.project.closure import reached
from dataops.sql.deidentify import ACCEPTED
from dataops.sql.dialects import dialect
from dataops.sql.lineage import ANY, Columns, Flow, Key, Lineage
from dataops.sql.relation import UnresolvedError

TAGS = frozenset({"phi", "pii"})
_WITH_ROWS = frozenset({"model", "seed", "snapshot", "source"})


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


def exposed_columns(
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
    return reached({key} & nodes.keys(), lambda each: [up for up in _parents(nodes[each]) if up in nodes])


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

    def _query(self, key: str) -> Lineage:
        node = self.nodes[key]
        if not node.get("compiled_code") or node.get("language", "sql") != "sql":
            raise UnresolvedError("is not compiled" if node.get("language", "sql") == "sql" else "is not SQL")
        relations = {place(self.nodes[up]): self.columns[up] for up in self.parents[key]}
        relations[place(node)] = {ANY: self._inflow(key)}  # an incremental model reads itself
        sources = [place(self.nodes[up]) for up in self.parents[key] if self.nodes[up]["resource_type"] == "source"]
        return Lineage(node["compiled_code"], self.dialect, relations, sources[0] if len(sources) == 1 else None)

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


def marks(column: Mapping[str, Any]) -> set[str]:
    """The tags of a column, wherever dbt keeps them."""
    return {*column.get("tags", ()), *(column.get("config") or {}).get("tags", ())}


def _meta(column: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**(column.get("meta") or {}), **((column.get("config") or {}).get("meta") or {})}


def place(node: Mapping[str, Any]) -> Key:
    """Database, schema and name of a node's relation, as SQL without quotes would find it."""
    name = node.get("alias") or node.get("identifier") or node["name"]
    return ((node.get("database") or "").lower(), node["schema"].lower(), name.lower())


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
        facts = self._above(set(wanted)) if self._sources else {}
        exposed = exposed_columns({"metadata": {"adapter_type": self._adapter}}, facts, set(wanted)) if facts else {}
        nodes = _nodes(self._manifest) if facts else {}
        return {
            unique_id: frozenset(exposed.get(unique_id, ())) | self._own(nodes.get(unique_id)) for unique_id in wanted
        }

    def exposures(self, unique_ids: Iterable[str]) -> dict[str, tuple[Exposure, ...]]:
        """What some nodes show of the personal columns above them, and on which way; nodes that show none are left out.

        The tags of a node are told of what reads it, and not of itself.
        """
        wanted = set(unique_ids)
        facts = self._above(wanted) if self._sources else {}
        parents = {key: [up for up in _parents(node) if up in facts] for key, node in facts.items()}
        walk = _Walk(self._adapter, facts, parents, TAGS)
        found: dict[str, tuple[Exposure, ...]] = {}
        for key in TopologicalSorter(parents).static_order():
            walk.enter(key)
            if key in wanted and (shown := tuple(walk.exposed(key))):
                found[key] = shown
            walk.mark(key)
        return found

    @property
    def _adapter(self) -> str:
        return str(self._manifest.metadata.adapter_type)

    def _above(self, wanted: set[str]) -> dict[str, Mapping[str, Any]]:
        """What is known of some nodes and of all that their data comes from; nothing if none of it is tagged."""
        nodes = _nodes(self._manifest)
        above = reached(nodes.keys() & wanted, lambda each: nodes.keys() & getattr(nodes[each], "depends_on_nodes", ()))
        return {each: self._facts(each, nodes[each]) for each in sorted(above)} if above & self._sources else {}

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
    return {name.lower() for name, column in columns.items() if TAGS & marks(column.to_dict())}


def _tagged(manifest: Any) -> set[str]:
    return {name for node in _nodes(manifest).values() for name in _marked(node)}
