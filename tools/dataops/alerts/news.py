"""What destinations were told, one file per message under `<state>/alerts`, and so what is new to each of them."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import datetime
from typing import Any

from dataops.alerts.alert import Concern, Identity, Production, Resolved, Told
from dataops.errors import NewerFormatError
from dataops.history.names import parsed
from dataops.store.location import Location


def last(records: Iterable[Told], destination: str, environment: str) -> dict[Identity, Told]:
    """What a destination heard last of each problem of an environment."""
    heard: dict[Identity, Told] = {}
    for each in sorted(records, key=lambda each: each.at):
        if (each.destination, each.environment) == (destination, environment):
            heard[each.identity] = each
    return heard


def opened(production: Production, heard: Mapping[Identity, Told]) -> tuple[Concern, ...]:
    """Problems that it was not told of, that came back since, or that ended and began anew without its hearing."""
    return tuple(each for each in production.concerns if _is_new(each, heard.get(each.identity)))


def resolved(production: Production, heard: Mapping[Identity, Told]) -> tuple[Resolved, ...]:
    """Problems that it was told of and that are over.

    Missing from the history is not over: nothing ends while a file of it cannot be read, nor without a result.
    """
    now = {each.identity for each in production.concerns}
    over = [each for each in heard.values() if each.is_open and each.identity not in now]
    found = [Resolved(each, production.present is not None and each.key not in production.present) for each in over]
    return tuple(each for each in found if _is_over(each, production))


def grouped(concerns: Iterable[Concern]) -> tuple[tuple[Concern, ...], ...]:
    """Problems of one node, and those that began in one invocation, together; in the order of their first."""
    groups: list[list[Concern]] = []
    for each in concerns:
        near = [group for group in groups if any(_belong(each, other) for other in group)]
        joined = [other for group in near for other in group] + [each]
        at = groups.index(near[0]) if near else len(groups)
        groups = [group for group in groups if group not in near]
        groups.insert(at, joined)
    return tuple(tuple(group) for group in groups)


def _is_new(concern: Concern, heard: Told | None) -> bool:
    if heard is None or not heard.is_open:
        return True
    since = concern.problem.since
    # The newest row of a source that stays late moves on, and expiry moves the first bad result that is left: that is
    # the same problem. One that began after the last word of it has ended in between.
    return concern.problem.kind != "late" and since is not None and since != heard.since and since > heard.at


def _is_over(each: Resolved, production: Production) -> bool:
    if each.told.kind == "paused":
        return True
    return not production.damaged and (each.removed or each.told.key in production.judged)


def _belong(one: Concern, other: Concern) -> bool:
    same_run = one.invocation is not None and one.invocation == other.invocation
    return same_run or (bool(one.node) and one.node == other.node)


FOLDER = "alerts"
FORMAT = 1
"""Version of the files. A reader refuses a newer one."""

_AT_ONCE = 16
_OURS = re.compile(r"\d{8}T\d{12}Z-[0-9a-f]+\.json")
_TRIED = "tried.txt"


class Ledger:
    """The records at one state location."""

    def __init__(self, location: str) -> None:
        """Name the place; nothing is read yet."""
        self._place = Location(location)

    def read(self, since: datetime) -> tuple[tuple[Told, ...], tuple[str, ...]]:
        """What was told since then, and the names of files that cannot be read.

        Raises:
            NewerFormatError: a file was written by a newer version.
            StateError: the place cannot be read.
        """
        first = _stamp(since)
        names = sorted(name for name in self._place.names(FOLDER) if _OURS.fullmatch(name) and name >= first)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            contents = list(pool.map(lambda name: self._place.read(f"{FOLDER}/{name}"), names))
        told: list[Told] = []
        damaged: list[str] = []
        for name, content in zip(names, contents, strict=True):
            try:
                told += _unpack(json.loads(content or b""), f"{self._place.url}/{FOLDER}/{name}")
            except (ValueError, KeyError, TypeError, AttributeError):
                damaged.append(name)
        return tuple(told), tuple(damaged)

    def refuse_unwritable(self) -> None:
        """Try to write, so that nothing is sent that could not be noted, and would be sent again and again.

        Raises:
            StateError: the place cannot be written.
        """
        self._place.write(f"{FOLDER}/{_TRIED}", b"Written before messages are sent: could they be noted here?\n")

    def add(self, told: Sequence[Told]) -> None:
        """Note that a destination took one message."""
        raw = [{**asdict(each), "at": _iso(each.at), "since": each.since and _iso(each.since)} for each in told]
        text = json.dumps({"format": FORMAT, "told": raw}, ensure_ascii=False)
        self._place.write(f"{FOLDER}/{_stamp(told[0].at)}-{secrets.token_hex(8)}.json", text.encode())


def _unpack(raw: Any, file: str) -> list[Told]:
    if raw["format"] > FORMAT:
        raise NewerFormatError(f"{file} was written by a newer version", "update dataops here to that version")
    return [
        Told(**{**each, "at": parsed(each["at"]), "since": each["since"] and parsed(each["since"])})
        for each in raw["told"]
    ]


def _iso(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S.%fZ}"


def _stamp(at: datetime) -> str:
    return f"{at:%Y%m%dT%H%M%S%fZ}"
