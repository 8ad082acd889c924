"""The nodes of invocations that were shown before, kept in a file: what has ended is not looked at again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from pathlib import Path

from dataops.memory import keep, recall
from dataops.observe.site.facts import SHOWN, NodeRun, Run

Shown = Mapping[str, tuple[NodeRun, ...]]
"""By `key` of their run."""

_FORMAT = [str(SHOWN), *(each.name for each in fields(NodeRun))]


def key(run: Run) -> str:
    """Another one once more is known of a run."""
    return f"{run.key} {sum(run.counts.values())}"


def read(path: Path) -> Shown:
    """What was kept; nothing where it is not what this version writes."""
    try:
        kept = recall(path)
        if kept["format"] != _FORMAT:
            return {}
        return {key: tuple(_node(*row) for row in rows) for key, rows in kept["runs"].items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}


def write(path: Path, runs: tuple[Run, ...], before: Shown) -> None:
    """Keep the nodes of runs that have ended, and no others. `before`: what is kept."""
    made = {key(run): run.nodes for run in runs if run.nodes is not None and run.status != "running"}
    if made.keys() == before.keys():
        return
    rows = {name: [list(vars(node).values()) for node in nodes] for name, nodes in made.items()}
    keep(path, json.dumps({"format": _FORMAT, "runs": rows}, default=datetime.isoformat))


def _node(
    key: str,
    name: str,
    kind: str,
    status: str,
    started: str,
    seconds: float,
    lane: str,
    rows: int | None,
    message: str,
    critical: bool,
) -> NodeRun:
    return NodeRun(key, name, kind, status, datetime.fromisoformat(started), seconds, lane, rows, message, critical)
