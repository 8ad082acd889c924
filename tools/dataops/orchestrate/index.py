"""`dataops orchestrate index`: what an orchestrator's graph is made of, in a small file that needs no dbt to be read.

The same project gives the same bytes (schemas/index.json).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import networkx

from dataops.breaker.pauses import BUILT
from dataops.project import graph
from dataops.project.graph import Graph, name_of
from dataops.project.patterns import speaks_of

VERSION = 1
"""Version of the file."""

NAME = "dataops-index.json"
"""The file's usual name, in the project's folder."""

_ELSE = "other"
"""The group of what is in no other."""


def index(project: str, manifest: Any, named: Sequence[str]) -> dict[str, Any]:
    """The index of a parsed project. `named`: patterns of further models that are assets."""
    shape = graph.read(manifest)
    built = sorted(uid for uid in shape.answering if uid.split(".", 1)[0] in BUILT)
    number = {uid: at for at, uid in enumerate(built)}
    above = {uid: sorted(number[each] for each in _nearest(shape, uid, number)) for uid in built}
    tests: dict[str, list[str]] = {uid: [] for uid in built}
    for uid in sorted(shape.answering - number.keys()):
        home = _home(manifest, shape, uid, number)
        if home is not None:
            tests[home].append(uid)
    nodes = [_node(manifest.nodes[uid], above[uid], tests[uid]) for uid in built]
    exposures = {
        exposure.name: tuple(sorted(number[each] for each in _nearest(shape, uid, number)))
        for uid, exposure in sorted(manifest.exposures.items())
    }
    parents = [node["parents"] for node in nodes]
    return {
        "version": VERSION,
        "project": project,
        "nodes": nodes,
        "groups": {
            "folder": _groups([(node["folder"] or _ELSE,) for node in nodes], parents),
            "tag": _groups([tuple(node["tags"]) or (_ELSE,) for node in nodes], parents),
            "exposure": _groups(_by_exposure(exposures, parents), parents),
        },
        "assets": [*_models(project, manifest, built, named), *_of_exposures(project, exposures)],
    }


def text(document: Mapping[str, Any]) -> str:
    """The index as JSON, a node, a group and an asset a line: small, and fit for a diff."""

    def line(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def lines(values: Iterable[Any]) -> str:
        return "[\n" + ",\n".join(map(line, values)) + "\n]"

    groups = ",\n".join(f"{line(by)}:{lines(found)}" for by, found in document["groups"].items())
    parts = [f'"version":{document["version"]}', f'"project":{line(document["project"])}']
    parts += [
        f'"nodes":{lines(document["nodes"])}',
        f'"groups":{{\n{groups}\n}}',
        f'"assets":{lines(document["assets"])}',
    ]
    return "{" + ",\n".join(parts) + "}\n"


def _node(node: Any, parents: list[int], tests: list[str]) -> dict[str, Any]:
    folder = str(PurePosixPath(node.original_file_path).parent)
    return {
        "unique_id": node.unique_id,
        "name": name_of(node),
        "folder": "" if folder == "." else folder,
        "tags": sorted(set(node.tags)),
        "parents": parents,
        "tests": tests,
    }


def _nearest(shape: Graph, unique_id: str, built: Mapping[str, int]) -> set[str]:
    """The built nodes that a node reads: itself, or through what has no relation of its own."""
    found: set[str] = set()
    open_, seen = list(shape.parents.get(unique_id, ())), {unique_id}
    while open_:
        each = open_.pop()
        if each in seen:
            continue
        seen.add(each)
        if each in built:
            found.add(each)
        else:
            open_ += shape.parents.get(each, ())
    return found


def _home(manifest: Any, shape: Graph, test: str, built: Mapping[str, int]) -> str | None:
    """The node whose group a test is in: what it is defined on, or else the last of what it reads."""
    node = manifest.nodes.get(test)
    attached = getattr(node, "attached_node", None)
    if attached in built:
        return str(attached)
    read = _nearest(shape, test, built)
    return max(read, key=lambda each: (_depth(shape, each), each)) if read else None


def _depth(shape: Graph, unique_id: str) -> int:
    """How many nodes there are above one: more of them above the later of two of which one reads the other."""
    seen: set[str] = set()
    open_ = [unique_id]
    while open_:
        for each in shape.parents.get(open_.pop(), ()):
            if each not in seen:
                seen.add(each)
                open_.append(each)
    return len(seen)


def _by_exposure(exposures: Mapping[str, tuple[int, ...]], parents: Sequence[Sequence[int]]) -> list[tuple[str, ...]]:
    """For each node the exposures that it reaches."""
    reached: list[list[str]] = [[] for _ in parents]
    for name in sorted(exposures):
        open_, seen = list(exposures[name]), set(exposures[name])
        while open_:
            at = open_.pop()
            reached[at].append(name)
            further = set(parents[at]) - seen
            seen |= further
            open_ += further
    return [tuple(names) or (_ELSE,) for names in reached]


def _groups(names: Sequence[tuple[str, ...]], parents: Sequence[Sequence[int]]) -> list[dict[str, Any]]:
    """Each group with its nodes, and the groups that it comes after.

    A group comes after another if it reads it, and is not read by it, however far: there is no order in a circle, nor
    between groups that share a node.
    """
    members: dict[str, list[int]] = {}
    for at, mine in enumerate(names):
        for name in mine:
            members.setdefault(name, []).append(at)
    order = sorted(members)
    edges: networkx.DiGraph[str] = networkx.DiGraph()
    edges.add_nodes_from(order)
    shared = {(one, two) for mine in names if len(mine) > 1 for one in mine for two in mine}
    for up, down in {(names[parent], mine) for at, mine in enumerate(names) for parent in parents[at]}:
        pairs = ((above, below) for above in up for below in down)
        edges.add_edges_from(
            (above, below) for above, below in pairs if above != below and (above, below) not in shared
        )
    circle = {name: at for at, some in enumerate(networkx.strongly_connected_components(edges)) for name in some}
    return [
        {
            "name": name,
            "nodes": members[name],
            "after": sorted(above for above in edges.predecessors(name) if circle[above] != circle[name]),
        }
        for name in order
    ]


def _models(project: str, manifest: Any, built: Sequence[str], named: Sequence[str]) -> list[dict[str, Any]]:
    """Models that are assets: the public ones, and those that the settings name."""
    found = []
    for at, uid in enumerate(built):
        node = manifest.nodes[uid]
        name = name_of(node)
        public = str(getattr(node, "access", "")) == "public"
        if public or any(speaks_of(each, name, node.original_file_path, node.tags) for each in named):
            found.append(_asset(project, name, (at,), f"{uid.split('.', 1)[0]}/{name}"))
    return found


def _of_exposures(project: str, exposures: Mapping[str, tuple[int, ...]]) -> list[dict[str, Any]]:
    return [
        _asset(project, f"exposure.{name}", exposures[name], f"exposure/{name}")
        for name in sorted(exposures)
        if exposures[name]
    ]


def _asset(project: str, name: str, nodes: Sequence[int], path: str) -> dict[str, Any]:
    return {"name": f"{project}.{name}", "uri": f"dataops://{project}/{path}", "nodes": list(nodes)}
