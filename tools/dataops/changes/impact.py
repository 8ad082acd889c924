"""What a change reaches: everything below it, with the nearest changed ancestor as the reason."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import replace

from dataops.changes.plan import Decision, Plan, kind_of, short
from dataops.project.difference import Change
from dataops.project.graph import Graph

_TESTS = ("test", "unit_test")


def reach(graph: Graph, changed: Iterable[Change]) -> dict[str, str]:
    """Every node that may differ because of the changes, with why. Breadth first: the nearest cause is named."""
    why: dict[str, str] = {}
    queue: deque[tuple[str, str]] = deque()
    for change in changed:
        if change.kind == "removed":
            continue
        why[change.unique_id] = f"{change.kind}: {', '.join(change.reasons)}"
        queue.append((change.unique_id, change.unique_id))
    while queue:
        node, cause = queue.popleft()
        if kind_of(node) in _TESTS:
            continue
        for child in graph.children.get(node, ()):
            if child not in why:
                verb = "tests" if kind_of(child) in _TESTS else "reads"
                why[child] = f"{verb} {short(node)}" + ("" if node == cause else f", below {short(cause)}")
                queue.append((child, cause))
    return why


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
        for parent in graph.parents.get(pending.pop(), ()):
            if parent in whole or parent not in graph.runnable or parent in present:
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


def extended(plan: Plan, graph: Graph, present: Collection[str]) -> Plan:
    """The plan, with whatever it reads that production turned out not to have."""
    before = {decision.unique_id: decision.why for decision in plan.run}
    why = with_absent(graph, before, present)
    if len(why) == len(before):
        return plan
    run = tuple(Decision(node, why[node]) for node in sorted(why))
    return replace(plan, run=run, skipped=tuple(each for each in plan.skipped if each.unique_id not in why))


def draw_up(
    graph: Graph, changes: tuple[Change, ...], base: tuple[str, str], full_parse: str | None, alone: bool
) -> Plan:
    """The plan for a set of changes. `base`: kind and name of what they were compared with."""
    why = reach(graph, changes)
    exposures = tuple(sorted(short(node) for node in why if node in graph.exposures))
    if alone:
        why = with_parents(graph, why)
    run = tuple(Decision(node, why[node]) for node in sorted(why) if node in graph.runnable)
    skipped = tuple(
        Decision(node, "nothing it reads has changed") for node in sorted(graph.runnable) if node not in why
    )
    return Plan(base[0], base[1], changes, run, skipped, exposures, full_parse, alone)
