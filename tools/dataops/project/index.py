"""A release's parse with each node by itself, so that a plan loads what a change can reach and nothing more.

One SQLite file per release, kept in its bundle: dbt's own partial parse, node by node, beside what is known of each
node (its inputs, who reads it, where it is, its compiled SQL). What every parse needs whole, macros and documentation
and groups, is one piece. Nothing here imports dbt.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgpack

from dataops import __version__
from dataops.project.compiled import CompiledSql
from dataops.project.fingerprint import Fingerprints, Inputs
from dataops.project.graph import Graph

FORMAT = 1
"""Version of the tables below; another one is not read, and the whole project is."""

SINGLE = ("nodes", "sources", "exposures", "metrics", "functions", "semantic_models", "saved_queries", "unit_tests")
"""What of dbt's parse is kept piece by piece, besides its files; the rest is one piece."""

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
create table file (id text primary key, path text, kind text, body blob, nodes text);
create index by_path on file (path);
create table config (id integer primary key, body text);
"""


def pack(
    parse: bytes,
    prints: Fingerprints,
    compiled: CompiledSql,
    places: Mapping[str, Any],
    graph: Graph,
    facts: Mapping[str, Any],
) -> bytes:
    """The index of dbt's partial parse `parse`. `places` are production's; `facts` is what decides whether it is used."""
    content = msgpack.unpackb(parse, raw=False, strict_map_key=False)
    with tempfile.TemporaryDirectory(prefix="dataops-index-") as temporary:
        path = Path(temporary) / "index.sqlite"
        made = sqlite3.connect(path, isolation_level=None)
        try:
            made.executescript("pragma journal_mode = off; pragma synchronous = off;" + _TABLES)
            made.execute("begin")
            _fill(made, content, prints, compiled, places, graph)
            hooks = [uid for uid in content["nodes"] if uid.startswith("operation.")]
            lists = {"runnable": graph.runnable, "ephemeral": graph.ephemeral, "empty": graph.empty}
            lists |= {"exposures": graph.exposures, "operations": frozenset(hooks)}
            stored = {name: "\n".join(sorted(each)) for name, each in lists.items()}
            described = {
                "nodes": len(prints.nodes),
                **facts,
                "format": FORMAT,
                "version": __version__,
                "target": prints.target,
                "surroundings": prints.surroundings.stored(),
                "macros": dict(prints.macros),
            }
            stored |= {name: json.dumps(value) for name, value in described.items()}
            made.executemany("insert into fact values (?, ?)", stored.items())
            made.execute("commit")
        finally:
            made.close()
        return path.read_bytes()


def _fill(
    made: sqlite3.Connection,
    content: dict[str, Any],
    prints: Fingerprints,
    compiled: CompiledSql,
    places: Mapping[str, Any],
    graph: Graph,
) -> None:
    nodes = {uid: (part, node) for part in SINGLE for uid, node in (content.get(part) or {}).items()}
    above = {uid: (node.get("depends_on") or {}).get("nodes") or [] for uid, (_, node) in nodes.items()}
    below: dict[str, list[str]] = {}
    for uid, parents in above.items():
        _, node = nodes[uid]
        for parent in dict.fromkeys([*parents, *filter(None, [node.get("attached_node")])]):
            below.setdefault(parent, []).append(uid)
    for uid, (part, node) in nodes.items():
        inputs, place = prints.nodes.get(uid), places.get(uid)
        made.execute(
            f"insert into node values ({', '.join('?' * 19)})",
            (
                uid,
                part,
                str(node.get("name") or ""),
                node.get("package_name"),
                None if node.get("version") is None else str(node["version"]),
                file_of(node),
                node.get("patch_path"),
                relation(node),
                msgpack.packb(node),
                json.dumps(inputs) if inputs is not None else None,
                json.dumps(above[uid]),
                json.dumps(below.get(uid, [])),
                json.dumps(graph.parents[uid]) if uid in graph.parents else None,
                json.dumps(graph.children.get(uid, ())),
                json.dumps(asdict(place)) if place is not None else None,
                compiled.sql.get(uid),
                compiled.names.get(uid),
                json.dumps(compiled.columns[uid]) if uid in compiled.columns else None,
                json.dumps(compiled.types[uid]) if uid in compiled.types else None,
            ),
        )
        made.executemany("insert into mention values (?, ?)", [(name, uid) for name in mentions(node)])
    files = content.get("files") or {}
    for each, file in files.items():
        path = file.get("path") or {}
        where = f"{path.get('searched_path')}/{path.get('relative_path')}" if isinstance(path, dict) else ""
        made.execute(
            "insert into file values (?, ?, ?, ?, ?)",
            (each, where, file.get("parse_file_type"), msgpack.packb(file), json.dumps(list(_held(file)))),
        )
    rest = {name: value for name, value in content.items() if name not in (*SINGLE, "files")}
    made.execute("insert into whole values (?)", (msgpack.packb(rest),))
    made.executemany(
        "insert into config values (?, ?)", [(at, json.dumps(each)) for at, each in enumerate(prints.configs)]
    )


def file_of(node: Mapping[str, Any]) -> str:
    """The id of the file that a node is written in, as dbt has it."""
    return f"{node.get('package_name')}://{node.get('original_file_path')}"


def relation(node: Mapping[str, Any]) -> str | None:
    """What only one node should have: the schema and the name of its relation, in small letters. None without one."""
    schema, own = node.get("schema"), node.get("alias") or node.get("identifier")
    return f"{schema}\0{own}".lower() if schema else None


def mentions(node: Mapping[str, Any]) -> Iterator[str]:
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


@dataclass(frozen=True)
class Row:
    """One node of the index. `above` are the nodes that it depends on, `below` those that depend on it, as dbt has them;
    `parents` and `children` are those of the graph, `parents` None where it is not in it.
    """

    uid: str
    part: str
    name: str
    package: str
    version: str | None
    file: str
    patch: str | None
    relation: str | None
    body: bytes
    inputs: Inputs | None
    above: tuple[str, ...]
    below: tuple[str, ...]
    parents: tuple[str, ...] | None
    children: tuple[str, ...]
    place: dict[str, Any] | None
    sql: str | None
    rendered: str | None
    columns: tuple[str, ...] | None
    types: dict[str, str] | None


@dataclass(frozen=True)
class File:
    """One file that dbt has read: its `id`, where it lies in its package, what kind it is, and the nodes in it."""

    id: str
    path: str
    kind: str
    body: bytes
    nodes: tuple[str, ...]


class Index:
    """The index of one release, read from a file of this machine.

    Raises:
        sqlite3.Error, ValueError: it is no index, or not a whole one; nothing of it may be used then.
    """

    def __init__(self, path: Path) -> None:
        """Open it; only what is asked for is read."""
        self._read = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
        self._rows: dict[str, Row | None] = {}
        self.format = self.fact("format")

    def close(self) -> None:
        """Let go of the file."""
        self._read.close()

    def fact(self, name: str) -> Any:
        """One of the facts that it was made with."""
        return json.loads(self.text(name))

    def text(self, name: str) -> str:
        """The same, where it is a list of unique ids, one a line."""
        found = self._read.execute("select value from fact where name = ?", (name,)).fetchone()
        if found is None:
            raise ValueError(f"the index has no {name}")
        return str(found[0])

    def whole(self) -> dict[str, Any]:
        """What is kept in one piece, by the names that dbt gives it."""
        return dict(msgpack.unpackb(self._read.execute("select body from whole").fetchone()[0], strict_map_key=False))

    def rows(self, uids: Iterable[str]) -> dict[str, Row]:
        """Those of some nodes that there are."""
        wanted = list(dict.fromkeys(uids))
        missing = [uid for uid in wanted if uid not in self._rows]
        self._rows.update(dict.fromkeys(missing))
        for found in self._several("select * from node where uid in", missing):
            self._rows[found[0]] = _row(found)
        return {uid: row for uid in wanted if (row := self._rows[uid]) is not None}

    def all(self) -> Iterator[str]:
        """Every node."""
        return (uid for (uid,) in self._read.execute("select uid from node"))

    def named(self, names: Iterable[str]) -> set[str]:
        """The nodes that some names may mean, whatever their package, kind and version."""
        return {uid for (uid,) in self._several("select uid from node where name in", names)}

    def mentioned(self, uids: Iterable[str]) -> set[str]:
        """The names to which some nodes refer."""
        return {name for (name,) in self._several("select name from mention where uid in", uids)}

    def mentioning(self, names: Iterable[str]) -> set[str]:
        """The nodes that refer to some names."""
        return {uid for (uid,) in self._several("select uid from mention where name in", names)}

    def at(self, relations: Iterable[str]) -> set[str]:
        """The nodes whose relation is one of some."""
        return {uid for (uid,) in self._several("select uid from node where relation in", relations)}

    def files(self, ids: Iterable[str]) -> dict[str, File]:
        """Those of some files that there are."""
        found = self._several("select * from file where id in", ids)
        return {each[0]: File(*each[:4], nodes=tuple(json.loads(each[4]))) for each in found}

    def configs(self, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
        """The configurations that the inputs of some nodes name."""
        found = self._several("select id, body from config where id in", ids)
        return {at: json.loads(body) for at, body in found}

    def _several(self, query: str, values: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
        wanted = list(dict.fromkeys(values))
        for start in range(0, len(wanted), 500):
            few = wanted[start : start + 500]
            yield from self._read.execute(f"{query} ({', '.join('?' * len(few))})", few)


def _row(found: tuple[Any, ...]) -> Row:
    inputs, above, below, parents, children, place, sql, rendered, columns, types = found[9:]
    return Row(
        *found[:9],
        inputs=restored(json.loads(inputs)) if inputs else None,
        above=tuple(json.loads(above)),
        below=tuple(json.loads(below)),
        parents=tuple(json.loads(parents)) if parents else None,
        children=tuple(json.loads(children)),
        place=json.loads(place) if place else None,
        sql=sql,
        rendered=rendered,
        columns=tuple(json.loads(columns)) if columns else None,
        types=json.loads(types) if types else None,
    )


def assembled(whole: Mapping[str, Any], rows: Iterable[Row], files: Iterable[File]) -> bytes:
    """A partial parse of dbt that holds no more than some nodes and files."""
    parts: dict[str, dict[str, bytes]] = {name: {} for name in (*SINGLE, "files")}
    for row in rows:
        parts[row.part][row.uid] = row.body
    for file in files:
        parts["files"][file.id] = file.body
    packer = msgpack.Packer(autoreset=False)
    packer.pack_map_header(len(whole) + len(parts))
    for name, value in whole.items():
        packer.pack(name)
        packer.pack(value)
    pieces = [packer.bytes()]
    for name, bodies in parts.items():
        pieces += [msgpack.packb(name), _header(len(bodies))]
        for uid, body in bodies.items():
            pieces += [msgpack.packb(uid), body]
    return b"".join(pieces)


def _header(length: int) -> bytes:
    packer = msgpack.Packer(autoreset=False)
    packer.pack_map_header(length)
    return bytes(packer.bytes())


def restored(stored: Iterable[Any]) -> Inputs:
    """A node's inputs from their JSON."""
    found = Inputs(*stored)
    return found._replace(parents=tuple(found.parents))
