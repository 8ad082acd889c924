"""What the breaker knows and says, as plain values. Times are UTC, ISO 8601."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

BUILT = ("model", "seed", "snapshot")
"""What has a relation that a build makes."""


@dataclass(frozen=True)
class Pause:
    """A node that is held, with everything that reads it.

    `node`: its unique id; empty where a damaged record leaves that unknown, and everything is held. `since`: from when
    on its data is in doubt. `check`: the unique id of the failing test, or of the node itself where it could not be
    built; empty for a pause by hand. `resume_after`: so many passes in a row end it, 0 for never.
    """

    id: str
    node: str
    at: str
    since: str
    by: str
    reason: str
    check: str = ""
    resume_after: int = 0


@dataclass(frozen=True)
class Resume:
    """The end of one pause, and the window of time whose data is not to be learnt from, both ends inclusive."""

    id: str
    pause: str
    node: str
    at: str
    start: str
    end: str
    by: str
    reason: str


@dataclass(frozen=True)
class Checked:
    """The check of a paused node ran on its newest data."""

    id: str
    pause: str
    at: str
    passed: bool


Event = Pause | Resume | Checked


@dataclass(frozen=True)
class Standing:
    """What all events together say. `passes` in a row by pause; `damaged`: files by the pause that they leave in force.

    `incidents`: the pauses that ended.
    """

    pauses: tuple[Pause, ...] = ()
    passes: Mapping[str, int] = field(default_factory=dict)
    incidents: tuple[Resume, ...] = ()
    damaged: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Incident:
    """A failure that the policy speaks of, for whoever is told of it.

    `nodes`: what it says is wrong. `check`, `name` and `file` are those of the failing test or node; `severity` is
    `error` or `warn`, `action` is `alert` or `pause`.
    """

    action: str
    severity: str
    nodes: tuple[str, ...]
    check: str
    name: str
    file: str
    message: str
    resume_after: int = 0


@dataclass(frozen=True)
class Hold:
    """A pause in force, with what it holds: unique ids, the node itself among them if it is still in the project."""

    pause: Pause
    passes: int
    holds: tuple[str, ...]
    damaged: tuple[str, ...] = ()
