"""What each page of the site shows, as plain values. Moments are in UTC and know it; times taken are in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from dataops.health.health import Health, Monitor
from dataops.plan.lineage import Relation

DETAILED = 50
"""The newest invocations are shown node by node; older ones as a line."""


SHOWN = 400
"""So many nodes of an invocation are shown: the critical path, and the longest."""


@dataclass(frozen=True)
class Day:
    """One day of production: invocations that failed of all, seconds they took, tests that failed of all."""

    day: date
    invocations: int
    failed: int
    seconds: float
    tests: int
    failing: int


@dataclass(frozen=True)
class NodeRun:
    """A node in one invocation. `lane`: the thread it ran on. `critical`: the next one had to wait for it."""

    key: str
    name: str
    kind: str
    status: str
    started: datetime
    seconds: float
    lane: str
    rows: int | None = None
    message: str = ""
    critical: bool = False


@dataclass(frozen=True)
class Run:
    """An invocation. `status`: ok, failed, or interrupted; `seconds` is None for one that never said it ended.

    `nodes`: its longest nodes and its critical path in order of their start, None where the page does not go into it.
    """

    key: str
    command: str
    started: datetime
    seconds: float | None
    status: str
    target: str
    by: str
    revision: str | None
    counts: Mapping[str, int]
    nodes: tuple[NodeRun, ...] | None = None


@dataclass(frozen=True)
class Running:
    """A run as the journals of this machine tell of it, while it goes on and once it has ended.

    `run`: its nodes are those that have ended. `planned`: nodes that it is to run, None until it is known; `active`:
    nodes that have begun and not ended; `bad`: those that failed; `ended`: when it did, or was
    last heard of.
    """

    run: Run
    planned: int | None = None
    active: tuple[NodeRun, ...] = ()
    bad: tuple[NodeRun, ...] = ()
    ended: datetime | None = None


@dataclass(frozen=True)
class Slower:
    """A model that takes longer than it did: medians of its last runs and of those before, in seconds."""

    name: str
    recent: float
    before: float
    runs: int


@dataclass(frozen=True)
class Slow:
    """A model and the median seconds of its last runs, with the share of all models' time."""

    name: str
    seconds: float
    share: float


@dataclass(frozen=True)
class Reviewed:
    """A change that was judged by `dataops ci`. `change`: its pull request, branch or revision.

    `verdict`: ready, not ready, or unknown where only the tests of a run are known. `page`: the review's own page in
    the site, if it is at hand; `url`: the job's.
    """

    at: datetime
    change: str
    by: str
    verdict: str
    summary: str
    page: str | None = None
    url: str | None = None


@dataclass(frozen=True)
class Released:
    """A release. `live`: production is this one now; `lives`: when it became so, oldest first.

    `until`: it waits to be published, and can be until then.
    """

    key: str
    at: datetime
    action: str
    revision: str | None
    by: str
    nodes: int
    tests: int
    warnings: int
    live: bool
    lives: tuple[datetime, ...]
    until: datetime | None = None


@dataclass(frozen=True)
class Unfinished:
    """A release of which something failed: `again` of `planned` nodes and tests can be built again until then."""

    key: str
    until: datetime
    again: int
    planned: int


@dataclass(frozen=True)
class Site:
    """Everything. `made_at`: when it was gathered; `documentation`: dbt's own page, `report`: Elementary's;
    `review`: the newest at hand; `notes`: what was left out and why.
    """

    project: str
    environment: str
    made_at: datetime
    health: Health
    trend: tuple[Day, ...] = ()
    monitors: tuple[Monitor, ...] = ()
    runs: tuple[Run, ...] = ()
    slowest: tuple[Slow, ...] = ()
    slower: tuple[Slower, ...] = ()
    reviews: tuple[Reviewed, ...] = ()
    releases: tuple[Released, ...] = ()
    unfinished: Unfinished | None = None
    lineage: tuple[Relation, ...] = ()
    documentation: bytes | None = None
    report: bytes | None = None
    review: bytes | None = None
    notes: tuple[str, ...] = ()
