"""Pauses: what they are, and those that a person asks for by name. Times are UTC, ISO 8601."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from dataops.errors import SettingsError

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


def find(manifest: Any, name: str) -> str:
    """The unique id of a model, seed, snapshot or source (`source.table`) that can be paused.

    Raises:
        SettingsError: there is none of that name, or more than one.
    """
    known = [uid for uid in manifest.nodes if uid.split(".", 1)[0] in BUILT] + list(manifest.sources)
    found = [uid for uid in known if _is(uid, name)]
    if len(found) == 1:
        return str(found[0])
    if found:
        raise SettingsError(f"`{name}` is {', '.join(sorted(found))}", "name one by its unique id")
    versions = [each for each in known if each.split(".", 2)[-1].startswith(f"{name}.v") and each.startswith("model.")]
    if versions:
        named = ", ".join(sorted(each.split(".", 2)[-1] for each in versions))
        raise SettingsError(f"`{name}` has versions, which are nodes of their own", f"name one: {named}")
    raise SettingsError(
        f"there is no model, seed, snapshot or source `{name}`", "name it as in ref(), a source as `source.table`"
    )


def paused(pauses: Iterable[Pause], name: str) -> tuple[Pause, ...]:
    """The pauses in force of a node, by its name or unique id.

    Raises:
        SettingsError: it is not paused.
    """
    force = tuple(pauses)
    found = tuple(each for each in force if each.node and _is(each.node, name))
    if not found:
        names = ", ".join(sorted({each.node.split(".", 2)[-1] for each in force if each.node})) or "nothing"
        raise SettingsError(f"`{name}` is not paused", f"paused: {names}; `dataops status` says why")
    if len({each.node for each in found}) > 1:
        named = ", ".join(sorted({each.node for each in found}))
        raise SettingsError(f"`{name}` is {named}", "name one by its unique id")
    return found


def said(reason: str) -> str:
    """A reason on one line.

    Raises:
        SettingsError: it is blank.
    """
    words = " ".join(reason.split())
    if not words:
        raise SettingsError("there is no reason in --reason", "say why: whoever is on call next will read it")
    return words


def window(start: str | None, end: str | None) -> tuple[str, str]:
    """The window of an incident as it is recorded, from dates or ISO 8601 times; empty where it is not given.

    Raises:
        SettingsError: one is neither, or the window ends before it begins.
    """
    first = _moment(start, "--from") if start else ""
    last = _moment(end, "--to") if end else ""
    if first and last and last < first:
        raise SettingsError(f"the incident ends before it begins: {start} to {end}", "give --from the earlier time")
    return first, last


def _moment(text: str, option: str) -> str:
    """Without a zone it is UTC; a day that an incident ends on is all of it."""
    try:
        read = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise SettingsError(
            f"{option} is {text!r}, no date or time", "write 2026-01-31 or 2026-01-31T06:00:00Z"
        ) from error
    read = read if read.tzinfo else read.replace(tzinfo=timezone.utc)
    if len(text) == len("2026-01-31") and option == "--to":
        read = read.replace(hour=23, minute=59, second=59)
    return f"{read.astimezone(timezone.utc):%Y-%m-%dT%H:%M:%S.%fZ}"


def _is(uid: str, name: str) -> bool:
    return name in (uid, uid.split(".", 2)[-1])
