"""Whatever some nodes lead to in a graph, of which only the part that is reached is ever looked at.

networkx would want all of it first: at 5,000 models with 10,000 tests that takes longer than to walk through all of
it here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable


def reached(roots: Iterable[str], onwards: Callable[[str], Iterable[str]]) -> set[str]:
    """The roots and whatever they lead to, however far. `onwards`: what one of them leads to at once."""
    found: set[str] = set()
    pending = list(roots)
    while pending:
        each = pending.pop()
        if each not in found:
            found.add(each)
            pending += onwards(each)
    return found
