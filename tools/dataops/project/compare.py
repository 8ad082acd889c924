"""dbt's own `state:modified`, taken apart: its sub-selectors are the reasons for which a node counts as changed."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from dbt.contracts.graph.manifest import Manifest
from dbt.exceptions import ContractBreakingChangeError
from dbt.graph.selector_methods import StateSelectorMethod

from dataops.project.difference import Change

_REASONS = {
    "modified.body": "sql",
    "modified.configs": "config",
    "modified.persisted_descriptions": "description",
    "modified.relation": "relation",
    "modified.macros": "macro",
    "modified.contract": "contract",
}


def changes(base: Manifest, head: Manifest) -> Iterator[Change]:
    """Every node that dbt holds for new, modified or removed between two parses of a project.

    A removed model with a contract would make dbt's own selector raise; here it is a change like any other.
    """
    known: set[str] = set(head.nodes) | set(head.sources) | set(head.unit_tests) | set(head.exposures)
    state: Any = SimpleNamespace(manifest=base)
    method = StateSelectorMethod(head, state, [])
    for unique_id in sorted(known):
        node = _node(head, unique_id)
        before = _node(base, unique_id)
        if before is None:
            yield Change(unique_id, "added", ("new",), node.original_file_path)
            continue
        reasons = tuple(_reasons(method, before, node, head.metadata.adapter_type or ""))
        if reasons:
            yield Change(unique_id, "modified", reasons, node.original_file_path)
    for unique_id, node in sorted(base.nodes.items()):
        if unique_id not in head.nodes and str(node.resource_type) != "operation":
            relation = node.relation_name if node.is_refable and not node.is_ephemeral_model else None
            reason = "disabled" if unique_id in head.disabled else "removed"
            yield Change(unique_id, "removed", (reason,), node.original_file_path, relation)


def _node(manifest: Manifest, unique_id: str) -> Any:
    for nodes in (manifest.nodes, manifest.sources, manifest.unit_tests, manifest.exposures):
        if unique_id in nodes:
            return nodes[unique_id]
    return None


def _reasons(method: StateSelectorMethod, before: Any, node: Any, adapter: str) -> Iterator[str]:
    kind = str(node.resource_type)
    if kind in ("source", "exposure", "unit_test"):
        if not node.same_contents(before):
            yield {"source": "source", "exposure": "exposure", "unit_test": "sql"}[kind]
        return
    found = False
    for selector, reason in _REASONS.items():
        if _differs(method, selector, before, node, adapter):
            found = True
            yield "seed" if kind == "seed" and reason == "sql" else reason
    if not found and method.check_modified_content(before, node, adapter):
        yield "config"


def _differs(method: StateSelectorMethod, selector: str, before: Any, node: Any, adapter: str) -> bool:
    if selector == "modified.macros":
        return bool(method.check_modified_macros(before, node))
    if selector == "modified.contract":
        try:
            return hasattr(node, "same_contract") and not node.same_contract(before, adapter)
        except ContractBreakingChangeError:
            return True
    compare = {
        "modified.body": "same_body",
        "modified.configs": "same_config",
        "modified.persisted_descriptions": "same_persisted_description",
        "modified.relation": "same_database_representation",
    }[selector]
    return hasattr(node, compare) and not getattr(node, compare)(before)
