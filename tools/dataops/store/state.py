"""Production's state: one bundle per release, and a pointer to the one that is live.

    <location>/current.json           which release is live, and its bundle's digest
    <location>/releases/<id>.json     the release's record: who, when, from which revision; never rewritten
    <location>/live/<when>-<id>.json  that a release became live then, by deploy or rollback; never rewritten
    <location>/waiting.json           which release was built and waits to be published
    <location>/waiting/<id>.json      from what, by whom and until when; never rewritten
    <location>/unfinished.json, unfinished/  a release of which something failed (store/drafts.py)
    <location>/announced.json         a publication that was begun, where the warehouse itself knows what became of it
    <location>/rehearsals/<adapter>.json  what the last rehearsal of releases found
    <location>/releases/<id>.zip      the bundle: dbt's artifacts of that release, a partial parse per target

The location is a folder or any fsspec URL. A bundle is one object, written before the pointer that names it, so a
reader sees the old release or the new one. Nothing here imports dbt.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timezone
from typing import Any

from dataops.errors import NewerFormatError, StateError
from dataops.store.location import Location
from dataops.store.record import Release, Waiting

FORMAT = 1
"""Version of the layout above. A reader refuses a newer one."""

_RECORD = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}\.json")
_LIVE = re.compile(r"\d{8}T\d{12}Z-.+\.json")

_ANNOUNCED = "announced.json"
_WAITING = "waiting.json"

_REHEARSALS = "rehearsals/{}.json"
REHEARSE = "run `dataops engine rehearse` to write it anew"

INDEX = "bundle.json"
DISCARD = "`dataops discard` drops the release that it is about"
RESTORE = "run `dataops deploy` to write it anew, or compare with git meanwhile (--base main)"


class Bundle:
    """The files of one release, read from one checked archive. `release`: its id; `source`: where it was read."""

    def __init__(self, content: bytes, source: str, release: str) -> None:
        """Open an archive.

        Raises:
            StateError: it is damaged, or of a newer format.
        """
        self.source = source
        self.release = release
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(content))
            index = json.loads(self._archive.read(INDEX))
            version = int(index["format"])
            self._digests: dict[str, str] = dict(index["files"])
        except Exception as error:  # zipfile raises a dozen types for what is no archive of ours
            raise StateError(f"the state bundle {source} is damaged: {error}", RESTORE) from error
        if version > FORMAT:
            raise NewerFormatError(
                f"the state bundle {source} has format {version}, this version reads up to {FORMAT}",
                "install the newer dbt-dataops that wrote it",
            )

    def read(self, name: str) -> bytes | None:
        """One file of the bundle, None when it has no such file.

        Raises:
            StateError: the file is not what was written.
        """
        if name not in self._digests:
            return None
        try:
            content = self._archive.read(name)
        except Exception as error:
            raise StateError(f"{name} in the state bundle {self.source} is damaged: {error}", RESTORE) from error
        if hashlib.sha256(content).hexdigest() != self._digests[name]:
            raise StateError(f"{name} in the state bundle {self.source} is not what was written", RESTORE)
        return content


def pack(files: Mapping[str, bytes]) -> bytes:
    """An archive of `files` with an index of their digests."""
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(INDEX, json.dumps({"format": FORMAT, "files": digests}, indent=1))
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def document(place: Location, name: str) -> dict[str, Any] | None:
    """A JSON file of the store; None where there is none.

    Raises:
        StateError: it is damaged, or of a newer format.
    """
    content = place.read(name)
    if content is None:
        return None
    try:
        parsed: dict[str, Any] = json.loads(content)
        version = int(parsed["format"])
    except (ValueError, KeyError, TypeError) as error:
        raise StateError(f"{place.url}/{name} is damaged: {error}", RESTORE) from error
    if version > FORMAT:
        raise NewerFormatError(
            f"{place.url}/{name} has format {version}, this version reads up to {FORMAT}",
            "install the newer dbt-dataops that wrote it",
        )
    return parsed


class State:
    """The store at one location. Reading never writes; a missing location is an empty store."""

    def __init__(self, location: str) -> None:
        """Name the store; nothing is read yet.

        Raises:
            StateError: no library installed here speaks the URL's protocol.
        """
        self.location = location
        self._place = Location(location)

    def current(self) -> str | None:
        """The live release's id; None before the first."""
        pointer = self._pointer()
        return str(pointer["release"]) if pointer else None

    def live(self) -> tuple[str, str] | None:
        """The live release's id, and its bundle's digest, by which what was made of it is known; None without one."""
        pointer = self._pointer()
        digest = pointer.get("sha256") if pointer else None
        return (str(pointer["release"]), str(digest)) if pointer and digest else None

    def bundle(self, release: str | None = None) -> Bundle | None:
        """The bundle of a recorded release, or of the live one, checked; None of what was never built by a deploy.

        Raises:
            StateError: it is missing, damaged, or of a newer format; or no such release was recorded.
        """
        if release is None:
            pointer = self._pointer()
            release, digest = (str(pointer["release"]), pointer.get("sha256")) if pointer else ("", None)
        else:
            digest = self.digest(release)
        if digest is None:
            return None
        name = f"releases/{release}.zip"
        content = self._place.read(name)
        if content is None:
            raise StateError(f"the state bundle {self.location}/{name} is missing", RESTORE)
        if hashlib.sha256(content).hexdigest() != digest:
            raise StateError(f"the state bundle {self.location}/{name} is damaged: its digest differs", RESTORE)
        return Bundle(content, f"{self.location}/{name}", release)

    def releases(self) -> list[Release]:
        """Every recorded release, oldest first."""
        names = self._place.names("releases")
        records = (self._json(f"releases/{name}") for name in names if _RECORD.fullmatch(name))
        try:
            found = [Release(**record["release"]) for record in records if record]
        except (KeyError, TypeError) as error:
            raise StateError(f"a record in {self.location}/releases is damaged: {error}", RESTORE) from error
        return sorted(found, key=lambda release: (release.created_at, release.id))

    def release(self, release: str) -> Release | None:
        """The record of one release, None when there is none."""
        record = self._json(f"releases/{release}.json")
        try:
            return Release(**record["release"]) if record else None
        except (KeyError, TypeError) as error:
            raise StateError(f"{self.location}/releases/{release}.json is damaged: {error}", RESTORE) from error

    def digest(self, release: str) -> str | None:
        """The digest of a recorded release's bundle; None when it has none.

        Raises:
            StateError: no such release was recorded.
        """
        record = self._json(f"releases/{release}.json")
        if record is None:
            raise StateError(f"there is no release {release}", "`dataops releases` lists them")
        if "sha256" not in record:
            raise StateError(f"{self.location}/releases/{release}.json is damaged: it holds no digest", RESTORE)
        digest: str | None = record["sha256"]
        return digest

    def record(self, release: Release, bundle: bytes | None) -> None:
        """Store a release that is not live yet."""
        digest = None
        if bundle is not None:
            digest = hashlib.sha256(bundle).hexdigest()
            self._place.write(f"releases/{release.id}.zip", bundle)
        record = {"format": FORMAT, "sha256": digest, "release": asdict(release)}
        self._place.write(f"releases/{release.id}.json", json.dumps(record, indent=1).encode())

    def went_live(self) -> list[tuple[str, str]]:
        """Every time (UTC, ISO 8601) at which a release became the live one, and which, oldest first."""
        records = (self._json(f"live/{name}") for name in self._place.names("live") if _LIVE.fullmatch(name))
        try:
            return sorted((str(record["at"]), str(record["release"])) for record in records if record)
        except KeyError as error:
            raise StateError(f"a record in {self.location}/live is damaged: it has no {error}", RESTORE) from error

    def live_since(self) -> str:
        """When the live release became that: whatever is wrong with data now came later. Empty when nobody knows."""
        try:
            lives = self.went_live()
        except StateError:
            return ""
        return lives[-1][0] if lives else ""

    def point(self, release: str) -> None:
        """Make a recorded release the live one, and record when. The record first: none is ever lost."""
        moment = datetime.now(timezone.utc)
        record = {"format": FORMAT, "release": release, "at": f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"}
        self._place.write(f"live/{moment:%Y%m%dT%H%M%S%fZ}-{release}.json", json.dumps(record, indent=1).encode())
        pointer = {"format": FORMAT, "release": release, "sha256": self.digest(release)}
        self._place.write("current.json", json.dumps(pointer, indent=1).encode())

    def record_waiting(self, waiting: Waiting) -> None:
        """Store what is to be known of a release that is about to wait."""
        record = {"format": FORMAT, "waiting": asdict(waiting)}
        self._place.write(f"waiting/{waiting.release}.json", json.dumps(record, indent=1).encode())

    def wait(self, release: str | None) -> None:
        """Say which recorded release waits to be published; None: that none does."""
        if release is None:
            self._place.remove(_WAITING)
        else:
            self._place.write(_WAITING, json.dumps({"format": FORMAT, "release": release}).encode())

    def waiting(self, release: str | None = None) -> Waiting | None:
        """What is known of the release that waits, or of `release`, which did; None where there is none.

        Raises:
            StateError: its record is damaged, or of a newer format.
        """
        if release is None:
            pointer = self._json(_WAITING)
            release = str(pointer.get("release")) if pointer else None
            # A process that was killed right after it had published it could not take the pointer back.
            release = None if release == self.current() else release
        record = self._json(f"waiting/{release}.json") if release else None
        try:
            found = record["waiting"] if record else None
            return Waiting(**{**found, "paused": tuple(found["paused"])}) if found else None
        except (KeyError, TypeError) as error:
            raise StateError(f"{self.location}/waiting/{release}.json is damaged: {error}", DISCARD) from error

    def announce(self, release: str | None) -> None:
        """Say that a release is about to be published; None: that whatever was announced has ended.

        An engine whose warehouse knows what is live says so, that readers ask the warehouse only while they must.
        """
        if release is None:
            self._place.remove(_ANNOUNCED)
        else:
            self._place.write(_ANNOUNCED, json.dumps({"format": FORMAT, "release": release}).encode())

    def announced(self) -> bool:
        """Whether a publication was begun, and not known to have ended."""
        return self._place.read(_ANNOUNCED) is not None

    def rehearsal(self, adapter: str) -> dict[str, Any] | None:
        """What the last rehearsal of releases on an adapter found; None where there was none.

        Raises:
            StateError: it is damaged, or of a newer format.
        """
        record = self._json(_REHEARSALS.format(adapter))
        if record is not None and not isinstance(record.get("rehearsal"), dict):
            raise StateError(f"{self.location}/{_REHEARSALS.format(adapter)} is damaged: it tells of none", REHEARSE)
        return record["rehearsal"] if record else None

    def keep_rehearsal(self, adapter: str, found: dict[str, Any]) -> None:
        """Store what a rehearsal found, in place of the one before."""
        record = {"format": FORMAT, "rehearsal": found}
        self._place.write(_REHEARSALS.format(adapter), json.dumps(record, indent=1).encode())

    def _pointer(self) -> dict[str, Any] | None:
        pointer = self._json("current.json")
        if pointer is not None and not isinstance(pointer.get("release"), str):
            raise StateError(f"{self.location}/current.json is damaged: it names no release", RESTORE)
        return pointer

    def _json(self, name: str) -> dict[str, Any] | None:
        return document(self._place, name)
