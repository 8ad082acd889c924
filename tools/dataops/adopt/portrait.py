"""A project in figures that its lead would ask for: models, tests, documentation, lint, and where the time goes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataops.diff import keys

TOP = "at the top"
"""The layer of models that are in no folder."""


@dataclass(frozen=True)
class Portrait:
    """Of the project itself, without its packages. `keyed`: models with a key that the project itself states.

    `slowest`: nodes of dbt's last run with their seconds, the slowest first, empty where there was none.
    """

    layers: tuple[tuple[str, int], ...]
    materializations: tuple[tuple[str, int], ...]
    others: tuple[str, ...]
    tests: int
    unit_tests: int
    tested: int
    keyed: int
    described: int
    columns: int
    columns_described: int
    slowest: tuple[tuple[str, float], ...]

    @property
    def models(self) -> int:
        """How many there are."""
        return sum(count for _, count in self.layers)


def portrait(manifest: Any, project: str, target: Path) -> Portrait:
    """Draw it from a parsed manifest. `target`: the folder of dbt's artifacts."""
    own = [node for node in manifest.nodes.values() if node.package_name == project]
    models = [node for node in own if str(node.resource_type) == "model"]
    tests = [node for node in own if str(node.resource_type) == "test"]
    units = [each for each in manifest.unit_tests.values() if each.package_name == project]
    on: dict[str, list[Any]] = {}
    for test in tests:
        for unique_id in {getattr(test, "attached_node", None) or "", *_only(test)}:
            on.setdefault(unique_id, []).append(test)
    tried = {*on, *(unit.depends_on.nodes[0] for unit in units if unit.depends_on.nodes)}
    columns = [column for model in models for column in model.columns.values()]
    sources = [f"source.{uid}" for uid, each in manifest.sources.items() if each.package_name == project]
    others = [node.unique_id for node in own if str(node.resource_type) in ("seed", "snapshot")]
    return Portrait(
        layers=_counted(_layer(model) for model in models),
        materializations=_counted(str(model.config.materialized) for model in models),
        others=(*others, *sources),
        tests=len(tests),
        unit_tests=len(units),
        tested=sum(model.unique_id in tried for model in models),
        keyed=sum(bool(keys.chosen(model, on.get(model.unique_id, ())).columns) for model in models),
        described=sum(bool(model.description.strip()) for model in models),
        columns=len(columns),
        columns_described=sum(bool(column.description.strip()) for column in columns),
        slowest=_slowest(target / "run_results.json", manifest.nodes),
    )


def _only(test: Any) -> list[str]:
    """The one node that a singular test is about."""
    reads = test.depends_on.nodes
    return list(reads) if len(reads) == 1 else []


def _layer(model: Any) -> str:
    """The folder of the models that a model is in, such as `staging`."""
    return str(model.fqn[1]) if len(model.fqn) > 2 else TOP


def _counted(names: Any) -> tuple[tuple[str, int], ...]:
    return tuple(Counter(names).most_common())


def _slowest(results: Path, nodes: Mapping[str, Any]) -> tuple[tuple[str, float], ...]:
    """From a file that any dbt may have written, and that may be half a file: what cannot be read is no run."""
    try:
        ran = json.loads(results.read_text(encoding="utf-8"))["results"]
        timed = [(str(each["unique_id"]), float(each["execution_time"])) for each in ran]
    except (OSError, ValueError, KeyError, TypeError):
        return ()
    ranked = sorted((each for each in timed if each[0] in nodes), key=lambda each: -each[1])
    return tuple((nodes[unique_id].name, seconds) for unique_id, seconds in ranked[:3])
