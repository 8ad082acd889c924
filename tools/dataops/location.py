"""A folder or any fsspec URL, to which files are written whole or not at all."""

from __future__ import annotations

import os
import shutil
import uuid
from pathlib import Path

import fsspec

from dataops.errors import StateError


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
        self._local = "file" in self._files.protocol

    def names(self, folder: str) -> list[str]:
        """The names of the files in a folder of this place, as it is now: other processes write there too."""
        try:
            self._files.invalidate_cache(f"{self._root}/{folder}")
            return [name.rsplit("/", 1)[-1] for name in self._files.ls(f"{self._root}/{folder}", detail=False)]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StateError(f"cannot list {self.url}/{folder}: {error}", "check the location and access") from error

    def read(self, name: str) -> bytes | None:
        """The content of a file, None when there is none."""
        try:
            content: bytes = self._files.cat_file(f"{self._root}/{name}")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StateError(f"cannot read {self.url}/{name}: {error}", "check the location and access") from error
        return content

    def write(self, name: str, content: bytes | Path) -> None:
        """Write a file, given as its content or as a file on disk: an object store's put is atomic, so is a rename."""
        path = f"{self._root}/{name}"
        try:
            if self._local:
                _replace(Path(path), content)
            elif isinstance(content, Path):
                self._files.put_file(str(content), path)
            else:
                self._files.pipe_file(path, content)
        except OSError as error:
            raise StateError(f"cannot write {self.url}/{name}: {error}", "check space and access there") from error


def _replace(place: Path, content: bytes | Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
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
        temporary.unlink(missing_ok=True)


def keep_out_of_git(folder: Path) -> None:
    """Let git ignore the `.dataops` folder that `folder` lies in: it holds data, not sources."""
    for each in (folder, *folder.parents):
        if each.name == ".dataops" and not (each / ".gitignore").exists():
            (each / ".gitignore").write_text("*\n", encoding="utf-8")
