"""Readers of columns that are no SQL of their own: semantic models, metrics, saved queries, exposures. Plain values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, is_dataclass
from typing import Any

_REF = re.compile(r"(?:ref|source)\s*\((?:[^()]*,)?\s*['\"]([^'\"]+)['\"]\s*\)")


@dataclass(frozen=True)
class Element:
    """A measure, dimension or entity. `sql`: what it is of its model's columns; `needs`: dimensions it rests on."""

    name: str
    kind: str
    sql: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class SemanticModel:
    """A semantic model over the node `model`. `entities`: the names by which its dimensions are reached."""

    model: str
    entities: frozenset[str]
    elements: tuple[Element, ...]


@dataclass(frozen=True)
class Request:
    """A metric or a saved query. `measures` are names, `filters` whatever it writes of dimensions and entities.

    `own`: what a metric aggregates of a semantic model's columns itself, with that model's name.
    """

    measures: frozenset[str]
    filters: tuple[str, ...]
    own: tuple[str, Element] | None = None


@dataclass(frozen=True)
class Declared:
    """By unique id. `columns`: those of each node that an exposure says it reads, where it says so."""

    semantic_models: Mapping[str, SemanticModel] = field(default_factory=dict)
    requests: Mapping[str, Request] = field(default_factory=dict)
    columns: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)


def read(manifest: Any) -> Declared:
    """All of a parsed project's."""
    models = {uid: _semantic_model(node) for uid, node in manifest.semantic_models.items() if node.depends_on.nodes}
    requests = {uid: _metric(node) for uid, node in manifest.metrics.items()}
    requests |= {uid: Request(frozenset(), (*_texts(node),)) for uid, node in manifest.saved_queries.items()}
    columns = {uid: found for uid, node in manifest.exposures.items() if (found := _referenced(node)) is not None}
    return Declared(models, requests, columns)


def keys(node: Any) -> tuple[str, ...]:
    """The columns that a snapshot's configuration reads of what it takes the history of."""
    if str(node.resource_type) != "snapshot":
        return ()
    named = (getattr(node.config, name, None) for name in ("unique_key", "updated_at", "check_cols"))
    listed = (each if isinstance(each, list | tuple) else [each] for each in named)
    return tuple(str(each) for several in listed for each in several if each and each != "all")


def _semantic_model(node: Any) -> SemanticModel:
    default = node.defaults.agg_time_dimension if node.defaults else None
    elements = [Element(each.name, "entity", each.expr or each.name) for each in node.entities]
    elements += [Element(each.name, "dimension", each.expr or each.name) for each in node.dimensions]
    for each in node.measures:
        apart = each.non_additive_dimension
        needs = (each.agg_time_dimension or default, apart and apart.name, *((apart and apart.window_groupings) or ()))
        elements.append(Element(each.name, "measure", each.expr or each.name, tuple(filter(None, needs))))
    entities = {each.name for each in node.entities if str(each.type.value) in ("primary", "unique", "natural")}
    reached = frozenset(entities | ({node.primary_entity} if node.primary_entity else set()))
    return SemanticModel(node.depends_on.nodes[0], reached, tuple(elements))


def _metric(node: Any) -> Request:
    given = node.type_params
    conversion = given.conversion_type_params
    measures = [*given.input_measures, given.measure]
    measures += [conversion.base_measure, conversion.conversion_measure] if conversion else []
    own = getattr(given, "metric_aggregation_params", None)
    element: tuple[str, Element] | None = None
    if own:
        needs = (own.agg_time_dimension,) if own.agg_time_dimension else ()
        element = (own.semantic_model, Element(node.name, "measure", own.expr or node.name, needs))
    return Request(frozenset(each.name for each in measures if each), (*_texts(node),), element)


def _texts(node: Any) -> Iterator[str]:
    """Filters, group-bys and orders, however deep."""
    asked = getattr(node, "query_params", None)
    if asked is not None:
        yield from (*asked.group_by, *getattr(asked, "order_by", ()))
    pending: list[Any] = [getattr(node, "filter", None), getattr(node, "type_params", None), asked and asked.where]
    while pending:
        each = pending.pop()
        if isinstance(each, list | tuple):
            pending.extend(each)
        elif hasattr(each, "where_sql_template"):
            yield str(each.where_sql_template)
        elif hasattr(each, "where_filters"):
            pending.extend(each.where_filters)
        elif is_dataclass(each):
            pending.extend(vars(each).values())


def _referenced(node: Any) -> dict[str, frozenset[str]] | None:
    """What an exposure's `meta.referenced_columns` says, by node; None where it says nothing that can be placed."""
    written = {**node.meta, **node.config.meta}.get("referenced_columns")
    if not isinstance(written, list) or not written:
        return None
    parents = list(node.depends_on.nodes)
    found: dict[str, set[str]] = {uid: set() for uid in parents}
    for each in written:
        if not isinstance(each, dict) or not each.get("column_name"):
            return None
        named = _REF.search(str(each.get("node", "")))
        places = [uid for uid in parents if named is None or named[1] in uid.split(".")]
        if len(places) != 1:
            return None
        found[places[0]].add(str(each["column_name"]))
    return {uid: frozenset(columns) for uid, columns in found.items()}
