"""Which node reads which, and from which columns of its parents each column is made."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dataops import __version__
from dataops.config import WORK
from dataops.plan.lineage import Relation
from dataops.project.graph import name_of
from dataops.sql.dialects import dialect
from dataops.sql.lineage import ANY, Columns, Flow, Lineage
from dataops.sql.privacy import place
from dataops.sql.relation import UnresolvedError
from dataops.store.memory import keep, recall

Node = Mapping[str, Any]
Found = tuple[Mapping[str, tuple[tuple[str, str], ...]], str | None]

_BUILT = ("model", "snapshot")
_SHOWN = ("source", "seed", "model", "snapshot", "exposure")
_OFTEN = 200

FILE = "lineage.json"
"""The bundle's file that holds from which columns those of a release come."""

CACHE = WORK / "lineage.json"
"""Where a checkout keeps what it found beyond that."""


def lineage(
    manifest: Mapping[str, Any], catalog: Mapping[str, Any], cache: Path, released: bytes | None = None
) -> tuple[Relation, ...]:
    """Sources first, then seeds, models, snapshots and exposures, each by name.

    A model's SQL is followed once: `released` is what its release found (see `packed`), `cache` keeps what was found
    here beyond that, both by all that it depends on.
    """
    project = _Project(manifest, catalog)
    before, here = _known(released), _mapping(recall(cache))
    used: dict[str, Any] = {}
    made = [_relation(project, key, {**before, **here}, used) for key in project.nodes]
    beyond = {digest: found for digest, found in used.items() if digest not in before}
    if beyond != here:
        keep(cache, json.dumps(beyond))
    return tuple(sorted(made, key=lambda each: (_SHOWN.index(each.kind), each.name)))


def packed(manifest: bytes, catalog: bytes | None, before: bytes | None) -> bytes:
    """A release's file of where its columns come from. `before`: the one of the release that it replaces.

    Only models that differ from that are followed, so that no job which shows the release has to follow any.
    """
    project = _Project(json.loads(manifest), json.loads(catalog or b"{}"))
    known = _known(before)
    used: dict[str, Any] = {}
    for key, node in project.nodes.items():
        if node["resource_type"] in _BUILT:
            _followed(project, key, known, used)
    return json.dumps(used).encode()


class _Project:
    """The nodes that have columns or readers, and what the warehouse says of them."""

    def __init__(self, manifest: Mapping[str, Any], catalog: Mapping[str, Any]) -> None:
        groups = (manifest["nodes"], manifest["sources"], manifest["exposures"])
        every = {key: node for group in groups for key, node in group.items()}
        self.nodes: dict[str, Node] = {key: node for key, node in every.items() if node["resource_type"] in _SHOWN}
        self.parser = version("sqlglot")
        self.dialect = dialect(manifest["metadata"]["adapter_type"])
        self.asked = 0  # models whose SQL was followed anew
        self._catalog = {**catalog.get("nodes", {}), **catalog.get("sources", {})}

    def columns(self, key: str) -> list[str]:
        """As the warehouse has them; as they are documented where it was not asked."""
        columns = self._catalog.get(key, {}).get("columns")
        if columns:
            return sorted(columns, key=lambda name: int(columns[name]["index"]))
        return list(self.nodes[key].get("columns", {}))

    def parents(self, key: str) -> tuple[str, ...]:
        node = self.nodes[key]
        return tuple(up for up in node.get("depends_on", {}).get("nodes", ()) if up in self.nodes)

    def read(self, key: str) -> Iterator[str]:
        """The parents whose relations are in a node's SQL: an ephemeral one is there with its own SQL."""
        for up in self.parents(key):
            if self.nodes[up].get("config", {}).get("materialized") == "ephemeral":
                yield from self.read(up)
            else:
                yield up


def _relation(project: _Project, key: str, known: Mapping[str, Any], used: dict[str, Any]) -> Relation:
    node = project.nodes[key]
    kind = node["resource_type"]
    columns, unclear = _followed(project, key, known, used) if kind in _BUILT else ({}, None)
    listed = {name: columns.get(name.lower(), ()) for name in project.columns(key)} if kind != "exposure" else {}
    return Relation(
        key,
        f"{node['source_name']}.{node['name']}" if kind == "source" else name_of(node),
        kind,
        node.get("original_file_path", ""),
        (node.get("description") or "").strip(),
        project.parents(key),
        listed or dict(columns),
        unclear,
    )


def _followed(project: _Project, key: str, known: Mapping[str, Any], used: dict[str, Any]) -> Found:
    """The origins of a model's columns, by lower-case name, or why they are unclear."""
    node = project.nodes[key]
    if node.get("language", "sql") != "sql":
        return {}, f"it is written in {node['language']}"
    if not node.get("compiled_code"):
        return {}, "its compiled SQL is not at hand"
    read = {up: project.columns(up) for up in dict.fromkeys(project.read(key))}
    depends = (__version__, project.parser, project.dialect, node["compiled_code"], place(node),
               [(up, place(project.nodes[up]), columns) for up, columns in read.items()])  # fmt: skip
    digest = blake2b(json.dumps(depends).encode(), digest_size=16).hexdigest()
    columns, unclear = known[digest] if digest in known else _asked(project, key, read)
    used[digest] = [columns, unclear]
    return {name: tuple((up, column) for up, column in origins) for name, origins in columns.items()}, unclear


def _asked(project: _Project, key: str, read: Mapping[str, list[str]]) -> tuple[dict[str, list[list[str]]], str | None]:
    """A model's SQL, followed one step: every column of a parent flows from itself."""
    project.asked += 1
    if not project.asked % _OFTEN and not gc.isenabled():
        gc.collect()  # the command turned it off, and each parsed query is a heap of cycles
    relations = {place(project.nodes[up]): _origins(up, columns) for up, columns in read.items()}
    sources = [place(project.nodes[up]) for up in read if project.nodes[up]["resource_type"] == "source"]
    own = {ANY: frozenset[Flow]()}  # an incremental model reads itself
    query = Lineage(
        project.nodes[key]["compiled_code"],
        project.dialect,
        {place(project.nodes[key]): own, **relations},
        sources[0] if len(sources) == 1 else None,
    )
    try:
        flows = query.columns()
    except UnresolvedError as error:
        return {}, f"its SQL {error}"
    except Exception as error:  # noqa: BLE001 - what a parser stumbles over costs one model its columns, not a release
        return {}, f"its SQL cannot be followed: {type(error).__name__}"
    if ANY in flows:
        return {}, "it selects all columns of a relation whose columns are not known"
    return {name: sorted({tuple(flow.source.split("\n")) for flow in into}) for name, into in flows.items()}, None  # type: ignore[misc]


def _origins(key: str, columns: list[str]) -> Columns:
    names = {name.lower(): name for name in columns} or {ANY: ANY}
    return {lower: frozenset({Flow(f"{key}\n{name}")}) for lower, name in names.items()}


def _known(released: bytes | None) -> dict[str, Any]:
    try:
        return _mapping(json.loads(released or b"{}"))
    except ValueError:
        return {}


def _mapping(found: Any) -> dict[str, Any]:
    """What was found before; nothing, where it is no more what was written."""
    return found if isinstance(found, dict) else {}
