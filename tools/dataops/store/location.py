"""A folder or any fsspec URL, to which files are written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, TypeVar

import fsspec

from dataops.errors import StateError

T = TypeVar("T")

_STAMPED = ("size", "mtime", "ETag", "etag", "LastModified", "last_modified", "updated")
"""What different stores call a file's size, time and version."""

_MOMENTS = ("mtime", "LastModified", "last_modified", "updated")


class Location:
    """Named files at one place. Reading never writes; a missing place is an empty one."""

    def __init__(self, url: str) -> None:
        """Name the place; nothing is read yet.

        Raises:
            StateError: no library installed here speaks the URL's protocol.
        """
        self.url = url
        try:
            self._files, self._root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise StateError(f"cannot open {url}: {error}", "install the library fsspec names there") from error
        except Exception as error:
            # Some libraries look for credentials already here, and have errors of their own.
            raise StateError(f"cannot open {url}: {cause(error)}", "check the location and access") from error
        self._local = "file" in self._files.protocol
        # A store's own library has errors of its own, for want of a network or of credentials.
        self._refusals: tuple[type[Exception], ...] = (OSError,) if self._local else (Exception,)

    def names(self, folder: str) -> list[str]:
        """The names in a folder of this place, as it is now: other processes write there too.

        Raises:
            StateError: the location cannot be read.
        """
        return [name for name, _ in self._listed(folder)]

    def folders(self, folder: str) -> list[str]:
        """Those of them that are folders.

        Raises:
            StateError: the location cannot be read.
        """
        return [name for name, is_folder in self._listed(folder) if is_folder]

    def _listed(self, folder: str) -> list[tuple[str, bool]]:
        def here() -> list[tuple[str, bool]]:
            with os.scandir(f"{self._root}/{folder}") as found:
                return [(each.name, each.is_dir()) for each in found]

        if self._local:
            return self._listing(folder, here)
        listed = self._entries(folder)
        return [(each["name"].rstrip("/").rsplit("/", 1)[-1], each["type"] == "directory") for each in listed]

    def _entries(self, folder: str) -> list[dict[str, Any]]:
        """What the store says of each file and folder in a folder."""
        return self._listing(folder, lambda: list(self._now().ls(f"{self._root}/{folder}", detail=True)))

    def _listing(self, folder: str, read: Callable[[], list[T]]) -> list[T]:
        """What is in a folder; nothing where it is not there.

        Raises:
            StateError: it cannot be listed.
        """
        try:
            return read()
        except FileNotFoundError:
            return []
        except self._refusals as error:
            raise StateError(
                f"cannot list {self.url}/{folder}: {cause(error)}", "check the location and access"
            ) from error

    @property
    def is_local(self) -> bool:
        """Whether it is a folder of this machine, which costs nothing to ask."""
        return self._local

    def stamps(self, folder: str) -> frozenset[tuple[str, ...]]:
        """The files in a folder with what tells that one was written anew: as long as these are the same, so are those.

        Raises:
            StateError: the location cannot be read.
        """
        listed = self._entries(folder)
        return frozenset((each["name"], *(str(each.get(fact)) for fact in _STAMPED)) for each in listed)

    def by_age(self, folder: str) -> list[str]:
        """The names in a folder, those first that were written longest ago.

        Raises:
            StateError: the location cannot be read.
        """
        listed = self._entries(folder)
        # Of one store all moments are of one form.
        aged = [(next((str(each[fact]) for fact in _MOMENTS if each.get(fact)), ""), each["name"]) for each in listed]
        return [name.rsplit("/", 1)[-1] for _, name in sorted(aged)]

    def read(self, name: str) -> bytes | None:
        """The content of a file, None when there is none."""
        try:
            content: bytes = self._now().cat_file(f"{self._root}/{name}")
        except FileNotFoundError:
            return None
        except self._refusals as error:
            raise StateError(
                f"cannot read {self.url}/{name}: {cause(error)}", "check the location and access"
            ) from error
        return content

    def write(self, name: str, content: bytes | Path) -> None:
        """Write a file, given as its content or as a file on disk: an object store's put is atomic, so is a rename."""
        path = f"{self._root}/{name}"
        try:
            if self._local:
                write_whole(Path(path), content)
            elif isinstance(content, Path):
                self._files.put_file(str(content), path)
            else:
                self._files.pipe_file(path, content)
        except self._refusals as error:
            raise StateError(
                f"cannot write {self.url}/{name}: {cause(error)}", "check space and access there"
            ) from error

    def remove(self, name: str) -> None:
        """Remove a file; nothing happens when it is not there."""
        try:
            self._files.rm_file(f"{self._root}/{name}")
        except FileNotFoundError:
            return
        except self._refusals as error:
            raise StateError(f"cannot remove {self.url}/{name}: {cause(error)}", "check access there") from error

    def written_at(self, name: str) -> datetime:
        """When a file was written: UTC, without a zone. The first of January 1 when it is not there or nobody knows."""
        try:
            moment: datetime = self._now().modified(f"{self._root}/{name}")
        except (FileNotFoundError, NotImplementedError):
            return datetime.min
        except self._refusals as error:
            raise StateError(
                f"cannot ask {self.url}/{name}: {cause(error)}", "check the location and access"
            ) from error
        return moment.astimezone(timezone.utc).replace(tzinfo=None)

    def on_disk(self, folder: str, names: Sequence[str], cache: Path) -> dict[str, Path]:
        """The files of those names that are there, as paths: where they lie if that is local, else copied to `cache`.

        A file in the cache is not asked for again: only for files that are never rewritten.

        Raises:
            StateError: one that may be there cannot be read.
        """
        if self._local:
            return {name: path for name in names if (path := Path(self._root) / folder / name).exists()}
        cache.mkdir(parents=True, exist_ok=True)
        missing = [name for name in names if not (cache / name).exists()]
        wanted = [f"{self._root}/{folder}/{name}" for name in missing]
        try:
            found = self._now().cat(wanted, on_error="return") if wanted else {}
        except self._refusals as error:
            raise StateError(
                f"cannot read {self.url}/{folder}: {cause(error)}", "check the location and access"
            ) from error
        for path, content in found.items():
            if isinstance(content, bytes):
                write_whole(cache / path.rsplit("/", 1)[-1], content)
            elif not isinstance(content, FileNotFoundError):
                raise StateError(f"cannot read {self.url}/{folder}: {cause(content)}", "check the location and access")
        return {name: cache / name for name in names if (cache / name).exists()}

    def _now(self) -> Any:
        """The files as they are now: libraries keep listings, and deny what another process has written since."""
        self._files.invalidate_cache()
        return self._files


def cause(error: BaseException) -> str:
    """What an error says. Those of stores that say nothing (a time-out) have their name at least."""
    text = " ".join(str(error).split())
    return text or type(error).__name__


def write_whole(place: Path, content: bytes | Path) -> None:
    """Write a file of this machine, given as its content or as another file: whole and on the disk, or not at all.

    Raises:
        OSError: it cannot be written; what was there is there.
    """
    make(place.parent)
    keep_out_of_git(place.parent)
    temporary = place.with_name(f"{place.name}.{uuid.uuid4().hex}.tmp")
    try:
        with temporary.open("wb") as file:
            if isinstance(content, Path):
                with content.open("rb") as source:
                    shutil.copyfileobj(source, file)
            else:
                file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(place)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    sync(place.parent)


def make(folder: Path) -> None:
    """Make a folder and those that it lies in, and put their names on the disk."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for each in missing:
        sync(each.parent)


def sync(folder: Path) -> None:
    """Put the names in a folder on the disk, of files that were made, renamed or removed there.

    Windows cannot open folders, and needs no such thing; some network disks refuse it, and then nothing can be done.
    """
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)


def keep_out_of_git(folder: Path) -> None:
    """Let git ignore the `.dataops` folder that `folder` lies in: it holds data, not sources."""
    for each in (folder, *folder.parents):
        if each.name == ".dataops" and not (each / ".gitignore").exists():
            (each / ".gitignore").write_text("*\n", encoding="utf-8")
