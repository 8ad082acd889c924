"""What of the semantic layer reads a column: by a measure, a dimension or an entity, and by metrics upwards."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

from dataops.project.declared import Declared, Element, Request, SemanticModel
from dataops.project.graph import Graph

_NAME = re.compile(r"['\"](\w+)['\"]")


def readers(
    declared: Declared, graph: Graph, unique_id: str, reads: Callable[[str], bool]
) -> Iterator[tuple[str, str]]:
    """Each semantic model, metric, saved query and exposure that a column of a node reaches, with the element's name.

    `reads` tells whether an expression names the column. Of an exposure, those only that rest on a metric.
    """
    for child in graph.children.get(unique_id, ()):
        model = declared.semantic_models.get(child)
        if model is None or model.model != unique_id:
            continue
        gone = {(each.kind, each.name) for each in model.elements if reads(each.sql)}
        gone |= {(each.kind, each.name) for each in model.elements if _rests(each, gone)}
        asking = _asking(declared, graph, child, model, gone, reads)
        if gone:
            yield child, min(gone)[1]
        yield from asking.items()


def _asking(
    declared: Declared,
    graph: Graph,
    model: str,
    whole: SemanticModel,
    gone: set[tuple[str, str]],
    reads: Callable[[str], bool],
) -> Mapping[str, str]:
    """Metrics, saved queries and exposures above a semantic model that ask for what is gone, or for one that does."""
    below = _above(graph, model)
    found = {
        uid: _last(uid)
        for uid, each in declared.requests.items()
        if _asks(each, uid in below, _last(model), whole, gone, reads)
    }
    pending = list(found)
    while pending:
        for reader in graph.children.get(pending.pop(), ()):
            if reader not in found:
                found[reader] = _last(reader)
                pending.append(reader)
    return {uid: found[uid] for uid in sorted(found)}


def _above(graph: Graph, model: str) -> set[str]:
    """Whatever rests on a semantic model, however far."""
    found: set[str] = set()
    pending = [model]
    while pending:
        fresh = set(graph.children.get(pending.pop(), ())) - found
        found |= fresh
        pending += fresh
    return found


def _rests(element: Element, gone: set[tuple[str, str]]) -> bool:
    return any(("dimension", name) in gone for name in element.needs)


def _asks(
    request: Request,
    below: bool,
    name: str,
    model: SemanticModel,
    gone: set[tuple[str, str]],
    reads: Callable[[str], bool],
) -> bool:
    if request.own and request.own[0] == name and (reads(request.own[1].sql) or _rests(request.own[1], gone)):
        return True
    if any(("measure", each) in gone for each in request.measures):
        return True
    for written in (each for text in request.filters for each in _NAME.findall(text)):
        parts = written.split("__")
        if any(first in model.entities and ("dimension", second) in gone for first, second in pairwise(parts)):
            return True
        # An entity joins: without its column, whoever starts from this model cannot.
        if below and any(("entity", part) in gone for part in parts):
            return True
    return False


def _last(unique_id: str) -> str:
    return unique_id.rsplit(".", maxsplit=1)[-1]
