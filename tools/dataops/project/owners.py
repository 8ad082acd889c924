"""Who answers for a node: one rule, for alerts, status, the site, the report and data cards. The nearest wins.

Takes dbt's manifest as its objects or as `manifest.json` has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dataops.project.reading import get as _get


def owners(manifest: Any, node: Any) -> tuple[str, ...]:
    """`owner` or `owners` of a node's meta, which folders of dbt_project.yml set too; else its group's owner.

    What a test does not say is that of the node it tests, its meta before any group. A test of several nodes is
    theirs, if all of them have the same owners.
    """
    tested = _tested(manifest, node)
    near = [node, *tested] if len(tested) == 1 else [node]
    for rule in (_in_meta, _of_group):
        for each in near:
            if named := rule(manifest, each):
                return named
    shared = {owners(manifest, each) for each in tested} if len(tested) > 1 else set()
    return shared.pop() if len(shared) == 1 else ()


def named(owner: Any) -> tuple[str, ...]:
    """The owner that dbt knows of a group or an exposure: by name, else by address, of which there can be several."""
    who = _get(owner, "name") or _get(owner, "email") or ()
    return _listed(who)


def tested_by(test: Any) -> list[str]:
    """The unique ids of what a test is about: what it is attached to, else all that it reads; of other nodes none."""
    if str(_get(test, "resource_type")) not in ("test", "unit_test"):
        return []
    attached = _get(test, "attached_node") or _get(test, "tested_node_unique_id")
    read = [str(each) for each in _get(_get(test, "depends_on"), "nodes") or ()]
    if attached:
        return [str(attached)]
    # A unit test is about the first; the others are its inputs.
    return read[:1] if str(_get(test, "resource_type")) == "unit_test" else read


def meta(node: Any) -> dict[str, Any]:
    """What `meta` says, of the node and of its configuration."""
    return {**(_get(node, "meta") or {}), **(_get(_get(node, "config"), "meta") or {})}


def _tested(manifest: Any, test: Any) -> list[Any]:
    found = (_find(manifest, key) for key in tested_by(test))
    return [each for each in found if each is not None]


def _in_meta(_: Any, node: Any) -> tuple[str, ...]:
    said = meta(node)
    return _listed(said.get("owner")) or _listed(said.get("owners"))


def _of_group(manifest: Any, node: Any) -> tuple[str, ...]:
    name = _get(node, "group") or _get(_get(node, "config"), "group")
    groups = (_get(manifest, "groups") or {}).values() if name else ()
    return next((named(_get(each, "owner")) for each in groups if _get(each, "name") == name), ())


def _listed(given: Any) -> tuple[str, ...]:
    """Owners as people write them: a text with commas, a list, `{name: …, email: …}`."""
    if isinstance(given, Mapping):
        return named(given)
    every = given.split(",") if isinstance(given, str) else given or ()
    texts = [text for each in every for text in (named(each) if isinstance(each, Mapping) else (str(each).strip(),))]
    return tuple(dict.fromkeys(text for text in texts if text))


def _find(manifest: Any, key: str) -> Any:
    for group in ("nodes", "sources", "unit_tests"):
        if key in (_get(manifest, group) or {}):
            return _get(manifest, group)[key]
    return None
