"""What a retry builds again: what failed or never ran, what a failed test is about, and all that reads any of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from dataops.engines.beside import adds
from dataops.project import statuses
from dataops.project.closure import reached
from dataops.project.dependencies import is_dbt_own
from dataops.project.graph import Graph, name_of
from dataops.project.outcome import NodeResult

_TESTS = ("test", "unit_test")
_ATOMIC = ("incremental", "snapshot")
"""Materializations of dbt's own that change what is there in one transaction."""


def again(graph: Graph, planned: Collection[str], results: Iterable[NodeResult]) -> frozenset[str]:
    """Of what was `planned`, all that a release needs to have run after what went wrong was mended at its source.

    In doubt it is in here. What a failed test reads is built again, since its rows may be others by now; so is the
    model of a unit test.
    """
    good = {each.unique_id for each in results if each.status in statuses.GOOD}
    roots = {uid for uid in planned if uid not in good}
    for test in [uid for uid in roots if uid.split(".", 1)[0] in _TESTS]:
        failed = any(each.unique_id == test and each.failed for each in results)
        if failed or test.startswith("unit_test."):
            roots |= _read(graph, test)
    return frozenset(reached(roots, lambda uid: graph.children.get(uid, ()))) & frozenset(planned)


def _read(graph: Graph, test: str) -> set[str]:
    """What a test reads; of an ephemeral model, which has no rows of its own, what that reads as well."""
    return reached(
        graph.parents.get(test, ()), lambda uid: graph.parents.get(uid, ()) if uid in graph.ephemeral else ()
    )


def twice(
    manifest: Any, chosen: Collection[str], results: Iterable[NodeResult], is_full_refresh: bool, compiled: Any
) -> str:
    """Why some of the chosen nodes must not be built again where they were built already; empty where all can be.

    What adds to its rows would have those of this run twice. `compiled`: the nodes as the first run left them, as JSON.
    The engine is one on which a statement that fails leaves nothing (`Capabilities.reopens`).
    """
    ended = {each.unique_id: each for each in results}
    for uid in sorted(chosen):
        node, result = manifest.nodes.get(uid), ended.get(uid)
        if node is None or uid.split(".", 1)[0] in _TESTS or (result and result.status in statuses.SKIPPED):
            continue
        kind = "a snapshot" if uid.startswith("snapshot.") else str(node.config.materialized)
        if adds(node, is_full_refresh):
            if result is None:
                return f"whether {name_of(node)} was built in it is not known, and it is {kind}"
            if result.status != "error" or not _left_nothing(manifest, node):
                return f"{name_of(node)} is {kind} and was already built in it"
        elif _reads_itself(node, compiled.get(uid, {}).get("compiled_code") or ""):
            return f"{name_of(node)} reads its own rows and was already built in it"
    return ""


def _reads_itself(node: Any, compiled: str) -> bool:
    if node.language != "sql":
        # What was compiled names it in any case.
        return "this" in node.raw_code
    return bool(node.relation_name) and node.relation_name in compiled


def _left_nothing(manifest: Any, node: Any) -> bool:
    """Whether a node that failed changed nothing: all that it does is one transaction of dbt's own making."""
    config = node.config
    kind = str(config.materialized)
    if kind not in _ATOMIC or getattr(config, "incremental_strategy", None) == "microbatch":
        return False
    if node.language != "sql" or config.pre_hook or config.post_hook:
        return False
    adapter = str(manifest.metadata.adapter_type)
    macro = manifest.find_materialization_macro_by_name(manifest.metadata.project_name, kind, adapter)
    return macro is not None and is_dbt_own(macro.unique_id)
