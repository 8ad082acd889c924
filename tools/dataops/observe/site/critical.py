"""The critical path of an invocation: the chain of nodes whose ends the last one had to wait for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from dataops.observe.site.facts import NodeRun


def marked(nodes: Iterable[NodeRun], waits: Callable[[str], Iterable[str]]) -> tuple[NodeRun, ...]:
    """The nodes in order of their start, those on the critical path marked.

    It is walked backwards from the node that ended last: each time to whichever of those that it waits for ended last,
    as in the critical path method (Kelley and Walker, 1959) with the times that were taken instead of planned ones.
    """
    ran = {node.key: node for node in nodes}
    path: set[str] = set()
    here = max(ran.values(), key=_end, default=None)
    while here is not None and here.key not in path:
        path.add(here.key)
        before = [ran[key] for key in waits(here.key) if key in ran and ran[key].started <= here.started]
        here = max(before, key=_end, default=None)
    ordered = sorted(ran.values(), key=lambda node: (node.started, node.key))
    return tuple(replace(node, critical=True) if node.key in path else node for node in ordered)


def waiting(manifest: Mapping[str, Any], tests: Mapping[str, Iterable[str]]) -> Callable[[str], list[str]]:
    """What a node waits for in `dbt build`: its parents, and their tests, which are given by what they test."""

    def waits(key: str) -> list[str]:
        node = manifest.get("nodes", {}).get(key) or manifest.get("unit_tests", {}).get(key) or {}
        parents = node.get("depends_on", {}).get("nodes", ())
        if key.startswith(("test.", "unit_test.")):
            return list(parents)
        return [*parents, *(test for up in parents for test in tests.get(up, ()))]

    return waits


def _end(node: NodeRun) -> datetime:
    return node.started + timedelta(seconds=node.seconds)
