"""Writes the index of a release (`index.py`) from dbt's partial parse and what the release knows of its nodes."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgpack

from dataops import __version__
from dataops.project.compiled import CompiledSql
from dataops.project.fingerprint import Fingerprints
from dataops.project.graph import Graph
from dataops.project.index import FORMAT, SINGLE
from dataops.project.slices import Place

_TABLES = """
create table fact (name text primary key, value text);
create table whole (body blob);
create table node (
    uid text primary key, part text, name text, package text, version text, file text, patch text, relation text,
    body blob, inputs text, above text, below text, parents text, children text, place text, sql text, rendered text,
    columns text, types text);
create index by_name on node (name);
create index by_relation on node (relation);
create table mention (name text, uid text);
create index by_mention on mention (name);
create index by_uid on mention (uid);
create table file (id text primary key, kind text, body blob, nodes text);
create table config (id integer primary key, body text);
"""


_NODE = f"insert into node values ({', '.join('?' * 19)})"  # noqa: S608 - question marks alone


@dataclass(frozen=True)
class Known:
    """What a release knows of the nodes of a parse. `places` are production's."""

    prints: Fingerprints
    compiled: CompiledSql
    places: Mapping[str, Place]
    graph: Graph


def pack(parse: bytes, known: Known, facts: Mapping[str, Any]) -> bytes:
    """The index of dbt's partial parse `parse`. `facts` are what decides whether it is used."""
    content = msgpack.unpackb(parse, raw=False, strict_map_key=False)
    with tempfile.TemporaryDirectory(prefix="dataops-index-") as temporary:
        path = Path(temporary) / "index.sqlite"
        made = sqlite3.connect(path, isolation_level=None)
        try:
            made.executescript("pragma journal_mode = off; pragma synchronous = off;" + _TABLES)
            made.execute("begin")
            _nodes(made, content, known)
            _files(made, content.get("files") or {})
            rest = {name: value for name, value in content.items() if name not in (*SINGLE, "files")}
            made.execute("insert into whole values (?)", (msgpack.packb(rest),))
            configs = ((at, json.dumps(each)) for at, each in enumerate(known.prints.configs))
            made.executemany("insert into config values (?, ?)", configs)
            hooks = frozenset(uid for uid in content["nodes"] if uid.startswith("operation."))
            made.executemany("insert into fact values (?, ?)", _facts(known, facts, hooks).items())
            made.execute("commit")
        finally:
            made.close()
        return path.read_bytes()


def _facts(known: Known, facts: Mapping[str, Any], hooks: frozenset[str]) -> dict[str, str]:
    graph, prints = known.graph, known.prints
    listed = {"runnable": graph.runnable, "ephemeral": graph.ephemeral, "empty": graph.empty}
    listed |= {"exposures": graph.exposures, "operations": hooks}
    said = {
        **facts,
        "format": FORMAT,
        "version": __version__,
        "nodes": len(prints.nodes),
        "target": prints.target,
        "surroundings": prints.surroundings.stored(),
        "macros": dict(prints.macros),
    }
    lists = {name: "\n".join(sorted(each)) for name, each in listed.items()}
    return {**lists, **{name: json.dumps(value) for name, value in said.items()}}


def _nodes(made: sqlite3.Connection, content: Mapping[str, Any], known: Known) -> None:
    nodes = {uid: (part, node) for part in SINGLE for uid, node in (content.get(part) or {}).items()}
    above = {uid: (node.get("depends_on") or {}).get("nodes") or [] for uid, (_, node) in nodes.items()}
    below: dict[str, list[str]] = {}
    for uid, parents in above.items():
        attached = nodes[uid][1].get("attached_node")
        for parent in dict.fromkeys([*parents, *([attached] if attached else [])]):
            below.setdefault(parent, []).append(uid)
    compiled, graph = known.compiled, known.graph
    for uid, (part, node) in nodes.items():
        inputs, place, version = known.prints.nodes.get(uid), known.places.get(uid), node.get("version")
        row = (
            uid,
            part,
            str(node.get("name") or ""),
            node.get("package_name"),
            None if version is None else str(version),
            f"{node.get('package_name')}://{node.get('original_file_path')}",
            node.get("patch_path"),
            relation(node),
            msgpack.packb(node),
            _json(inputs),
            json.dumps(above[uid]),
            json.dumps(below.get(uid, [])),
            _json(graph.parents.get(uid)),
            json.dumps(graph.children.get(uid, ())),
            _json(asdict(place) if place is not None else None),
            compiled.sql.get(uid),
            compiled.names.get(uid),
            _json(compiled.columns.get(uid)),
            _json(compiled.types.get(uid)),
        )
        made.execute(_NODE, row)
        made.executemany("insert into mention values (?, ?)", [(name, uid) for name in _mentions(node)])


def _files(made: sqlite3.Connection, files: Mapping[str, Any]) -> None:
    for each, file in files.items():
        row = (each, file.get("parse_file_type"), msgpack.packb(file), json.dumps(list(_held(file))))
        made.execute("insert into file values (?, ?, ?, ?)", row)


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value)


def relation(node: Mapping[str, Any]) -> str | None:
    """What only one node should have: the schema and the name of its relation, in small letters. None without one."""
    schema, own = node.get("schema"), node.get("alias") or node.get("identifier")
    return f"{schema}\0{own}".lower() if schema else None


def _mentions(node: Mapping[str, Any]) -> Iterator[str]:
    """The names of nodes that a node refers to: of models, of functions, of metrics, and of tables of sources."""
    for each in node.get("refs") or ():
        yield str(each["name"] if isinstance(each, Mapping) else each[-1])
    for kind in ("sources", "metrics", "functions"):
        for each in node.get(kind) or ():
            yield str(each[-1] if isinstance(each, list | tuple) else each)


def _held(file: Mapping[str, Any]) -> Iterator[str]:
    """The nodes that a file makes, describes, or (of documentation) is quoted in."""
    for key in ("nodes", "sources", "exposures", "metrics", "snapshots", "semantic_models", "unit_tests"):
        yield from file.get(key) or ()
    for key in ("saved_queries", "functions", "ndp"):
        yield from file.get(key) or ()
    for by_name in (file.get("data_tests") or {}).values():
        for tests in by_name.values():
            yield from tests
