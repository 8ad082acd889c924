"""What is kept of earlier revisions: the inputs of their nodes, which are the same each time they are asked for.

    <place>/revisions/key         with which names and digests are made
    <place>/revisions/<name>.zip  one revision under certain conditions, or a parse to start from; no name tells which

Kept in the checkout, and where the state is, so that all jobs of a team share it. Whatever cannot be read there is made
again, and what cannot be written costs only time: a plan rests on none of it being there.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from dataops.config import WORK
from dataops.errors import StateError
from dataops.project import fingerprint
from dataops.project.compiled import CompiledSql
from dataops.project.fingerprint import Fingerprints
from dataops.project.slices import Place
from dataops.project.surroundings import keyed, new_key
from dataops.store.location import Location
from dataops.store.state import Bundle, pack

FORMAT = 1
_FOLDER = "revisions"
_PARSE = "partial_parse.msgpack"
_KEY = re.compile(rb"[0-9a-f]{32}")
_HELD = 40
"""So many revisions are held at one place; those that were written longest ago are forgotten."""


@dataclass(frozen=True)
class Kept:
    """One revision under certain conditions.

    `environment`: what it reads of the environment, as digests with the key of the fingerprints. `names`: of relations,
    under the target that it was parsed under. `sql`: of the nodes that were asked for, None where it does not compile.
    `places`: production's relations, if anybody asked for them.
    """

    prints: Fingerprints
    environment: Mapping[str, str]
    names: Mapping[str, str]
    sql: Mapping[str, str | None] = field(default_factory=dict)
    places: Mapping[str, Place] | None = None

    def compiled(self, wanted: Collection[str]) -> CompiledSql:
        """The compiled SQL of some nodes."""
        return CompiledSql({uid: sql for uid in wanted if (sql := self.sql.get(uid)) is not None}, self.names)


class Archive:
    """The kept revisions of a checkout, and those that it shares."""

    def __init__(self, own: Path | None, shared: str | None) -> None:
        """`own`: the checkout's place. `shared`: the state's location, where there is one."""
        self._own = _Shelf(str(own)) if own else None
        self._shared = shared
        self._told = False

    @classmethod
    def of(cls, root: Path, state: str) -> Archive:
        """Of a project whose state is at `state`: a URL, or a folder, if that is there."""
        if "://" in state:
            return cls(root / WORK, state)
        folder = (root / state).resolve()
        there = folder.is_dir() and not (folder / "manifest.json").exists()
        return cls(None if there and folder.is_relative_to(root) else root / WORK, str(folder) if there else None)

    def recall(self, conditions: Any) -> Kept | None:
        """What is kept of a revision under some conditions, which name its commit."""
        found = self._own.recall(conditions) if self._own else None
        if found is None and (shelf := self._shelf()) is not None:
            found = shelf.recall(conditions)
            if found is not None and self._own:
                self._own.keep(conditions, found)
        return found

    def keep(self, conditions: Any, kept: Kept) -> None:
        """Keep a revision, or keep more of it."""
        if self._own:
            self._own.keep(conditions, kept)
        shelf = self._shelf()
        why = shelf.keep(conditions, kept) if shelf is not None else ""
        if why and not self._told:
            self._told = True
            sys.stderr.write(f"what --base compares with is not kept for other jobs: {why}\n")

    def parse(self, conditions: Any) -> bytes | None:
        """Dbt's partial parse that another checkout has kept."""
        shelf = self._shelf()
        return shelf.parse(conditions) if shelf is not None else None

    def keep_parse(self, conditions: Any, parse: bytes) -> None:
        """Keep dbt's partial parse of this checkout for others. That a place takes nothing has been told before."""
        if (shelf := self._shelf()) is not None:
            shelf.write(conditions, pack({_PARSE: parse}))

    def _shelf(self) -> _Shelf | None:
        try:
            return _Shelf(self._shared) if self._shared else None
        except StateError:
            # Nothing here speaks its protocol; whoever needs the state says so.
            return None


class _Shelf:
    """Kept revisions at one place."""

    def __init__(self, url: str) -> None:
        self._place = Location(url)
        self._known: str | None = None

    def recall(self, conditions: Any) -> Kept | None:
        """What is kept of a revision; None also where it is not what was written, or of a later version."""
        try:
            bundle = self._read(conditions)
            return _unpacked(bundle) if bundle is not None else None
        except StateError:
            return None

    def parse(self, conditions: Any) -> bytes | None:
        """A kept parse; None also where it is not what was written."""
        try:
            bundle = self._read(conditions)
            return bundle.read(_PARSE) if bundle is not None else None
        except StateError:
            return None

    def _read(self, conditions: Any) -> Bundle | None:
        key = self._key()
        name = f"{_FOLDER}/{_name(key, conditions)}" if key else ""
        content = self._place.read(name) if key else None
        return Bundle(content, f"{self._place.url}/{name}", "") if content is not None else None

    def keep(self, conditions: Any, kept: Kept) -> str:
        """Keep a revision; why not, in words, where that is not possible."""
        return self.write(conditions, _packed(kept))

    def write(self, conditions: Any, content: bytes) -> str:
        """Write what is kept under some conditions; why not, in words, where that is not possible."""
        try:
            key = self._key() or self._new_key()
            self._place.write(f"{_FOLDER}/{_name(key, conditions)}", content)
            held = [name for name in self._place.by_age(_FOLDER) if name.endswith(".zip")]
            for name in held[:-_HELD]:
                self._place.remove(f"{_FOLDER}/{name}")
        except StateError as error:
            return error.message
        return ""

    def _key(self) -> str | None:
        content = self._place.read(f"{_FOLDER}/key") if self._known is None else b""
        if content and _KEY.fullmatch(content):
            self._known = content.decode()
        return self._known

    def _new_key(self) -> str:
        key = new_key()
        self._place.write(f"{_FOLDER}/key", key.encode())
        self._known = key
        return key


def _name(key: str, conditions: Any) -> str:
    return f"{keyed(key, conditions)}.zip"


def _packed(kept: Kept) -> bytes:
    about = {
        "format": FORMAT,
        "environment": kept.environment,
        "unknown": kept.prints.unknown,
        "names": kept.names,
        "sql": kept.sql,
        "places": None if kept.places is None else {uid: asdict(place) for uid, place in kept.places.items()},
    }
    return pack({"about.json": json.dumps(about).encode(), "fingerprints.json": fingerprint.pack(kept.prints)})


def _unpacked(bundle: Bundle) -> Kept:
    """Raises StateError."""
    source = bundle.source
    prints = fingerprint.unpack(bundle.read("fingerprints.json") or b"", source)
    try:
        about = json.loads(bundle.read("about.json") or b"")
        if about["format"] != FORMAT or prints.unrecorded:
            raise ValueError(f"format {about['format']}")
        placed = about["places"]
        places = None if placed is None else {uid: Place(**place) for uid, place in placed.items()}
        prints = replace(prints, unknown=about["unknown"])
        return Kept(prints, about["environment"], about["names"], about["sql"], places)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise StateError(f"{source} cannot be read: {error}", "remove it") from error
