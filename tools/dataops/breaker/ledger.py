"""The breaker's records: one file per event under `<state>/breaker`, written once, never changed, never locked."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from typing import Any, TypeVar
from urllib.parse import quote, unquote

from dataops.breaker.pauses import Checked, Event, Pause, Resume, Standing
from dataops.errors import NewerFormatError, StateError
from dataops.store.location import Location

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


FOLDER = "breaker"
_AT_ONCE = 16

_E = TypeVar("_E", Pause, Resume, Checked)


class Ledger:
    """The events at one state location."""

    def __init__(self, location: str) -> None:
        """Name the place; nothing is read yet."""
        self._place = Location(location)

    def read(self) -> Standing:
        """What is paused now. One listing; then a file for each pause and resume, and the checks of pauses in force.

        Raises:
            NewerFormatError: an event was written by a newer version.
            StateError: the place cannot be read.
        """
        files = [file for file in self._place.names(FOLDER) if file.endswith(".json")]
        named = {file: read_name(file) for file in files}
        if None in named.values():
            # What is not ours may be a folder; one with a name of ours cannot be read, and that is an error.
            folders = {file for file in self._place.folders(FOLDER) if named.get(file) is None}
            files = [file for file in files if file not in folders]
        events: list[Event] = []
        damaged: list[tuple[str, Named | None]] = []

        def take(wanted: list[str]) -> None:
            for file, content in zip(wanted, self._contents(wanted), strict=True):
                if named[file] is None and is_foreign(content):
                    continue
                event = unpack(content, named[file], f"{self._place.url}/{FOLDER}/{file}")
                if event is None:
                    damaged.append((file, named[file]))
                else:
                    events.append(event)

        checks = {file: each for file, each in named.items() if each is not None and each.kind == "check"}
        take([file for file in files if file not in checks])
        ended = {event.pause for event in events if isinstance(event, Resume)}
        take([file for file, each in checks.items() if each.about not in ended])
        return fold(events, damaged)

    def read_if_allowed(self) -> Standing:
        """As `read`, for what releases nothing: nothing is paused as far as is known where the place cannot be read."""
        try:
            return self.read()
        except Exception:  # noqa: BLE001 - whatever a store's own library raises for want of access
            return Standing()

    def pause(self, node: str, reason: str, by: str, since: str = "", check: str = "", resume_after: int = 0) -> Pause:
        """Record that a node is paused from now on."""
        at = now()
        return self._add(Pause(_id(), node, at, since or at, by, reason, check, resume_after))

    def resume(self, pause: Pause, reason: str, by: str, start: str = "", end: str = "") -> Resume:
        """Record that a pause has ended, by default with the window from when its data was in doubt until now."""
        at = now()
        return self._add(Resume(_id(), pause.id, pause.node, at, start or pause.since, end or at, by, reason))

    def checked(self, pause: Pause, passed: bool) -> Checked:
        """Record that the check of a paused node ran."""
        return self._add(Checked(_id(), pause.id, now(), passed))

    def _add(self, event: _E) -> _E:
        self._place.write(f"{FOLDER}/{name_of(event)}", pack(event))
        return event

    def _contents(self, files: list[str]) -> list[bytes]:
        """What files hold, many at once: an object store takes its time for each."""
        if not files:
            return []
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(self._content, files))

    def _content(self, file: str) -> bytes:
        content = self._place.read(f"{FOLDER}/{file}")
        if content is None:
            raise StateError(
                f"{self._place.url}/{FOLDER}/{file} was listed and is gone", "nothing may delete the breaker's records"
            )
        return content


def fold(events: Iterable[Event], damaged: Iterable[tuple[str, Named | None]] = ()) -> Standing:
    """What events say together, in whatever order they come. Each damaged file leaves in force what it may be about."""
    pauses: dict[str, Pause] = {}
    resumes: dict[str, Resume] = {}
    checks: dict[str, dict[str, Checked]] = {}
    for event in events:
        if isinstance(event, Pause):
            pauses[event.id] = event
        elif isinstance(event, Resume):
            resumes[event.id] = event
        else:
            checks.setdefault(event.pause, {})[event.id] = event
    files: dict[str, list[str]] = {}
    for file, named in damaged:
        if named is None:
            pauses[file] = Pause(file, "", "", "", "unknown", _LOST)
            files.setdefault(file, []).append(file)
        elif named.kind == "pause":
            pauses[named.id] = Pause(named.id, named.about, named.when, named.when, "unknown", _LOST)
            files.setdefault(named.id, []).append(file)
        else:
            files.setdefault(named.about, []).append(file)
            if named.kind == "check":
                checks.setdefault(named.about, {})[named.id] = Checked(named.id, named.about, named.when, passed=False)
    ended = {each.pause for each in resumes.values()}
    force = sorted((each for each in pauses.values() if each.id not in ended), key=lambda each: (each.at, each.id))
    return Standing(
        tuple(force),
        {each.id: _in_a_row(checks.get(each.id, {})) for each in force},
        tuple(sorted(resumes.values(), key=lambda each: (each.at, each.id))),
        {each.id: tuple(sorted(files[each.id])) for each in force if each.id in files},
    )


_LOST = "its record is damaged"


def _in_a_row(checks: Mapping[str, Checked]) -> int:
    """How many of the latest checks passed without one that failed."""
    count = 0
    for each in sorted(checks.values(), key=lambda each: (each.at, each.id), reverse=True):
        if not each.passed:
            break
        count += 1
    return count


def now() -> str:
    """The time, as it is recorded."""
    return f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%S.%fZ}"


def _id() -> str:
    return secrets.token_hex(8)
