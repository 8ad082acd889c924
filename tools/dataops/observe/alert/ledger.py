"""What destinations were told: one file per message and destination under `<state>/alerts`, written once.

    <when>-<id>.json       {"format": 1, "told": [{destination, environment, is_open, kind, key, name, at, since}, …]}

Before anything is sent a file `tried.txt` is written there: where that fails nothing is sent, as it could not be noted.
A record is written when the message has been taken, so a killed process tells again what it had no time to note, and
two at the same time can both tell; neither loses anything. Names of variables are stored, never what they hold.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import datetime
from typing import Any

from dataops.errors import NewerFormatError
from dataops.location import Location
from dataops.observe.alert.facts import Told
from dataops.observe.names import parsed

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
