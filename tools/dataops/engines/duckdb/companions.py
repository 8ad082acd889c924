"""What a release serves besides its database: exported files, and databases that production attaches and writes to.

    <store>/next/files/<n>/…        files that the release being built exported
    <store>/next/attached/<name>/…  copies of attached databases, in which it is built
    <store>/releases/<id>/files/…   what a superseded release served in their places, and files.json, which says where
    <store>/places.json             every place that a release ever served

They are published by renames right after that of the database, from a list that `pending.json` holds: whoever comes
after a process that was killed in between finishes them. A file that is not there yet is one that the release before
did not have: to go back to that is to remove it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataops.engines.duckdb import database, records
from dataops.engines.duckdb.database import Identity, identity
from dataops.errors import StateError, WarehouseError
from dataops.store.location import make, sync

Mark = Identity | str | None
"""What tells a file, or a folder of files, from itself after a later write. None: there is nothing."""


@dataclass(frozen=True)
class Companion:
    """One of them: where it is served, what is to take its place (None: nothing), and what was there (`before`)."""

    place: Path
    new: Path | None
    before: Mark
    is_database: bool = False


def mark(path: Path) -> Mark:
    """The mark of a file or folder."""
    if not path.is_dir():
        return identity(path)
    found = hashlib.sha256()
    for each in sorted(path.rglob("*")):
        if each.is_file():
            found.update(json.dumps([str(each.relative_to(path)), identity(each)]).encode())
    return found.hexdigest()


def check(companions: Sequence[Companion]) -> None:
    """See that nobody wrote to what is to be replaced, and that it can be.

    Raises:
        WarehouseError: somebody did, or it cannot; nothing was changed.
    """
    for each in companions:
        if mark(each.place) != each.before or (each.is_database and database.logs(each.place)):
            raise WarehouseError(
                f"{each.place} was changed by someone else while the release was made",
                "run again; let only `dataops deploy` write what production serves",
            )
        folder = next(folder for folder in each.place.parents if folder.exists())
        if not os.access(folder, os.W_OK):
            raise WarehouseError(f"cannot write in {folder}, where {each.place.name} is served", "let this user write")


def staged(companions: Sequence[Companion]) -> tuple[Companion, ...]:
    """All of them on the disk, and on that of their places, so that renames publish them."""
    return tuple(_staged(each) for each in companions)


def _staged(each: Companion) -> Companion:
    if each.new is None:
        return each
    if each.is_database:
        database.checkpoint(each.new)
    files = [each.new] if each.new.is_file() else [file for file in each.new.rglob("*") if file.is_file()]
    if each.place.is_file() and each.new.is_file():
        shutil.copymode(each.place, each.new)
    for file in files:
        with file.open("rb") as content:
            os.fsync(content.fileno())
    make(each.place.parent)
    if _device(each.new) == _device(each.place.parent):
        return each
    near = each.place.with_name(f".{each.place.name}.dataops-next")
    _remove(near)
    _copy(each.new, near)
    return Companion(each.place, near, each.before, each.is_database)


@contextmanager
def without_writers(companions: Iterable[Companion]) -> Iterator[None]:
    """Keep writers out of the databases among them.

    Raises:
        WarehouseError: somebody has one open for writing.
    """
    with ExitStack() as stack:
        for each in companions:
            if each.is_database:
                stack.enter_context(database.without_writers(each.place))
        yield


def record(companions: Iterable[Companion]) -> list[dict[str, Any]]:
    """What `finish` has to know."""
    return [
        {
            "place": str(each.place),
            "new": str(each.new) if each.new is not None else None,
            "made": mark(each.new) if each.new is not None else None,
        }
        for each in companions
    ]


def packed(companions: Iterable[Companion], folder: Path) -> list[dict[str, Any]]:
    """Companions whose files are in `folder`, as JSON that holds when the folder is elsewhere."""
    return [
        {
            "place": str(each.place),
            "new": str(each.new.relative_to(folder)) if each.new is not None else None,
            "before": each.before,
            "is_database": each.is_database,
        }
        for each in companions
    ]


def unpacked(listed: Iterable[Mapping[str, Any]], folder: Path) -> tuple[Companion, ...]:
    """What `packed` made, with the files where `folder` is now."""
    return tuple(
        Companion(
            Path(each["place"]),
            folder / each["new"] if each["new"] is not None else None,
            each["before"],
            each["is_database"],
        )
        for each in listed
    )


def finish(recorded: Iterable[dict[str, Any]]) -> None:
    """Put each in its place, unless it is there already.

    Raises:
        WarehouseError: after an interruption, somebody is writing to what is to be replaced.
    """
    folders, left = set(), []
    for each in recorded:
        place, new = Path(each["place"]), Path(each["new"]) if each["new"] else None
        # Nothing can be renamed onto a folder: it is moved aside, which is quick, and removed when all is there.
        aside = place.with_name(f".{place.name}.dataops-old")
        if new is None:
            _remove(place)
        elif new.exists():
            # Who wrote since an interruption and died left a log that would be read into the new file.
            database.fold_log(place)
            if place.exists() and (new.is_dir() or place.is_dir()):
                _remove(aside)
                place.replace(aside)
            new.replace(place)
        left.append(aside)
        folders.add(place.parent)
    for aside in left:
        _remove(aside)
    for folder in folders:
        if folder.exists():
            sync(folder)


def begun(recorded: Iterable[dict[str, Any]]) -> bool:
    """Whether any of them is in its place already."""
    return any(each["made"] is not None and mark(Path(each["place"])) == each["made"] for each in recorded)


def forget_staged(recorded: Iterable[dict[str, Any]]) -> None:
    """Remove what was put near a place and is not published."""
    for each in recorded:
        if each["new"] and Path(each["new"]).name.endswith(".dataops-next"):
            _remove(Path(each["new"]))


class Places:
    """Every place that releases of one database served, and what superseded ones served there."""

    def __init__(self, store: Path) -> None:
        self._file = store / "places.json"

    def known(self) -> list[Path]:
        """All places so far.

        Raises:
            StateError: the list is damaged, or of a newer format.
        """
        return [Path(each) for each in records.listed(self._file, "places")]

    def add(self, companions: Iterable[Companion]) -> None:
        """Remember the places of a release that is about to be published."""
        known = [str(each) for each in self.known()]
        more = [str(each.place) for each in companions if str(each.place) not in known]
        if more:
            records.write(self._file, {"places": [*known, *more]})

    def keep(self, companions: Iterable[Companion], folder: Path) -> None:
        """Keep what is served now, in every place, with the release that is superseded."""
        replaced = {each.place for each in companions}
        places = sorted({*replaced, *self.known()})
        if not places:
            return
        _remove(folder / "files")
        files = []
        for number, place in enumerate(places):
            kept = folder / "files" / str(number) / place.name
            if place.exists():
                make(kept.parent)
                # What is not replaced may be written to in place later on: a second name would change with it.
                _copy(place, kept, link=place in replaced)
            files.append({"place": str(place), "kept": str(kept.relative_to(folder)) if place.exists() else None})
        records.write(folder / "files.json", {"files": files})

    def kept(self, folder: Path) -> tuple[Companion, ...]:
        """What takes its place again when a kept release does. What a writer left who died is read into its database.

        Raises:
            StateError: what was kept is damaged, or not all there.
            WarehouseError: a database among it, or the log beside one that is served, cannot be read.
        """
        found = []
        for each in records.listed(folder / "files.json", "files"):
            place, new = Path(each["place"]), folder / each["kept"] if each["kept"] else None
            if new is not None and not new.exists():
                raise StateError(f"{new} is missing: that release is not whole", "roll back to another one")
            if new is not None or place.exists():
                is_database = any(each is not None and database.is_one(each) for each in (place, new))
                if is_database:
                    database.fold_log(place)
                found.append(Companion(place, new, mark(place), is_database))
        return tuple(found)


def _device(path: Path) -> int:
    return path.stat().st_dev


def _copy(source: Path, place: Path, link: bool = False) -> None:
    """A file or a folder of files in another place, on the disk when this returns."""

    def put(file: str, other: str) -> None:
        if link:
            with contextlib.suppress(OSError):
                os.link(file, other)
                return
        shutil.copy2(file, other)
        with Path(other).open("rb") as content:
            os.fsync(content.fileno())

    if source.is_dir():
        shutil.copytree(source, place, copy_function=put)
    else:
        put(str(source), str(place))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
