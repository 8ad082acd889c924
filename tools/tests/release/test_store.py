"""The files around production, without dbt: logs that dead writers leave, records that are damaged, and power cuts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from dataops.engines.duckdb import database
from dataops.engines.duckdb.store import Store, folder_of
from dataops.errors import NewerFormatError, StateError, WarehouseError
from dataops.store.record import Release
from dataops.store.state import State

_DIES = (
    "import duckdb, os, signal, sys\n"
    "connection = duckdb.connect(sys.argv[1])\n"
    "connection.execute('pragma disable_checkpoint_on_shutdown')\n"
    "connection.execute('create table late as select 7 as row')\n"
    "os.kill(os.getpid(), signal.SIGKILL)\n"
)


@dataclass(frozen=True)
class Disk:
    """A production of one table, whose edition 1 is live."""

    store: Store
    state: State
    folder: Path

    @property
    def production(self) -> Path:
        return self.store.production

    @property
    def pending(self) -> Path:
        return folder_of(self.production) / "pending.json"

    def edition(self) -> int:
        with duckdb.connect(str(self.production), read_only=True) as connection:
            return int(connection.execute("select edition from published").fetchall()[0][0])

    def record(self, edition: int) -> str:
        name = f"20260101T00000{edition}Z-00000{edition}"
        moment = f"2026-01-01T00:00:0{edition}.000000Z"
        self.state.record(
            Release(name, moment, "deploy", None, "me", "duckdb", "1", None, 1, 0, 0), f"bundle {edition}".encode()
        )
        return name

    def build(self, edition: int) -> database.Identity | None:
        before = self.store.copy_production()
        with duckdb.connect(str(self.store.next)) as connection:
            connection.execute(f"create or replace table published as select {edition} as edition")
        return before

    def release(self, edition: int, meanwhile: Callable[[], object] = lambda: None) -> str:
        live = self.state.current()
        with self.store.held():
            self.store.settle(self.state)
            before = self.build(edition)
            meanwhile()
            name = self.record(edition)
            try:
                self.store.publish(self.state, name, live, before)
            finally:
                self.store.discard()
        return name

    def kill_a_writer(self) -> None:
        subprocess.run([sys.executable, "-c", _DIES, str(self.production)], check=False)
        assert database.logs(self.production)


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    made = Disk(Store(tmp_path / "prod.duckdb"), State(str(tmp_path / "state")), tmp_path)
    made.release(1)
    return made


# -- the write-ahead log ----------------------------------------------------------------------------------------------


def test_a_writer_that_dies_during_a_deploy(disk: Disk) -> None:
    """Its log would be read into the file that is put in the place of its own."""
    first = disk.state.current()
    with pytest.raises(WarehouseError, match="changed by someone else"):
        disk.release(2, disk.kill_a_writer)
    assert disk.state.current() == first
    assert disk.edition() == 1
    assert not disk.store.all_kept(), "what was not replaced is kept by nobody"
    second = disk.release(2)
    assert (disk.edition(), disk.state.current()) == (2, second)
    with duckdb.connect(str(disk.production), read_only=True) as connection:
        assert connection.execute("select row from late").fetchall() == [(7,)]
    assert database.logs(disk.production) == []


def test_a_writer_that_is_there_at_the_rename(disk: Disk) -> None:
    """It has written nothing yet, and would write its log beside the new file."""
    script = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(flush=True); sys.stdin.read()"
    writer = subprocess.Popen(
        [sys.executable, "-c", script, str(disk.production)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with writer, pytest.raises(WarehouseError, match=r"locked by another process \(PID \d+\)"):
        disk.release(2, lambda: writer.stdout and writer.stdout.readline())
    assert disk.edition() == 1
    assert not disk.pending.exists()
    disk.release(2)


def test_no_writer_comes_between_the_last_look_and_the_pointer(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    script = "import duckdb, sys; duckdb.connect(sys.argv[1])"
    tried: list[bytes] = []

    def rename(new: Path, place: Path, *_: object) -> None:
        if place == disk.production:
            done = subprocess.run([sys.executable, "-c", script, str(place)], stderr=subprocess.PIPE, check=False)
            tried.append(done.stderr)
        new.replace(place)

    monkeypatch.setattr(database, "rename", rename)
    disk.release(2)
    assert len(tried) == 1
    assert b"Could not set lock" in tried[0]


def test_going_back_takes_the_log_of_a_dead_writer_along(disk: Disk) -> None:
    first = disk.state.current()
    assert first is not None
    second = disk.release(2)
    disk.kill_a_writer()
    disk.store.restore(disk.state, first, second)
    assert (disk.edition(), database.logs(disk.production)) == (1, [])
    with duckdb.connect(str(disk.store.kept(second)), read_only=True) as kept:
        assert kept.execute("select row from late").fetchall() == [(7,)]


def test_a_log_that_is_no_log_of_production(disk: Disk) -> None:
    first = disk.state.current()
    disk.kill_a_writer()
    log = database.logs(disk.production)[0]
    foreign = log.read_bytes()
    log.unlink()
    second = disk.release(2)
    disk.release(3)
    log.write_bytes(foreign)
    for attempt in (lambda: disk.release(4), lambda: disk.store.restore(disk.state, second, first)):
        with pytest.raises(WarehouseError, match=r"prod\.duckdb\.wal") as raised:
            attempt()
        assert "move it away" in raised.value.remedy
    disk.production.unlink()
    with pytest.raises(WarehouseError, match="its database is not"):
        disk.release(4)


def test_what_is_kept_is_opened_before_it_is_made_live(disk: Disk) -> None:
    first = disk.state.current()
    assert first is not None
    second = disk.release(2)
    kept = disk.store.kept(first)
    whole = kept.read_bytes()
    kept.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(WarehouseError, match="cannot open"):
        disk.store.restore(disk.state, first, second)
    assert (disk.edition(), disk.state.current()) == (2, second)
    kept.write_bytes(whole)
    disk.production.write_bytes(b"scrap" * 5000)
    disk.store.restore(disk.state, first, second)
    assert disk.edition() == 1, "a production that is damaged can be replaced"


def test_a_name_with_lock_in_it_is_not_locked(tmp_path: Path) -> None:
    place = tmp_path / "stock.duckdb"
    place.write_bytes(b"scrap" * 5000)
    with pytest.raises(WarehouseError, match="cannot open"):
        Store(place).copy_production()


# -- folders ----------------------------------------------------------------------------------------------------------


def test_no_two_databases_of_a_folder_share_one(tmp_path: Path) -> None:
    stems = ("prod", "prod.v2", "Prod", "prod.duckdb", "my shop", "2024")
    names = {stem + ending for stem in stems for ending in ("", ".duckdb", ".db", ".ddb", ".duckdb.duckdb")}
    folders = {folder_of(tmp_path / name) for name in names}
    assert len(folders) == len(names)
    assert folder_of(tmp_path / "prod.duckdb").name == "prod"


def test_releases_of_before_are_taken_over(tmp_path: Path) -> None:
    """`prod.db` and `prod.duckdb` had one folder, and each had its releases there."""
    store = Store(tmp_path / "prod.db")
    for name in ("prod.db", "prod.duckdb"):
        place = tmp_path / ".dataops" / "prod" / "releases" / name / name
        place.parent.mkdir(parents=True)
        place.touch()
    with store.held():
        assert store.all_kept() == {"prod.db"}
    assert Store(tmp_path / "prod.duckdb").all_kept() == {"prod.duckdb"}


# -- the record of a publication --------------------------------------------------------------------------------------


def _interrupted(disk: Disk) -> str:
    """A process was killed after the rename and before the pointer; the release that is live now."""
    first = disk.state.current()
    with disk.store.held():
        disk.build(2)
        name = disk.record(2)
        database.checkpoint(disk.store.next)
        record = {"release": name, "identity": database.identity(disk.store.next)}
        disk.pending.write_text(json.dumps(record), encoding="utf-8")
        disk.store.next.replace(disk.production)
    assert disk.state.current() == first
    return name


def test_a_publication_is_settled_whoever_has_written_since(disk: Disk) -> None:
    second = _interrupted(disk)
    with duckdb.connect(str(disk.production)) as connection:
        connection.execute("create table theirs as select 1 as row")
    disk.store.settle_if_idle(disk.state)
    assert disk.state.current() == second
    assert not disk.pending.exists()
    assert not disk.store.holds(second), "it is not what was published any more"


def test_a_damaged_record_of_a_publication(disk: Disk) -> None:
    first = disk.state.current()
    for scrap in (b"", b'{"release": "', b"[]", b"{}", b'{"release": 1}', b"\xff\xfe", b'{"release": "x"}'):
        disk.pending.write_bytes(scrap)
        disk.store.settle(disk.state)
        assert not disk.pending.exists(), "production is what the state says, so the rename never came"
    disk.pending.write_text('{"format": 2, "release": "x", "identity": []}', encoding="utf-8")
    with pytest.raises(NewerFormatError, match=r"pending\.json has format 2"):
        disk.store.settle(disk.state)
    _interrupted(disk)
    disk.pending.write_bytes(b"\x00\x00")
    with pytest.raises(StateError, match=r"pending\.json is damaged") as raised:
        disk.store.settle(disk.state)
    assert "remove that file" in raised.value.remedy
    assert disk.state.current() == first
    assert disk.pending.exists()


def test_a_state_that_cannot_be_written_after_the_rename(disk: Disk) -> None:
    """Production is the new release by then: nobody is told that it is untouched, and the state follows."""

    def refused(_: State, __: str) -> None:
        raise StateError("cannot write current.json: 403", "check access there")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(State, "point", refused)
        with pytest.raises(
            StateError, match=r"production is release \S+-000002 now, and its state is not: cannot write"
        ):
            disk.release(2)
    assert disk.edition() == 2
    disk.store.settle_if_idle(disk.state)
    assert disk.state.current() == "20260101T000002Z-000002"


def test_nothing_that_was_published_is_called_a_failure(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full when all is done but to tidy up."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    rename = database.rename
    monkeypatch.setattr(
        database,
        "rename",
        lambda new, place, *also: full() if place.name == "published.json" else rename(new, place, *also),
    )
    second = disk.release(2)
    assert (disk.edition(), disk.state.current()) == (2, second)
    assert not disk.store.holds(second)


def test_one_at_a_time_and_only_where_it_can_write(disk: Disk) -> None:
    lock = folder_of(disk.production) / "lock"
    with disk.store.held(), pytest.raises(WarehouseError, match="another deploy or rollback"), disk.store.held():
        pass
    lock.unlink(missing_ok=True)
    lock.mkdir()
    with pytest.raises(WarehouseError, match="cannot write beside production"), disk.store.held():
        pass


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="sees files by their descriptors")
def test_every_name_is_on_the_disk_before_the_next_depends_on_it(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Power may go at any moment: what a rename rests on has been synced, content and folder, before it comes."""
    first = disk.state.current()
    done: list[tuple[str, str]] = []
    fsync, replace, link = os.fsync, Path.replace, Path.hardlink_to

    def synced(handle: int) -> None:
        done.append(("sync", str(Path(f"/proc/self/fd/{handle}").readlink())))
        fsync(handle)

    def renamed(self: Path, target: Path) -> Path:
        done.append(("rename", str(target)))
        return replace(self, target)

    def linked(self: Path, target: Path) -> None:
        done.append(("rename", str(self)))
        link(self, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", renamed)
    monkeypatch.setattr(Path, "hardlink_to", linked)
    second = disk.release(2)
    names = [name for what, name in done if what == "rename"]
    kept = str(disk.store.kept(str(first)))
    order = [kept, str(disk.pending), str(disk.production), f"{disk.folder}/state/current.json"]
    assert [name for name in names if name in order] == order
    assert any(name.endswith(f"{second}.json") for name in names[: names.index(kept)]), "the record comes first"
    renames = [at for at, (what, _) in enumerate(done) if what == "rename"]
    for at, until in zip(renames, [*renames[1:], len(done)], strict=True):
        folder = str(Path(done[at][1]).parent)
        assert ("sync", folder) in done[at:until], f"{done[at][1]}: its folder is not synced before the next rename"
    before = done[: done.index(("rename", kept))]
    assert ("sync", str(disk.store.next)) in before, "the release itself"
