"""How a node differs between two versions of a project: plain values that need no dbt to be read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """A node that differs from the base.

    `kind` is added, modified or removed; `reasons` are words such as sql, config, macro, seed, contract; `file` is
    relative to the project; `relation` is the relation that a removed node leaves behind.
    """

    unique_id: str
    kind: str
    reasons: tuple[str, ...]
    file: str
    relation: str | None = None
