"""How production stands, as plain values. Moments are in UTC and know it; times taken are in seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dataops.breaker.pauses import Hold
from dataops.errors import FAILED
from dataops.history.summary import Damaged
from dataops.project import statuses
from dataops.store.record import Release, Unfinished, Waiting

KINDS = ("failing", "late", "anomalous", "paused")

DAYS = 30
INVOCATIONS = 50
"""Health is told from so many days, or from so many of the newest invocations if those reach further back."""


_RELEASING = "('deploy', 'deploy --hold', 'retry', 'publish')"
MINE = f"command <> 'ci' and (target = ? or (target is null and command in {_RELEASING}))"
"""SQL, of the table `invocations`: what ran in production. A deploy that could not read its profile has no target."""


RELEASE = "release"
"""The key of the problem that none was made in time."""


@dataclass(frozen=True)
class Known:
    """What production should have: all its `nodes`, `unasked` of them sources that are not to be fresh.

    `at`: the moment (UTC, without a zone) of which that is true; what ran since and is not among them is new. None:
    nothing is.
    """

    nodes: frozenset[str]
    unasked: frozenset[str] = frozenset()
    at: datetime | None = None


@dataclass(frozen=True)
class Problem:
    """Why production is not healthy. `kind`: one of KINDS; `key`: the node's or test's id, empty for everything.

    The key of a command that came to nothing is its name, that of a release that is due RELEASE.
    `chart`: the monitor's key on the site's charts page.
    """

    kind: str
    key: str
    name: str
    message: str
    since: datetime | None = None
    owner: str | None = None
    chart: str | None = None

    @property
    def node(self) -> str | None:
        """The unique id of what it is about; None for everything, and for a command."""
        return self.key if "." in self.key else None


@dataclass(frozen=True)
class Last:
    """Production's newest invocation. `status`: ok, failed, running or interrupted; `seconds`: None until it ended."""

    key: str
    command: str
    started: datetime
    seconds: float | None
    status: str


@dataclass(frozen=True)
class Health:
    """Whether production is healthy now. `last` is None where it was never built or tested, or not for long.

    `tests` that production has, how many of them passed when they last ran, and how many have not run in the part of
    the history that is looked at. `damaged`: files of the history that were left out.
    """

    target: str
    problems: tuple[Problem, ...] = ()
    last: Last | None = None
    tests: int = 0
    passing: int = 0
    damaged: tuple[Damaged, ...] = ()
    unrun: int = 0

    @property
    def healthy(self) -> bool:
        """Nothing fails, is late, anomalous or paused, and something has run."""
        return not self.problems and self.last is not None

    def of(self, kind: str) -> tuple[Problem, ...]:
        """The problems of one kind."""
        return tuple(each for each in self.problems if each.kind == kind)


@dataclass(frozen=True)
class Status:
    """Production as it stands: its health, the live release (None before the first), what waits, what pauses hold.

    `unfinished`: a release of which something failed, and that can be gone on with.
    """

    project: str
    health: Health
    live: Release | None
    holds: tuple[Hold, ...]
    waiting: Waiting | None = None
    unfinished: Unfinished | None = None

    @property
    def exit_code(self) -> int:
        """0 healthy, 1 not."""
        return 0 if self.health.healthy else FAILED


@dataclass(frozen=True)
class Point:
    """A point of a control chart. Figures are None where they are unknown: a gap, or a point that is not judged."""

    at: datetime
    value: float | None
    centre: float | None = None
    lower: float | None = None
    upper: float | None = None
    rule: str | None = None


@dataclass(frozen=True)
class Incident:
    """Points of a monitor that somebody has acknowledged: from when to when, why, who."""

    start: datetime
    end: datetime
    reason: str
    by: str


@dataclass(frozen=True)
class Series:
    """One metric of a monitor, of one value of its dimension if it has any; points in order of time."""

    metric: str
    dimension: str | None
    points: tuple[Point, ...]

    @property
    def fired(self) -> tuple[Point, ...]:
        """The points at which a rule fired."""
        return tuple(point for point in self.points if point.rule)


@dataclass(frozen=True)
class Monitor:
    """A monitor's control charts. `key` names its file; `status` is that of its last run, as dbt says it.

    `left_out`: series of quiet dimensions beyond those that are shown.
    """

    key: str
    unique_id: str
    name: str
    model: str
    column: str | None
    status: str
    series: tuple[Series, ...]
    incidents: tuple[Incident, ...] = ()
    left_out: int = 0

    @property
    def open(self) -> bool:
        """It fires now and nobody has acknowledged it."""
        return self.status in (*statuses.WARNED, *statuses.FAILED)
