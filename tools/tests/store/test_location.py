"""Files at a place: whatever a store's own library raises is one line that names the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from dataops.errors import StateError
from dataops.store.location import Location


class ClientError(Exception):
    """As botocore's: no `OSError`, with a message of several lines."""


class TimedOutError(Exception):
    """As those that say nothing."""


class Forbidding(MemoryFileSystem):  # type: ignore[misc]
    """A store of which each call fails as the library's own calls do."""

    protocol = "forbidding"
    error: Exception = ClientError()
    allowed = False

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise self.error

    ls = info = cat_file = pipe_file = put_file = rm_file = modified = cat = _refuse


ERRORS = (
    ClientError("An error occurred (403) when calling the\n GetObject operation: Forbidden"),
    PermissionError("Access Denied"),
    TimedOutError(),
    ConnectionError("no route to host"),
)
CALLS: dict[str, Callable[[Location, Path], object]] = {
    "list": lambda place, _: place.names("releases"),
    "folders": lambda place, _: place.folders("history"),
    "stamps": lambda place, _: place.stamps("releases"),
    "read": lambda place, _: place.read("current.json"),
    "write": lambda place, _: place.write("current.json", b"{}"),
    "write a file": lambda place, disk: place.write("current.json", disk / "file"),
    "remove": lambda place, _: place.remove("current.json"),
    "written_at": lambda place, _: place.written_at("current.json"),
    "on_disk": lambda place, disk: place.on_disk("history", ["a.parquet"], disk / "cache"),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("error", ERRORS, ids=lambda each: type(each).__name__)
def test_a_store_s_own_errors_are_one_line(
    call: str, error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsspec.register_implementation("forbidding", Forbidding, clobber=True)
    monkeypatch.setattr(Forbidding, "error", error)
    (tmp_path / "file").touch()
    with pytest.raises(StateError) as raised:
        CALLS[call](Location("forbidding://bucket/state"), tmp_path)
    assert "forbidding://bucket/state" in raised.value.message
    assert (str(error).split("\n")[0] or "TimedOutError") in raised.value.message
    assert "\n" not in raised.value.message
    assert "access" in raised.value.remedy


def test_a_store_that_fails_when_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """As gcsfs does, which looks for credentials at once."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise ClientError("could not find default credentials")

    monkeypatch.setattr(fsspec.core, "url_to_fs", refuse)
    with pytest.raises(StateError, match="cannot open gs://bucket: could not find default credentials"):
        Location("gs://bucket")


def test_what_is_not_there_is_empty(tmp_path: Path) -> None:
    for place in (Location(str(tmp_path / "none")), Location("memory://none")):
        assert (place.names("a"), place.folders("a"), place.read("a"), place.stamps("a")) == ([], [], None, frozenset())


def test_folders_are_told_from_files(tmp_path: Path) -> None:
    (tmp_path / "a" / "b.json").mkdir(parents=True)
    (tmp_path / "a" / "c.json").touch()
    place = Location(str(tmp_path))
    assert (sorted(place.names("a")), place.folders("a")) == (["b.json", "c.json"], ["b.json"])
