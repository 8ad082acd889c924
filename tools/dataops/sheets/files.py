"""The project's YAML files: all are judged before the first is written."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataops.errors import ProjectError


@dataclass(frozen=True)
class File:
    """A file before and after. `before` is None for a new one."""

    path: Path
    before: bytes | None
    after: bytes


def sheet_of(node: Any) -> Path:
    """The file in which a node is documented; the one that would be, beside it, where none is."""
    if str(node.resource_type) == "source":
        return Path(node.original_file_path)
    if getattr(node, "patch_path", None):
        return Path(str(node.patch_path).split("://", 1)[-1])
    return Path(node.original_file_path).with_suffix(".yml")


def changed(root: Path, path: Path, change: Callable[[str], str]) -> File:
    """A file as `change` makes it. Nothing is written.

    Raises:
        ProjectError: it cannot be read.
    """
    before = _read(root / path)
    try:
        text = (before or b"").decode("utf-8")
    except UnicodeDecodeError as error:
        raise ProjectError(f"{path} is not UTF-8: {error}", "save it as UTF-8 and run again") from error
    return File(path, before, change(text).encode("utf-8"))


def write(root: Path, files: Sequence[File]) -> None:
    """Write all files. Each is replaced as a whole, once the new content of all is on disk beside them.

    Raises:
        ProjectError: a file was changed since it was read, or cannot be written. Those before it in the list, which
            the message names, are written.
    """
    places = {file: (root / file.path).resolve() for file in files}
    beside = {file: place.with_name(f".{place.name}.{uuid.uuid4().hex}.tmp") for file, place in places.items()}
    done: list[str] = []
    try:
        for file, temporary in beside.items():
            with temporary.open("xb") as content:
                content.write(file.after)
                content.flush()
                os.fsync(content.fileno())
            if file.before is not None:
                shutil.copymode(places[file], temporary)
        for file, temporary in beside.items():
            if _read(places[file]) != file.before:
                raise ProjectError(
                    f"{file.path} was changed in the meantime{_told(done)}", "run the command again: it starts anew"
                )
            temporary.replace(places[file])
            done.append(str(file.path))
    except OSError as error:
        raise ProjectError(f"cannot write: {error}{_told(done)}", "check space and access there") from error
    finally:
        for temporary in beside.values():
            temporary.unlink(missing_ok=True)


def _told(done: Sequence[str]) -> str:
    return f"; already written: {', '.join(done)}" if done else "; nothing was written"


def _read(place: Path) -> bytes | None:
    try:
        return place.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ProjectError(f"cannot read {place}: {error}", "check access there") from error
