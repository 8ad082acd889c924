"""What is told of the history itself, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Damaged:
    """A file that is not what was written, and why."""

    file: str
    why: str


@dataclass(frozen=True)
class Listed:
    """One invocation in short. `started_at` is UTC; `seconds` is None while it runs."""

    invocation_id: str
    command: str
    status: str
    started_at: datetime
    seconds: float | None
    target: str | None
    revision: str | None
    user: str | None
    host: str | None
    job_url: str | None
    release: str | None
    nodes: int
    failed: int
    warned: int
    skipped: int


@dataclass(frozen=True)
class NodeResult:
    """How a node or test came out in one invocation, which began at `started_at` (UTC). `failures`: failing rows."""

    invocation_id: str
    command: str
    target: str | None
    started_at: datetime
    unique_id: str
    status: str
    failures: int | None
    seconds: float | None
    message: str | None


@dataclass(frozen=True)
class Imported:
    """What was taken over: `invocations`, which began between `first` and `last` (UTC), with so many records a kind.

    `known`: invocations that the history had already; `left_out`: what was not taken, in words.
    """

    invocations: int
    first: datetime | None
    last: datetime | None
    records: Mapping[str, int]
    known: int
    left_out: tuple[str, ...]
