"""Whatever a change can reach runs, nothing else does, and each reason names a real parent: on any graph."""

from __future__ import annotations

import re
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from dataops.plan.effects import Effects, Facts, follow
from dataops.plan.impact import divided, with_parents
from dataops.plan.plan import short
from dataops.plan.reasons import COMPILE, Reason
from dataops.project.compiled import CompiledSql
from dataops.project.difference import Change
from dataops.project.graph import Graph
from dataops.project.outcome import RUNNABLE

KINDS = ("model", "model", "model", "seed", "snapshot", "source", "test", "unit_test", "exposure")
LEAVES = ("test", "unit_test", "exposure")


class World(NamedTuple):
    graph: Graph
    changes: tuple[Change, ...]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A graph without cycles in which tests and exposures are leaves, and changes to some of its nodes."""
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=6, max_size=20))
    nodes: list[str] = []
    parents: dict[str, tuple[str, ...]] = {}
    for number, kind in enumerate(kinds):
        node = f"{kind}.shop.n{number}" + (".aaaaaaaaaa" if kind == "test" else "")
        above = [each for each in nodes if each.split(".")[0] not in LEAVES]
        most = 0 if kind in ("seed", "source") else 1 if kind == "unit_test" else 4
        parents[node] = (
            tuple(
                draw(
                    st.lists(
                        st.sampled_from(above),
                        min_size=min(most, draw(st.integers(0, 4))) and 1,
                        max_size=most,
                        unique=True,
                    )
                )
            )
            if above
            else ()
        )
        nodes.append(node)
    children: dict[str, list[str]] = {}
    for child, above in parents.items():
        for parent in above:
            children.setdefault(parent, []).append(child)
    graph = Graph(
        {parent: tuple(sorted(below)) for parent, below in children.items()},
        parents,
        frozenset(node for node in nodes if node.split(".")[0] in RUNNABLE),
        frozenset(),
        frozenset(node for node in nodes if node.startswith("exposure.")),
    )
    changed = draw(st.lists(st.sampled_from(nodes), min_size=1, max_size=4, unique=True))
    kind = st.sampled_from(["added", "modified"])
    changes = [Change(node, draw(kind), ("sql",), "file") for node in changed]
    changes += [Change("model.shop.gone", "removed", ("removed",), "file")] * draw(st.integers(0, 1))
    return World(graph, tuple(changes))


def reachable(graph: Graph, roots: set[str]) -> set[str]:
    """The textbook definition, from every node's parents: nothing in common with the code under test."""
    found = set(roots)
    while True:
        more = {node for node, above in graph.parents.items() if set(above) & found} - found
        if not more:
            return found
        found |= more


def roots(world: World) -> set[str]:
    return {change.unique_id for change in world.changes if change.kind != "removed"}


def followed(world: World) -> Effects:
    """What the changes reach where nothing is known of any SQL."""
    facts = Facts(
        world.graph, "duckdb", CompiledSql(), nothing, {}, nothing, nothing, lambda _: False, world.graph.parents.get
    )
    return follow(facts, {node: (Reason("sql", "", COMPILE),) for node in roots(world)})


def nothing(_: str) -> None:
    return None


@given(worlds())
def test_reach_is_everything_below_and_nothing_else(world: World) -> None:
    runnable = world.graph.runnable
    assert set(followed(world).run) & runnable == reachable(world.graph, roots(world)) & runnable


@given(worlds())
def test_every_reason_is_true(world: World) -> None:
    why = followed(world).run
    for node, reason in why.items():
        if node in roots(world):
            continue
        verb, rest = reason.split(" ", 1)
        assert verb == ("tests" if node.split(".")[0] in ("test", "unit_test") else "reads")
        named = re.split(r", | and ", rest)[0]
        assert named in {short(each) for each in world.graph.parents[node]}


@given(worlds())
def test_with_parents_can_be_built_from_nothing(world: World) -> None:
    why = followed(world).run
    whole = with_parents(world.graph, why)
    assert why.items() <= whole.items()
    assert all(set(world.graph.parents[node]) <= set(whole) for node in whole)
    for node in set(whole) - set(why):
        if node.split(".")[0] in ("test", "unit_test"):
            assert (
                whole[node]
                == f"tests {short(next(p for p in world.graph.parents[node] if whole[node].endswith(short(p))))}"
            )
        else:
            assert any(node in world.graph.parents[child] for child in whole)


@given(worlds(), st.booleans())
def test_the_plan_divides_what_can_run(world: World, alone: bool) -> None:
    run, skipped = divided(world.graph, followed(world).run, {}, alone)
    run, skipped = ({each.unique_id for each in side} for side in (run, skipped))
    assert run | skipped == world.graph.runnable
    assert not run & skipped
    below = reachable(world.graph, roots(world))
    assert below & world.graph.runnable <= run
    if not alone:
        assert run == below & world.graph.runnable
