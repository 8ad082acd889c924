"""Releases of which something failed, in the state: one at most can be gone on with, until it is published or dropped.

    <location>/unfinished.json       which one
    <location>/unfinished/<id>.json  from what, by whom, until when
    <location>/unfinished/<id>.zip   what ran, of which code, and dbt's artifacts

An earlier version knows nothing of them: to it what waits beside production is a release of another state, which it
refuses to publish.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict

from dataops.errors import StateError
from dataops.store.location import Location
from dataops.store.record import Unfinished
from dataops.store.state import DISCARD, FORMAT, Bundle, document, pack

_POINTER = "unfinished.json"
_FOLDER = "unfinished"
_TUPLES = ("paused", "held")


class Drafts:
    """Those of a store."""

    def __init__(self, location: str) -> None:
        """Name the store; nothing is read yet."""
        self._place = Location(location)

    def record(self, unfinished: Unfinished, files: Mapping[str, bytes]) -> None:
        """Store what is to be known of a release that is about to be left unfinished."""
        archive = pack(files)
        self._place.write(f"{_FOLDER}/{unfinished.release}.zip", archive)
        record = {"format": FORMAT, "sha256": hashlib.sha256(archive).hexdigest(), "unfinished": asdict(unfinished)}
        self._place.write(f"{_FOLDER}/{unfinished.release}.json", json.dumps(record, indent=1).encode())

    def leave(self, release: str | None) -> None:
        """Say which one can be gone on with; None: that none can."""
        if release is None:
            self._place.remove(_POINTER)
        else:
            self._place.write(_POINTER, json.dumps({"format": FORMAT, "release": release}).encode())

    def find(self, release: str | None = None) -> Unfinished | None:
        """What is known of the one that can be gone on with, or of `release`; None where there is none.

        Raises:
            StateError: its record is damaged, or of a newer format.
        """
        if release is None:
            pointer = document(self._place, _POINTER)
            release = str(pointer.get("release")) if pointer else None
        name = f"{_FOLDER}/{release}.json"
        record = document(self._place, name) if release else None
        try:
            found = record["unfinished"] if record else None
            return Unfinished(**{**found, **{key: tuple(found[key]) for key in _TUPLES}}) if found else None
        except (KeyError, TypeError) as error:
            raise StateError(f"{self._place.url}/{name} is damaged: {error}", DISCARD) from error

    def files(self, release: str) -> Bundle:
        """What was stored with it.

        Raises:
            StateError: it is missing or damaged.
        """
        record, name = document(self._place, f"{_FOLDER}/{release}.json"), f"{_FOLDER}/{release}.zip"
        content = self._place.read(name)
        if record is None or content is None or hashlib.sha256(content).hexdigest() != record.get("sha256"):
            raise StateError(f"{self._place.url}/{name} is missing or damaged", DISCARD)
        return Bundle(content, f"{self._place.url}/{name}", release)

    def forget(self, keep: str | None = None) -> None:
        """Remove what was stored of all but one: it holds compiled SQL, and nobody can go on with it."""
        for each in self._place.names(_FOLDER):
            if each.rsplit(".", 1)[0] != keep:
                self._place.remove(f"{_FOLDER}/{each}")
