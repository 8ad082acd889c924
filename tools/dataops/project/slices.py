"""A manifest that holds only what a run needs, in which unchanged parents are production's own relations.

dbt's work per command grows with the manifest it is given (edges, cycle search, artifacts). A slice of the selected
nodes and their direct parents keeps it proportional to the change.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dbt.contracts.graph.manifest import Manifest

from dataops.project.closure import reached
from dataops.project.graph import functions

STAND_IN = "dataops_stand_in"
"""Tag of nodes that are in a slice only to be read; runs exclude it."""

WHOLE = ("--select", "fqn:*")
"""Runs all of a manifest: given a choice, dbt does not take the default selector of selectors.yml."""

SOURCES = ("--select", "source:*")
"""The same of sources."""

_GRAPH = re.compile(r"\bgraph\b|\bselected_resources\b")
_GRAPHED = {"exposures", "metrics", "semantic_models", "saved_queries", "unit_tests"}
_DBT_OWN = re.compile(r"^macro\.dbt(_\w+)?\.")


def exactly(manifest: Manifest) -> tuple[str, ...]:
    """The options that run exactly the chosen nodes of a slice.

    What is there to be read is excluded, where there is any: dbt warns of a choice that nothing matches, and
    `--warn-error` makes that an error. `empty`: excluding a parent must not exclude the tests that read it.
    """
    every = (*manifest.nodes.values(), *functions(manifest).values())
    excluded = ("--exclude", f"tag:{STAND_IN}") if any(STAND_IN in each.tags for each in every) else ()
    return (*WHOLE, *excluded, "--indirect-selection", "empty")


def default_selector(manifest: Manifest) -> str:
    """The selector of selectors.yml that dbt takes where nothing is chosen; empty when it takes all."""
    return next((name for name, each in manifest.selectors.items() if each.get("default") is True), "")


@dataclass(frozen=True)
class Place:
    """Where a node's relation lives. `table` is false for what is no table (a view, or nothing at all)."""

    database: str | None
    schema: str
    identifier: str
    kind: str
    materialized: str
    name: str

    @property
    def table(self) -> bool:
        """Whether the relation stores rows of its own."""
        return self.materialized not in ("view", "ephemeral", "")

    def __str__(self) -> str:
        return ".".join(part for part in (self.database, self.schema, self.identifier) if part)


def places(manifest: Manifest, with_failures: bool = False) -> dict[str, Place]:
    """The relation of every model, seed, snapshot and source of a parsed project, by unique id.

    `with_failures` adds the tables in which tests store their failing rows.
    """
    found: dict[str, Place] = {}
    for unique_id, node in manifest.nodes.items():
        stored = with_failures and str(node.resource_type) == "test" and node.is_relational
        if stored or (node.is_refable and not node.is_ephemeral_model):
            materialized = str(node.config.materialized)
            found[unique_id] = Place(
                node.database, node.schema, node.alias, str(node.resource_type), materialized, node.name
            )
    for unique_id, source in manifest.sources.items():
        found[unique_id] = Place(source.database, source.schema, source.identifier, "source", "", source.name)
    return found


def cut(head: Manifest, run: Collection[str], standing_in: Mapping[str, Place]) -> Manifest:
    """The slice of `head` that runs the nodes `run`, reading every other parent where `standing_in` says it is.

    Nodes of `head` are copied, never changed. A project whose macros look at the whole `graph` gets all of it.
    """
    chosen = set(run)
    whole = reads_graph(head, chosen)
    wanted = set(head.nodes) if whole else _needed(head, chosen)
    nodes = {}
    for unique_id in sorted(wanted):
        node = copy.deepcopy(head.nodes[unique_id])
        if unique_id not in chosen and str(node.resource_type) != "operation" and not node.is_ephemeral_model:
            node.tags = [*node.tags, STAND_IN]
            if not whole and node.depends_on_nodes:
                node.depends_on.nodes = []
            if unique_id in standing_in:
                _move(node, standing_in[unique_id])
        nodes[unique_id] = node
    sources = {}
    for unique_id, source in head.sources.items():
        moved = copy.deepcopy(source)
        if unique_id in standing_in:
            _move(moved, standing_in[unique_id])
        sources[unique_id] = moved
    manifest = Manifest(
        nodes=nodes,
        sources=sources,
        macros=head.macros,
        docs=head.docs,
        groups=head.groups,
        selectors=head.selectors,
        metadata=head.metadata,
        unit_tests={
            unique_id: copy.deepcopy(test) for unique_id, test in head.unit_tests.items() if unique_id in chosen
        },
        fixtures=head.fixtures,
        disabled=head.disabled,
        env_vars=head.env_vars,
        files=head.files if whole else {},
    )
    if functions(head):
        manifest.functions = head.functions if whole else _called(head, chosen)
    if whole:
        # What macros see as `graph`. dbt builds it while parsing, and not for a manifest that it is given.
        manifest.build_flat_graph()
        for kind in _GRAPHED & manifest.flat_graph.keys():
            manifest.flat_graph[kind] = {
                uid: node.to_dict(omit_none=False) for uid, node in getattr(head, kind).items()
            }
    return manifest


def leave_functions(manifest: Manifest, chosen: Collection[str]) -> None:
    """Let the functions of a slice that are not chosen be read only."""
    found = {uid: copy.deepcopy(each) for uid, each in functions(manifest).items()}
    for uid, each in found.items():
        each.tags = each.tags if uid in chosen else [*each.tags, STAND_IN]
    if found:
        manifest.functions = found


def uncompiled(manifest: Manifest) -> Manifest:
    """A slice whose nodes dbt compiles anew: what an earlier run of their originals left in them is taken away."""
    for node in manifest.nodes.values():
        if getattr(node, "compiled", False):
            node.compiled, node.compiled_code = False, None
            node.extra_ctes, node.extra_ctes_injected = [], False
    return manifest


def _needed(head: Manifest, chosen: set[str]) -> set[str]:
    """The chosen nodes, hooks, direct parents, and whatever is inlined into them: ephemeral models, however deep."""
    wanted = {node for node in chosen if node in head.nodes}
    wanted |= {node.unique_id for node in head.nodes.values() if str(node.resource_type) == "operation"}
    pending = list(wanted)
    pending += [test.depends_on.nodes[0] for uid, test in head.unit_tests.items() if uid in chosen]
    wanted |= {unique_id for unique_id in pending if unique_id in head.nodes}
    while pending:
        node = head.nodes.get(pending.pop())
        for parent in node.depends_on_nodes if node is not None else ():
            if parent in wanted or parent not in head.nodes:
                continue
            wanted.add(parent)
            if head.nodes[parent].is_ephemeral_model:
                pending.append(parent)
    return wanted


def _called(head: Manifest, chosen: Collection[str]) -> dict[str, Any]:
    """The functions that are chosen, and those that chosen nodes call, however deep: a run makes them for itself."""
    known = functions(head)

    def called(unique_id: str) -> list[str]:
        node = head.nodes.get(unique_id) or known.get(unique_id)
        return [each for each in node.depends_on_nodes if each in known] if node is not None else []

    tested = [head.unit_tests[uid].depends_on.nodes[0] for uid in chosen if uid in head.unit_tests]
    return {each: known[each] for each in sorted(reached([*chosen, *tested], called)) if each in known}


def reads_graph(head: Manifest, chosen: Iterable[str]) -> bool:
    """Whether some nodes, hooks, or a macro of the project that these reach look at dbt's whole `graph`."""
    hooks = [node.unique_id for node in head.nodes.values() if str(node.resource_type) == "operation"]
    nodes = [head.nodes[unique_id] for unique_id in [*chosen, *hooks] if unique_id in head.nodes]
    return any(_GRAPH.search(node.raw_code) for node in nodes) or any(
        _GRAPH.search(macro.macro_sql) for macro in macros_reached(head, nodes)
    )


def macros_reached(head: Manifest, nodes: Iterable[Any]) -> list[Any]:
    """The macros, other than dbt's own, that nodes call, and those that these call."""

    def ours(names: Iterable[str]) -> list[str]:
        return [name for name in names if name in head.macros and not _DBT_OWN.match(name)]

    called = ours(name for node in nodes for name in node.depends_on.macros)
    reach = reached(called, lambda name: ours(head.macros[name].depends_on.macros))
    return [head.macros[name] for name in sorted(reach)]


def _move(node: object, place: Place) -> None:
    """Let a node stand for a relation elsewhere: `ref()` and `source()` then resolve to that one."""
    node.database, node.schema, node.relation_name = place.database, place.schema, None  # type: ignore[attr-defined]
    if place.kind == "source":
        node.identifier = place.identifier  # type: ignore[attr-defined]
    else:
        node.alias = place.identifier  # type: ignore[attr-defined]
