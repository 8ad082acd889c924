"""A release's parse with each node by itself, so that a plan loads what a change can reach and nothing more.

One SQLite file per release, kept in its bundle (`indexing.py` writes it): dbt's own partial parse, node by node, beside
what is known of each node, its inputs, who reads it, where it is, its compiled SQL. What every parse needs, macros and
documentation and groups, is one piece. Nothing here imports dbt.
"""

from __future__ import annotations

import json
import sqlite3
import weakref
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgpack

from dataops.project.fingerprint import Inputs

FORMAT = 1
"""Version of the tables; another one is not read, and the whole project is parsed."""

SINGLE = ("nodes", "sources", "exposures", "metrics", "functions", "semantic_models", "saved_queries", "unit_tests")
"""What of dbt's parse is kept piece by piece, besides its files; the rest is one piece."""


@dataclass(frozen=True)
class Row:
    """One node of the index. `above` is what it depends on, `below` what depends on it, as dbt has it; `parents` and
    `children` are those of the graph, and `parents` is None where it is not in it.
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

    @property
    def said(self) -> dict[str, Any]:
        """The node as dbt keeps it."""
        return dict(msgpack.unpackb(self.body, strict_map_key=False))


@dataclass(frozen=True)
class File:
    """One file that dbt has read: its `id`, what kind it is, and the nodes that it makes, describes or is quoted in."""

    id: str
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
        self._read = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
        )
        self._rows: dict[str, Row | None] = {}
        # The graph of a plan asks it as long as there is one.
        weakref.finalize(self, self._read.close)

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

    def places(self) -> dict[str, dict[str, Any]]:
        """Where every relation is."""
        found = self._read.execute("select uid, place from node where place is not null")
        return {uid: json.loads(place) for uid, place in found}

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
        return {each[0]: File(each[0], each[1], each[2], tuple(json.loads(each[3]))) for each in found}

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
    read: tuple[Any, ...] = (
        restored(json.loads(inputs)) if inputs else None,
        tuple(json.loads(above)),
        tuple(json.loads(below)),
        tuple(json.loads(parents)) if parents else None,
        tuple(json.loads(children)),
        json.loads(place) if place else None,
        sql,
        rendered,
        tuple(json.loads(columns)) if columns else None,
        json.loads(types) if types else None,
    )
    return Row(*found[:9], *read)


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
