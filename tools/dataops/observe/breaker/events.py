"""One event of the breaker as a file: its name, its content, and what a damaged one still tells.

    <when>-pause-<id>-<node>.json       <when>-resume-<id>-<id of the pause>.json       <when>-check-<id>-<…>.json

`<when>` is UTC, `<node>` the unique id, percent-encoded. The content is `{"format": 1, "sha256": …, "event": {…}}`, the
digest that of the event as compact JSON with sorted keys. The name alone tells what is paused when the content is lost.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote, unquote

from dataops.errors import NewerFormatError
from dataops.observe.breaker.facts import Checked, Event, Pause, Resume

FORMAT = 1
"""Version of the files. A reader refuses a newer one."""

_KINDS: dict[str, type[Pause | Resume | Checked]] = {"pause": Pause, "resume": Resume, "check": Checked}
_NAME = re.compile(r"(?P<when>\d{8}T\d{12}Z)-(?P<kind>pause|resume|check)-(?P<id>[0-9a-f]{16})-(?P<about>[^/]*)\.json")
_LONGEST = 150
"""Bytes of a name that are left for the node: file systems allow 255, and a file is written under a longer name."""


@dataclass(frozen=True)
class Named:
    """What a file's name tells. `about`: a pause's node, empty where it was too long; else the id of the pause."""

    file: str
    when: str
    kind: str
    id: str
    about: str


def name_of(event: Event) -> str:
    """The name of an event's file."""
    kind = next(kind for kind, each in _KINDS.items() if isinstance(event, each))
    about = event.node if isinstance(event, Pause) else event.pause
    quoted = quote(about, safe="")
    quoted = quoted if len(quoted) <= _LONGEST else ""
    return f"{re.sub(r'[-:.]', '', event.at)}-{kind}-{event.id}-{quoted}.json"


def read_name(file: str) -> Named | None:
    """What a name tells; None for one that is not ours."""
    read = _NAME.fullmatch(file)
    if read is None:
        return None
    day, time = read["when"][:8], read["when"][9:-1]
    when = f"{day[:4]}-{day[4:6]}-{day[6:]}T{time[:2]}:{time[2:4]}:{time[4:6]}.{time[6:]}Z"
    return Named(file, when, read["kind"], read["id"], unquote(read["about"]))


def pack(event: Event) -> bytes:
    """The content of an event's file."""
    content = asdict(event)
    return json.dumps({"format": FORMAT, "sha256": _digest(content), "event": content}, indent=1).encode()


def is_foreign(content: bytes) -> bool:
    """Whether a file whose name is none of ours is somebody else's: it has nothing that an event of ours has.

    Ours are written whole under their names, so what is under another was put there by hand: notes, or a copy.
    """
    try:
        document = json.loads(content)
    except ValueError:
        return True
    return not (isinstance(document, dict) and {"format", "event"} & document.keys())


def unpack(content: bytes, named: Named | None, source: str) -> Event | None:
    """The event of a file; None where it is damaged.

    Raises:
        NewerFormatError: a newer version wrote it, so that what it means is not known here.
    """
    try:
        document = json.loads(content)
        version = int(document["format"])
    except (ValueError, KeyError, TypeError):
        return None
    if version > FORMAT:
        raise NewerFormatError(
            f"{source} has format {version}, this version reads up to {FORMAT}",
            "install the newer dbt-dataops that wrote it",
        )
    event = document.get("event")
    if named is None or not isinstance(event, dict) or document.get("sha256") != _digest(event):
        return None
    try:
        read: Event = _KINDS[named.kind](**event)
    except TypeError:
        return None
    return read if name_of(read) == named.file else None


def _digest(event: dict[str, Any]) -> str:
    text = json.dumps(event, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
