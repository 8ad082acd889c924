"""What somebody is told of production, and the message that tells it. Plain values; moments are in UTC and know it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dataops.health.health import Monitor, Problem

Identity = tuple[str, str]
"""A problem's kind and the unique id that it is about: what makes it the same one from run to run."""


@dataclass(frozen=True)
class Concern:
    """A problem with what it takes to act on it.

    `node`: unique id of what it is about, of a test the node that it tests. `invocation`: in which it began, `job` that
    one's address. `samples`: failing rows of the newest result, without the personal columns, which `hidden` names.
    """

    problem: Problem
    node: str
    invocation: str | None = None
    file: str | None = None
    job: str | None = None
    samples: tuple[Mapping[str, str | None], ...] = ()
    hidden: tuple[str, ...] = ()
    monitor: Monitor | None = None

    @property
    def identity(self) -> Identity:
        """What makes it the same problem."""
        return self.problem.kind, self.problem.key


@dataclass(frozen=True)
class Production:
    """How production is now. `judged`: unique ids that have a result; `present`: those in the project, None where
    that is not known. `damaged`: files of the history that could not be read.
    """

    project: str
    environment: str
    concerns: tuple[Concern, ...]
    judged: frozenset[str]
    present: frozenset[str] | None
    damaged: tuple[str, ...] = ()


Row = tuple[tuple[str, str | None], ...]
"""A failing row as a message shows it: column and value, None for null."""


def written(row: Row) -> str:
    """`order_id: 7, way: null`."""
    return ", ".join(f"{name}: {'null' if value is None else value}" for name, value in row)


@dataclass(frozen=True)
class Section:
    """One problem as a message shows it, each text on one line and calling nobody.

    `facts`: label and value. `rows`: failing rows; `note` is about them. `link`: an address and what it leads to.
    """

    headline: str
    lines: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    rows: tuple[Row, ...] = ()
    note: str | None = None
    link: tuple[str, str] | None = None


@dataclass(frozen=True)
class Told:
    """That a destination was told of a problem, or that it is over.

    `destination`: the name of an environment variable, never what it holds. `since`: of the problem.
    """

    destination: str
    environment: str
    is_open: bool
    kind: str
    key: str
    name: str
    at: datetime
    since: datetime | None = None

    @property
    def identity(self) -> Identity:
        """What makes it the same problem."""
        return self.kind, self.key


@dataclass(frozen=True)
class Resolved:
    """A problem that is over: the record of its alert, and whether it went with what it was about."""

    told: Told
    removed: bool


TIMEOUT = 5.0
"""Seconds to connect, and to wait for each answer."""


@dataclass(frozen=True)
class Picture:
    """A PNG file."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Notice:
    """One message. `tone`: bad, warned, good or quiet; services show it as a colour, pagers decide by it.

    `body` is all of it as text; `sections` and `links`, address and label, are the same for services that lay it out.
    """

    title: str
    body: str
    tone: str
    sections: tuple[Section, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    pictures: tuple[Picture, ...] = ()
