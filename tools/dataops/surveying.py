"""What is asked of the warehouse for the history once a run has ended."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dataops import statuses
from dataops.checks.personal import Personal
from dataops.checks.taint import ANY
from dataops.observe.history import afterwards
from dataops.observe.history.records import Record, Sample
from dataops.project.outcome import NodeResult, Outcome
from dataops.project.profiles import Target
from dataops.project.session import Project
from dataops.project.slices import places
from dataops.review import offending
from dataops.warehouse import Warehouse, connect


@dataclass(frozen=True)
class Surveyed:
    """A run that has ended. `whole`: the project's manifest, of which `manifest` may be a slice."""

    invocation_id: str
    target: Target
    whole: Any
    manifest: Any
    outcome: Outcome


def survey(project: Project, run: Surveyed, samples: int) -> Iterator[Record]:
    """The points of monitors, at most `samples` failing rows of each other test, and the columns of what was built."""
    manifest, results = run.manifest, run.outcome.results
    made = afterwards.built(places(manifest), results)
    watching = afterwards.monitors(manifest, results)
    failing = [each for each in results if each.unique_id not in watching and _has_rows(manifest, each) and samples]
    if not made and not watching and not failing:
        return
    watched = [node.attached_node for node in watching.values() if node.attached_node]
    personal = _personal(run, [*watched, *(each.unique_id for each in failing)])
    with connect(project, run.target, manifest) as warehouse:
        yield from afterwards.points(warehouse, run.invocation_id, watching, personal)
        yield from _samples(warehouse, run, failing, personal, samples)
        yield from afterwards.relations(warehouse, run.invocation_id, made)


def _has_rows(manifest: Any, result: NodeResult) -> bool:
    node = manifest.nodes.get(result.unique_id)
    return result.kind == "test" and result.status in statuses.OFFENDING and bool(getattr(node, "compiled_code", None))


def _personal(run: Surveyed, wanted: Sequence[str]) -> dict[str, frozenset[str]]:
    """Personal columns by node. Those of a slice whose whole is not known are all personal: tags lie further up."""
    if run.whole is None:
        return {unique_id: frozenset({ANY}) for unique_id in wanted}

    def sql(unique_id: str) -> str | None:
        for manifest in (run.manifest, run.whole):
            code = getattr(manifest.nodes.get(unique_id), "compiled_code", None)
            if code:
                return str(code)
        return None

    return Personal(run.whole, sql).columns(wanted)


def _samples(
    warehouse: Warehouse,
    run: Surveyed,
    failing: Iterable[NodeResult],
    personal: dict[str, frozenset[str]],
    most: int,
) -> Iterator[Sample]:
    failing = list(failing)
    compiled = {each.unique_id: str(run.manifest.nodes[each.unique_id].compiled_code) for each in failing}
    for found in offending.rows(warehouse, failing, compiled, {}, personal, most):
        for number, row in enumerate(found.rows, 1):
            shown = {name: value for name, value in zip(found.columns, row, strict=True) if name not in found.hidden}
            text = json.dumps(shown, ensure_ascii=False)
            yield Sample(run.invocation_id, found.unique_id, number, text, found.hidden)
