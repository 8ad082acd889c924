"""What pauses hold: the paused nodes and everything that reads them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from dataops.breaker.pauses import Hold, Standing
from dataops.project.closure import reached
from dataops.project.graph import Graph


def holds(standing: Standing, graph: Graph) -> tuple[Hold, ...]:
    """Each pause in force with what it holds."""
    every = sorted({*graph.parents, *graph.children})
    return tuple(
        Hold(
            pause,
            standing.passes.get(pause.id, 0),
            tuple(every if not pause.node else sorted(downstream(graph, pause.node))),
            standing.damaged.get(pause.id, ()),
        )
        for pause in standing.pauses
    )


def held(found: Iterable[Hold]) -> frozenset[str]:
    """All that pauses hold."""
    return frozenset(uid for each in found for uid in each.holds)


def free(graph: Graph, kept: Collection[str]) -> set[str]:
    """What a build runs while `kept` is held: the rest, and the tests that read any of the rest.

    A test of held and of free nodes (a foreign key, say) has to pass on what is released together.
    """
    running = {uid for uid in graph.runnable if uid not in kept}
    for uid in graph.runnable & set(kept):
        if uid.split(".", 1)[0] == "test" and any(parent not in kept for parent in graph.parents.get(uid, ())):
            running.add(uid)
    return running


def downstream(graph: Graph, node: str) -> set[str]:
    """A node, if it is in the project, and everything that reads it, however far."""
    here = [node] if node in graph.parents or node in graph.children else []
    return reached(here, lambda each: graph.children.get(each, ()))
