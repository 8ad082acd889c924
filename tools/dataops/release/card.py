"""A data card: what a consumer must know of a table that left the warehouse, as plain values."""

from __future__ import annotations

from dataclasses import dataclass

from dataops.engines.values import Column
from dataops.sql.privacy import Statement

VERSION = 1
"""Version of the card's JSON."""


@dataclass(frozen=True)
class Test:
    """A test of the node in the release's own run. `failures`: failing rows of one that only warns."""

    name: str
    status: str
    failures: int


@dataclass(frozen=True)
class Ancestor:
    """A node that the data comes from, and the nodes that it reads itself."""

    unique_id: str
    parents: tuple[str, ...]


@dataclass(frozen=True)
class Card:
    """The card of one exported node. It holds nothing of the moment or machine of the export.

    `content_hash` tells two contents apart whatever the order of rows and the file's encoding; `sha256` is the file's.
    `revision` is the git commit that was released.
    """

    unique_id: str
    name: str
    description: str
    owner: str
    release: str
    released_at: str
    revision: str | None
    file: str
    bytes: int
    sha256: str
    content_hash: str
    rows: int
    columns: tuple[Column, ...]
    tests: tuple[Test, ...]
    privacy: Statement
    lineage: tuple[Ancestor, ...]
    written_by: str
