"""Who answers for a node, and what its `meta` says, from dbt's manifest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def owners(node: Mapping[str, Any], manifest: Mapping[str, Any]) -> list[str]:
    """Who answers for a node: `meta.owner`, else the owner of its dbt group."""
    named = meta(node).get("owner") or []
    listed = [each.strip() for each in named.split(",")] if isinstance(named, str) else [str(each) for each in named]
    group = (node.get("config") or {}).get("group") or node.get("group")
    if listed or not group:
        return listed
    for each in manifest["groups"].values():
        if each["name"] == group:
            return named_owner(each["owner"])
    return []


def named_owner(owner: Mapping[str, Any]) -> list[str]:
    """The owner that dbt knows of an exposure or a group, by name, else by address; none has neither."""
    return [each for each in (owner.get("name") or address(owner),) if each]


def address(owner: Mapping[str, Any]) -> str | None:
    """The first address, of which dbt takes one or a list."""
    given = owner.get("email")
    return given[0] if isinstance(given, list) and given else given or None


def meta(node: Mapping[str, Any]) -> dict[str, Any]:
    """What `meta` says, of the node and of its configuration."""
    return {**(node.get("meta") or {}), **((node.get("config") or {}).get("meta") or {})}
