"""What has to be built besides what changed: parents that production does not have."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from dataops.plan.plan import EMPTY, Decision, Plan, kind_of, short
from dataops.project.graph import Graph

_TESTS = ("test", "unit_test")

UNREACHED = "nothing it reads has changed"


def with_parents(graph: Graph, why: dict[str, str]) -> dict[str, str]:
    """Add all parents, with their tests: for a build that has no production data to read."""
    reason = "no production data to read it from"
    whole = dict(why)
    pending = list(why)
    while pending:
        for parent in graph.parents.get(pending.pop(), ()):
            if parent not in whole:
                whole[parent] = reason
                pending.append(parent)
                for test in graph.children.get(parent, ()):
                    if kind_of(test) in _TESTS and test not in whole:
                        whole[test] = f"tests {short(parent)}"
                        pending.append(test)
    return whole


def with_absent(graph: Graph, why: dict[str, str], present: Collection[str]) -> dict[str, str]:
    """Add the parents that production should have and has not, with their tests, as far up as need be."""
    whole = dict(why)
    pending = [node for node in why if node in graph.runnable]
    while pending:
        node = pending.pop()
        for parent in graph.parents.get(node, ()):
            if parent in whole or parent not in graph.runnable or parent in graph.empty:
                continue
            if parent in present or kind_of(parent) == "function":
                # A unit test of a model that is not built still asks what that reads for its columns.
                pending += [parent] if kind_of(node) == "unit_test" else []
                continue
            # An ephemeral parent is inlined: it needs no relation, but what it reads does.
            if parent not in graph.ephemeral:
                whole[parent] = "production does not have it yet"
            pending.append(parent)
            for test in graph.children.get(parent, ()) if parent in whole else ():
                if kind_of(test) in _TESTS and test not in whole:
                    whole[test] = f"tests {short(parent)}"
                    pending.append(test)
    return whole


def with_functions(graph: Graph, why: Mapping[str, str]) -> dict[str, str]:
    """Add the functions that are called, however deep: a build makes them for itself, as they are no relations."""
    whole = dict(why)
    pending = list(why)
    # A unit test runs the SQL of its model, whether that is built or not.
    pending += [model for node in why if kind_of(node) == "unit_test" for model in graph.parents.get(node, ())]
    while pending:
        caller = pending.pop()
        for parent in graph.parents.get(caller, ()):
            if kind_of(parent) == "function" and parent not in whole:
                whole[parent] = f"{short(caller)} calls it"
                pending.append(parent)
    return whole


def extended(plan: Plan, graph: Graph, present: Collection[str]) -> Plan:
    """The plan, with whatever it reads that production turned out not to have."""
    before = {decision.unique_id: decision.why for decision in plan.run}
    why = with_functions(graph, with_absent(graph, before, present))
    if len(why) == len(before):
        return plan
    run = tuple(Decision(node, why[node]) for node in sorted(why))
    skipped = tuple(each for each in plan.skipped if each.unique_id not in why)
    return replace(plan, run=run, skipped=skipped, inlined=tuple(sorted(graph.ephemeral.intersection(why))))


def divided(
    graph: Graph, why: Mapping[str, str], left: Mapping[str, str], alone: bool
) -> tuple[tuple[Decision, ...], tuple[Decision, ...]]:
    """What runs and what does not, of all that can, each with its reason."""
    whole = dict(why)
    if alone:
        whole = with_parents(graph, {node: each for node, each in whole.items() if node in graph.runnable})
    whole = with_functions(graph, {node: each for node, each in whole.items() if node in graph.runnable})
    runs = graph.runnable.intersection(whole) - graph.empty
    run = tuple(Decision(node, whole[node]) for node in sorted(runs))
    reasons = {**left, **dict.fromkeys(graph.empty, EMPTY)}
    skipped = tuple(Decision(node, reasons.get(node, UNREACHED)) for node in sorted(graph.runnable - runs))
    return run, skipped
