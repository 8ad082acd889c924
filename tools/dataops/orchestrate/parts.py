"""The parts of a project that an orchestrator's graph shows: the groups of its index, or each of its nodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

By = Literal["folder", "tag", "exposure", "model"]


@dataclass(frozen=True)
class Part:
    """A group of nodes. `tests` by the node that they are told with; `after`: names of the parts that it reads."""

    name: str
    label: str
    after: tuple[str, ...]
    tests: Mapping[str, tuple[str, ...]]


def parts(index: Mapping[str, Any], by: By) -> list[Part]:
    """All parts of an index, in the order of their names.

    Raises:
        ValueError: there is no such grouping, or nothing to group.
    """
    if by not in get_args(By):
        raise ValueError(f"by is {by!r}: give one of {', '.join(map(repr, get_args(By)))}")
    nodes = index["nodes"]
    if not nodes:
        raise ValueError("the index has no nodes: write it anew with `dataops orchestrate index`")
    if by == "model":
        names = [node["unique_id"] for node in nodes]
        return [
            Part(name, node["name"], tuple(names[at] for at in node["parents"]), {name: tuple(node["tests"])})
            for name, node in zip(names, nodes, strict=True)
        ]
    return [
        Part(
            group["name"],
            group["name"],
            tuple(group["after"]),
            {nodes[at]["unique_id"]: tuple(nodes[at]["tests"]) for at in group["nodes"]},
        )
        for group in index["groups"][by]
    ]
