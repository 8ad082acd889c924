"""Journals become files of the history: one that has ended at once, one of a killed process by whoever comes next."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dataops.errors import StateError
from dataops.location import Location
from dataops.observe.history import files
from dataops.observe.history.files import CACHE
from dataops.observe.history.holdings import stored
from dataops.observe.history.journal import DAMAGED, FOLDER, Journal, journals, taken
from dataops.observe.history.records import Record


def finish(place: Location, journal: Journal) -> None:
    """Store a journal that is complete, and remove it.

    Raises:
        StateError: the location cannot be written; the journal stays, to be stored by the next command.
    """
    journal.close_file()
    files.store(place, journal.path)
    journal.remove()


def known(place: Location, root: Path) -> frozenset[str]:
    """The ids of all invocations that the history has, or gets when a journal of the project at `root` ends.

    Raises:
        StateError: the location cannot be read.
    """
    return stored(place, root / CACHE) | {path.stem for path in journals(root / FOLDER)}


def record(state: str, root: Path, invocation_id: str, records: Iterable[Record]) -> bool:
    """Store an invocation that is known as a whole; False if the history has it already.

    Raises:
        StateError: the location cannot be read or written.
    """
    place = Location(state)
    if invocation_id in known(place, root):
        return False
    keep(place, root, invocation_id, records)
    return True


def keep(place: Location, root: Path, invocation_id: str, records: Iterable[Record]) -> None:
    """Store an invocation that is known as a whole: all of it or, if this process is killed, nothing.

    Its journal is none that anybody recovers, for half of it would pass for the whole.

    Raises:
        StateError: the location cannot be written.
    """
    (root / CACHE).mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="keeping-", dir=root / CACHE) as folder:
        journal = Journal(Path(folder), invocation_id)
        try:
            for each in records:
                journal.add(each)
            finish(place, journal)
        finally:
            journal.leave()


def recover(place: Location, folder: Path) -> list[str]:
    """Store what dead processes left, as interrupted where they did not say how it ended; the invocations' ids.

    A damaged journal is put aside and does not keep the others from being stored.

    Raises:
        StateError: the location cannot be written; what could not be stored stays. Or, with all else done, journals
            were put aside.
    """
    found: list[str] = []
    aside: list[str] = []
    for journal in journals(folder):
        with taken(journal) as mine:
            if not mine:
                continue
            try:
                if _store(place, journal):
                    found.append(journal.stem)
            except UnreadableError:
                journal.replace(journal.with_suffix(DAMAGED))
                aside.append(journal.with_suffix(DAMAGED).name)
            else:
                journal.unlink()
    if aside:
        raise StateError(
            f"what killed processes left in {folder} is damaged: {', '.join(aside)}", "look at it, or remove it"
        )
    return found


def _store(place: Location, journal: Path) -> bool:
    """Store a dead writer's journal; False when it was killed before it had told anything.

    Raises:
        UnreadableError: it holds lines, and none that tells which invocation it is.
        StateError: the location cannot be written.
    """
    last = files.told(journal, last=True)
    if last is None:
        if b"\n" in journal.read_bytes():
            raise UnreadableError(journal.name)
        return False
    if last["status"] == "running":
        _interrupt(journal, last)
    # One that was stored before its writer was killed is stored again; readers take it once.
    files.store(place, journal)
    return True


class UnreadableError(Exception):
    """A journal that tells nothing of an invocation any more."""


def _interrupt(journal: Path, last: Mapping[str, Any]) -> None:
    ended = datetime.fromtimestamp(journal.stat().st_mtime, timezone.utc).replace(tzinfo=None)
    started = datetime.fromisoformat(last["started_at"])
    invocation = {
        **last,
        "status": "interrupted",
        "finished_at": ended.isoformat(),
        "seconds": max((ended - started).total_seconds(), 0.0),
    }
    with journal.open("a", encoding="utf-8") as file:
        # What was written last may be half a line.
        file.write("\n" + json.dumps({"line": 2**62, "kind": "invocation", "invocation": invocation}) + "\n")
