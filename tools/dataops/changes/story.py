"""One node's whole story: what it reads, which of that differs, what differs above it, and the decision."""

from __future__ import annotations

from collections.abc import Mapping

from dataops.changes.effects import Effects
from dataops.changes.plan import Plan, Story, kind_of, short
from dataops.changes.reasons import Comparison, Reason
from dataops.errors import SettingsError
from dataops.project.graph import Graph
from dataops.project.jinja import GRAPH, INTROSPECTIVE, TARGET, VOLATILE

_ASIDE = {
    VOLATILE: "the moment of compiling",
    INTROSPECTIVE: "the warehouse",
    TARGET: "where it is built",
    GRAPH: "the whole graph",
}


def tell(
    name: str,
    plan: Plan,
    comparison: Comparison,
    reasons: Mapping[str, tuple[Reason, ...]],
    effects: Effects,
    graph: Graph,
) -> Story:
    """The story of a node, named as people say it or by its unique id.

    Raises:
        SettingsError: no node has that name, or several have.
    """
    nodes = comparison.after.nodes
    found = [uid for uid in nodes if uid == name] or [uid for uid in nodes if short(uid) == name]
    models = [uid for uid in found if kind_of(uid) not in ("test", "unit_test")]
    found = models if len(models) == 1 else found
    if len(found) != 1:
        message = f"{name} could be {', '.join(found[:5])}" if found else f"the project has no node {name}"
        raise SettingsError(message, "name it as the plan does, or by its unique id")
    unique_id = found[0]
    decisions = {each.unique_id: each.why for each in plan.run}
    why = decisions.get(unique_id) or {each.unique_id: each.why for each in plan.skipped}.get(unique_id, "is not built")
    own, building = comparison.dependencies.text(unique_id), comparison.dependencies.building(unique_id)
    parents = graph.parents.get(unique_id, ())
    reads = {
        "nodes": tuple(short(each) for each in parents),
        "macros": tuple(sorted(each.split(".", 1)[1] for each in own.macros | building.macros)),
        "variables": tuple(sorted(own.variables | building.variables)),
        "environment": tuple(sorted(own.environment | building.environment)),
        "besides": tuple(words for flag, words in _ASIDE.items() if own.flags & flag),
    }
    differs = effects.differences.get(unique_id)
    return Story(
        unique_id,
        nodes[unique_id].file,
        unique_id in decisions,
        why,
        tuple((kind, names) for kind, names in reads.items() if names),
        tuple(f"{each.kind} {each.detail}".strip() for each in reasons.get(unique_id, ())),
        differs.why if differs else "",
        tuple((short(each), effects.differences[each].why) for each in parents if each in effects.differences),
    )
