"""A release that is built and waits to be published: its folder under a name of its own, with what it was copied from.

<store>/waiting/<id>/prod.duckdb    the database, with files/ and attached/ as they were in next/
<store>/waiting/<id>/waiting.json   what production was when it was copied, and what is published with it
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dataops.engines.duckdb import companions, database, records
from dataops.engines.duckdb.companions import Companion
from dataops.engines.duckdb.database import Identity
from dataops.errors import StateError
from dataops.store.location import make

_RECORD = "waiting.json"


class Shelf:
    """Where releases of one database wait; one at a time, but for the moment in which one takes another's place."""

    def __init__(self, store: Path, name: str) -> None:
        """`name`: the database's, which every copy of it keeps."""
        self._folder = store / "waiting"
        self._name = name

    def put(
        self,
        built: Path,
        release: str,
        before: Identity | None,
        files: Sequence[Companion],
        outlet: Mapping[str, Any] | None = None,
    ) -> None:
        """Let the folder of what was built wait, with all that goes with it; what waited before is gone.

        `outlet`: it is unfinished, and that is where files went that it exported so far.
        """
        for each in (built / self._name, *(each.new for each in files if each.is_database and each.new)):
            database.checkpoint(each)
        listed = companions.packed(files, built)
        records.write(built / _RECORD, {"release": release, "before": before, "files": listed, "outlet": outlet})
        make(self._folder)
        # At once: either it waits, with its record, or it is what a killed process had begun.
        database.rename(built, self._folder / release)
        _remove(each for each in self._folder.iterdir() if each.name != release)

    def release(self) -> str | None:
        """Which one waits; the newest, where a process was killed before it dropped another."""
        return max((each.parent.name for each in self._folder.glob(f"*/{self._name}")), default=None)

    def taken(self, release: str) -> tuple[Path, Identity | None, tuple[Companion, ...]]:
        """The database of the one that waits, what production was when it was copied, and what goes with it.

        Raises:
            StateError: its record is damaged, or of a newer format.
            WarehouseError: somebody has it open.
        """
        return self.read(self._folder / release)

    def read(self, folder: Path) -> tuple[Path, Identity | None, tuple[Companion, ...]]:
        """The same of one that is in `folder`."""
        told = _told(folder)
        # Whoever looked at it meanwhile may have left a log.
        database.checkpoint(folder / self._name)
        return folder / self._name, told["before"], companions.unpacked(told["files"], folder)

    def back(self, release: str, place: Path) -> Mapping[str, Any]:
        """Move the folder of an unfinished one to `place`, where there is none; where its exported files went.

        Raises:
            StateError: its record is damaged, or it is not unfinished.
        """
        folder = self._folder / release
        outlet = _told(folder).get("outlet")
        if not isinstance(outlet, Mapping):
            raise StateError(f"{folder} is not unfinished", "`dataops discard`, then deploy again")
        # At once: either it waits on, or it is what a killed process had begun.
        database.rename(folder, place)
        return outlet

    def clear(self) -> None:
        """Delete whatever waits."""
        if self._folder.exists():
            _remove(self._folder.iterdir())


def _told(folder: Path) -> dict[str, Any]:
    told = records.publication(folder / _RECORD)
    if told is None:
        raise StateError(f"{folder / _RECORD} is missing or damaged", "`dataops discard`, then deploy again")
    return told


def _remove(folders: Iterable[Path]) -> None:
    for each in list(folders):
        shutil.rmtree(each, ignore_errors=True)
