"""What `status` tells, and the nodes that `pause` and `resume` are given by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from dataops.errors import FAILED, SettingsError
from dataops.observe.breaker.facts import BUILT, Hold, Pause
from dataops.record import Release


@dataclass(frozen=True)
class Status:
    """Production as it stands: the live release, None before the first, and what is paused."""

    live: Release | None
    holds: tuple[Hold, ...]

    @property
    def healthy(self) -> bool:
        """Whether nothing needs anybody's attention."""
        return not self.holds

    @property
    def exit_code(self) -> int:
        """0 healthy, 1 not."""
        return 0 if self.healthy else FAILED


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


def moment(text: str, option: str) -> str:
    """A time as it is recorded, from a date or an ISO 8601 time; without a zone it is UTC.

    Raises:
        SettingsError: it is neither.
    """
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
