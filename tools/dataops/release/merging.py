"""dbt's artifacts of a first run and of one that built a part of it again, as one run of all would have left them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dataops.project.outcome import NodeResult
from dataops.project.slices import STAND_IN


def results(first: tuple[NodeResult, ...], second: tuple[NodeResult, ...]) -> tuple[NodeResult, ...]:
    """The newer result of each node, in the order in which they ended."""
    newer = {each.unique_id for each in second}
    return (*(each for each in first if each.unique_id not in newer), *second)


def manifests(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """The whole manifest of the first run, in which what a slice of it was compiled to is as the second left it."""
    nodes = {uid: _newer(node, second["nodes"].get(uid)) for uid, node in first["nodes"].items()}
    return {**first, "metadata": second["metadata"], "nodes": nodes}


def _newer(before: Mapping[str, Any], now: Mapping[str, Any] | None) -> Mapping[str, Any]:
    # What a slice has only to be read is cut down.
    return before if now is None or not now.get("compiled") or STAND_IN in now.get("tags", ()) else now


def runs(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """The results of both as dbt's `run_results.json`, of the command that built all."""
    newer = {each["unique_id"] for each in second["results"]}
    kept = [each for each in first["results"] if each["unique_id"] not in newer]
    return {
        **first,
        "metadata": second["metadata"],
        "results": [*kept, *second["results"]],
        "elapsed_time": first["elapsed_time"] + second["elapsed_time"],
    }


def recompiled(manifest: Any, stored: Mapping[str, Any]) -> None:
    """Let the nodes of a parse hold the SQL that `stored`, a manifest as JSON, has of them."""
    for uid, node in manifest.nodes.items():
        code = stored["nodes"].get(uid, {}).get("compiled_code")
        if code is not None and hasattr(node, "compiled_code"):
            node.compiled, node.compiled_code = True, code
