"""Stored state: what was written is what is read, or an error; never something else."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops.errors import DataopsError, NewerFormatError, StateError
from dataops.store.location import Location
from dataops.store.record import Release
from dataops.store.state import Bundle, State, pack

FILES = st.dictionaries(
    st.text(
        st.characters(codec="ascii", categories=["L", "N"], include_characters="./_"), min_size=1, max_size=12
    ).filter(lambda name: name != "bundle.json"),
    st.binary(max_size=300),
    max_size=4,
)


A, B, C, R = (f"20260101T000000Z-{letter * 6}" for letter in "abc0")


def release(name: str, moment: int = 0, previous: str | None = None) -> Release:
    return Release(name, f"2026-01-01T00:00:{moment:02}Z", "deploy", None, "me", "duckdb", "1.11", previous, 1, 2, 0)


@given(FILES)
def test_a_bundle_gives_back_what_was_packed(files: dict[str, bytes]) -> None:
    bundle = Bundle(pack(files), "here", "r")
    assert {name: bundle.read(name) for name in files} == files
    assert bundle.read("no such file") is None


@given(FILES, st.data())
def test_no_damage_gives_other_content(files: dict[str, bytes], data: st.DataObject) -> None:
    """Any byte of the archive may change, also in its index: content is what was written, missing, or an error."""
    packed = bytearray(pack(files))
    for _ in range(data.draw(st.integers(1, 3))):
        packed[data.draw(st.integers(0, len(packed) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        bundle = Bundle(bytes(packed), "here", "r")
        for name, content in files.items():
            assert bundle.read(name) in (content, None)
    except DataopsError:
        pass


def test_a_whole_archive_with_other_content() -> None:
    """zip's own checksums hold; only the index tells that this is not what was written."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(pack({"x": b"1"}))) as archive, zipfile.ZipFile(buffer, "w") as forged:
        forged.writestr("bundle.json", archive.read("bundle.json"))
        forged.writestr("x", b"2")
    with pytest.raises(StateError, match="x in the state bundle here is not what was written"):
        Bundle(buffer.getvalue(), "here", "r").read("x")


@given(FILES, st.data())
def test_no_truncation_gives_other_content(files: dict[str, bytes], data: st.DataObject) -> None:
    packed = pack(files)
    with pytest.raises(StateError, match="damaged"):
        Bundle(packed[: data.draw(st.integers(0, len(packed) - 1))], "here", "r")


@given(st.binary(min_size=1, max_size=200), st.data())
def test_the_store_notices_every_flipped_bit(content: bytes, data: st.DataObject) -> None:
    """Through the store every byte counts, since the pointer holds the archive's digest."""
    store = State(f"memory://{hashlib.sha256(content).hexdigest()}")
    packed = bytearray(pack({"file": content}))
    store.record(release(R), bytes(packed))
    store.point(R)
    packed[data.draw(st.integers(0, len(packed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    Location(store.location).write(f"releases/{R}.zip", bytes(packed))
    with pytest.raises(StateError, match="its digest differs"):
        store.bundle()


def test_an_empty_store(tmp_path: Path) -> None:
    store = State(str(tmp_path / "nowhere"))
    assert (store.current(), store.bundle(), store.releases()) == (None, None, [])
    with pytest.raises(StateError, match="there is no release x"):
        store.digest("x")
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("where", ["folder", "file", "memory"])
def test_record_and_point(tmp_path: Path, where: str) -> None:
    place = {"folder": str(tmp_path / "s"), "file": (tmp_path / "s").as_uri(), "memory": f"memory://{tmp_path.name}"}
    store = State(place[where])
    store.record(release(A), pack({"x": b"1"}))
    assert store.current() is None
    store.point(A)
    store.record(release(B, 1, A), pack({"x": b"2"}))
    bundle = store.bundle()
    assert bundle is not None
    assert (store.current(), bundle.release, bundle.read("x")) == (A, A, b"1")
    store.point(B)
    again = State(place[where])
    bundle = again.bundle()
    assert bundle is not None
    assert bundle.read("x") == b"2"
    assert again.releases() == [release(A), release(B, 1, A)]


def test_a_release_without_a_bundle(tmp_path: Path) -> None:
    store = State(str(tmp_path / "s"))
    store.record(release("found"), None)
    store.point("found")
    assert (store.current(), store.bundle()) == ("found", None)


def test_releases_are_listed_in_the_order_of_time(tmp_path: Path) -> None:
    store = State(str(tmp_path / "s"))
    for name, moment in ((C, 1), (A, 3), (B, 2)):
        store.record(release(name, moment), None)
    assert [each.id for each in store.releases()] == [C, B, A]


def test_a_newer_format_is_not_called_damage(tmp_path: Path) -> None:
    store = State(str(tmp_path))
    (tmp_path / "current.json").write_text('{"format": 2, "release": "a"}', encoding="utf-8")
    with pytest.raises(NewerFormatError, match="has format 2"):
        store.current()


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "1", '"a"', "{}", '{"format": 1}', '{"format": "x"}', "\x00"])
def test_a_damaged_pointer(tmp_path: Path, text: str) -> None:
    (tmp_path / "current.json").write_text(text, encoding="utf-8")
    store = State(str(tmp_path))
    with pytest.raises(StateError, match=r"current\.json is damaged"):
        store.current()
    with pytest.raises(StateError, match=r"current\.json is damaged"):
        store.bundle()


@pytest.mark.parametrize(
    "record", ["{", '{"format": 1}', '{"format": 1, "release": {"id": "r"}}', '{"format": 1, "release": 3}']
)
def test_a_damaged_record(tmp_path: Path, record: str) -> None:
    store = State(str(tmp_path))
    store.record(release(R), None)
    (tmp_path / "releases" / f"{R}.json").write_text(record, encoding="utf-8")
    with pytest.raises(StateError, match="damaged"):
        store.releases()
    with pytest.raises(StateError, match="damaged"):
        store.digest(R)


@pytest.mark.parametrize("index", ["{", "[]", "null", '{"format": 1}', '{"files": 3}', '{"format": "x", "files": {}}'])
def test_a_damaged_index(index: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("bundle.json", index)
    with pytest.raises(StateError, match="damaged"):
        Bundle(buffer.getvalue(), "here", R).read("x")


def test_writing_is_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = State(str(tmp_path / "s"))
    store.record(release(A), pack({"x": b"1"}))
    store.point(A)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StateError, match="No space left"):
        store.record(release(B, 1), pack({"x": b"2"}))
    with pytest.raises(StateError, match="No space left"):
        store.point(A)
    monkeypatch.undo()
    assert store.current() == A
    ((_, live),) = store.went_live()
    assert live == A
    (moment,) = (tmp_path / "s" / "live").iterdir()
    left = {path.name for path in (tmp_path / "s").rglob("*") if path.is_file()}
    assert left == {moment.name, f"{A}.json", f"{A}.zip", "current.json"}


def test_a_place_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "s" / "current.json").mkdir(parents=True)
    with pytest.raises(StateError, match="cannot read"):
        State(str(tmp_path / "s")).current()


def test_git_ignores_the_folder(tmp_path: Path) -> None:
    State(str(tmp_path / ".dataops" / "state")).record(release(A), None)
    assert (tmp_path / ".dataops" / ".gitignore").read_text(encoding="utf-8") == "*\n"
    State(str(tmp_path / "elsewhere")).record(release(A), None)
    assert not list((tmp_path / "elsewhere").rglob(".gitignore"))


def test_the_layout_is_as_documented(tmp_path: Path) -> None:
    store = State(str(tmp_path))
    content = pack({"x": b"1"})
    store.record(release(A), content)
    store.point(A)
    digest = hashlib.sha256(content).hexdigest()
    pointer = json.loads((tmp_path / "current.json").read_text(encoding="utf-8"))
    assert pointer == {"format": 1, "release": A, "sha256": digest}
    assert (tmp_path / "releases" / f"{A}.zip").read_bytes() == content
