"""A run of dbt: the parse that it starts from, who is told of it, what it says of a node, what it leaves behind."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from dbt.adapters.base import impl
from dbt.contracts.graph.manifest import Manifest
from dbt_common.events.base_types import EventMsg

from dataops.project.graph import name_of
from dataops.project.outcome import NOTHING_LOADED, Age, NodeResult, Outcome
from dataops.project.profiles import Target

# dbt extends this list of its own by the flags of each adapter that it makes, and every later adapter pays for all of
# them (docs/upstream.md). A dbt without such a list has nothing to mend.
_FLAGS: list[Any] = getattr(impl, "DEFAULT_BASE_BEHAVIOR_FLAGS", [])
_OWN_FLAGS = len(_FLAGS)

_ANSI = re.compile(r"\x1b\[[0-9;]*m")

# Spark's servers answer with their whole stack.
_FRAME = re.compile(r"^[ \t]*at [\w.$/<>]+\([^()\n]*\)[ \t]*\n?", re.MULTILINE)

OnEvent = Callable[[EventMsg], None]


@dataclass(frozen=True)
class Parsed:
    """A parsed project. `full`: why dbt had to parse every file, None when it reused an earlier parse."""

    manifest: Manifest
    target: Target
    seconds: float
    full: str | None
    cache: Path


class Watcher(Protocol):
    """Told of every run of nodes in a project. What it raises stops the run."""

    def began(self, command: str, target: Target, parsed: Parsed | None, manifest: Manifest, words: list[str]) -> None:
        """A run begins: of `manifest`, which may be a slice of what was last parsed under its target."""

    def happened(self, event: EventMsg) -> None:
        """Dbt tells something, in whichever of its threads."""

    def ended(self, outcome: Outcome) -> None:
        """It ran to its end, with failures or without; no word of it if it could not, or was stopped."""


def let_go() -> None:
    """End what an adapter leaves in the process: the next one costs what the first did.

    DuckDB's file, which dbt-duckdb leaves open, is closed: the next step renames, copies or removes it.
    """
    del _FLAGS[_OWN_FLAGS:]
    connections = sys.modules.get("dbt.adapters.duckdb.connections")
    if connections is not None:
        connections.DuckDBConnectionManager.close_all_connections()


def with_cause(result: NodeResult, batches: Mapping[str, str]) -> NodeResult:
    """The result of a microbatch model with the error of the first batch that failed."""
    cause = batches.get(result.unique_id)
    if cause is None or cause in result.message:
        return result
    return replace(result, message=f"{result.message}: {cause.removeprefix('Exception on worker thread. ')}")


def node_result(result: Any, located: Callable[[str, str], str]) -> NodeResult:
    """What dbt says of one node; `located` tells where its file is, by unique id and dbt's path."""
    node = result.node
    loaded = getattr(result, "max_loaded_at", None)
    # Of a source without rows dbt says the year 1.
    age = Age(loaded, result.snapshotted_at, result.age) if loaded is not None and loaded.year > 1 else None
    message = result.message or ("" if loaded is None or age else NOTHING_LOADED)
    attached = getattr(node, "attached_node", None) or getattr(node, "tested_node_unique_id", None)
    return NodeResult(
        unique_id=node.unique_id,
        name=name_of(node),
        kind=str(node.resource_type),
        status=str(result.status),
        message=_FRAME.sub("", _ANSI.sub("", str(message))).strip(),
        seconds=float(result.execution_time),
        failures=result.failures,
        file=located(node.unique_id, node.original_file_path),
        tested=attached,
        age=age,
    )
