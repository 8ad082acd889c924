"""The history's files: nothing lost and nothing twice, whoever writes, compacts, is killed or damages what."""

from __future__ import annotations

import math
import subprocess
import sys
import threading
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import fsspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops.errors import StateError
from dataops.history import files, journals, upkeep
from dataops.history.files import Held, choose
from dataops.history.journals import Journal
from dataops.history.reader import reading
from dataops.history.records import KIND_OF, VIEWS, Invocation, Point, Relation, Sample
from dataops.store.location import Location
from tests.history import write_fixture
from tests.history.made import NODES, START, records, write

TOOLS = Path(__file__).resolve().parents[2]


def counted(root: Path, state: str | None = None) -> Counter[str]:
    """How many results each invocation has, those without an invocation's row too."""
    with reading(state or str(root / "state"), root) as history:
        runs = Counter(row[0] for row in history.connection.execute("select invocation_id from invocations").fetchall())
        assert set(runs.values()) <= {1}
        rows = history.connection.execute("select invocation_id, count(*) from results group by 1").fetchall()
        assert set(runs) == {row[0] for row in rows}
        return Counter(dict(rows))


def written(root: Path) -> list[Path]:
    return sorted((root / "state" / "history" / "v1").iterdir())


def several(root: Path, count: int, apart: timedelta = timedelta(hours=6)) -> dict[str, int]:
    for number in range(count):
        write(str(root / "state"), root, f"run-{number}", START + number * apart)
    return {f"run-{number}": NODES for number in range(count)}


# -- writing ----------------------------------------------------------------------------------------------------------


def test_two_hundred_processes_at_once_lose_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.history.made", str(tmp_path), "200"],
        cwd=TOOLS,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert counted(tmp_path) == {f"run-{number}": NODES for number in range(200)}
    assert len(written(tmp_path)) == 200
    assert list((tmp_path / ".dataops" / "journal").iterdir()) == []


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    moment = datetime(2026, 3, 1, 23, 59, 59, 123456)
    odd = "Zoë's \"select\"\n\\ 文字 \x00 '"
    invocation = Invocation("id", "build", "success", "dataops", moment, variables=(odd, ""), message=odd)
    points = [Point("id", odd, value=each, is_anomaly=False) for each in (math.nan, math.inf, -math.inf, 0.1, None)]
    sample = Sample("id", odd, 1, '{"select": null}', ("e-mail",))
    relation = Relation("id", odd, odd, ("select", odd), ("INTEGER", "VARCHAR"))
    journal = Journal(tmp_path / "journal", "id")
    for each in (invocation, *points, sample, relation):
        journal.add(each)
    journals.finish(Location(str(tmp_path / "state")), journal)
    with reading(str(tmp_path / "state"), tmp_path) as history:
        rows = history.connection.execute
        names = "started_at, finished_at, variables, message, planned"
        assert rows(f"select {names} from invocations").fetchall() == [(moment, None, [odd, ""], odd, None)]
        values = [row[0] for row in rows("select value from points").fetchall()]
        assert sorted(map(str, values)) == ["-inf", "0.1", "None", "inf", "nan"]
        assert rows("select row, hidden from samples").fetchall() == [('{"select": null}', ["e-mail"])]
        assert rows("select position, name, type from columns").fetchall() == [
            (1, "select", "INTEGER"),
            (2, odd, "VARCHAR"),
        ]


def test_nothing_is_a_history_too(tmp_path: Path) -> None:
    with reading(str(tmp_path / "state"), tmp_path) as history:
        for view in VIEWS:
            assert history.connection.execute(f"select * from {view}").fetchall() == []
    assert upkeep.compact(str(tmp_path / "state"), tmp_path / "work").written == 0
    assert list(tmp_path.iterdir()) == [tmp_path / "work"] or list(tmp_path.iterdir()) == []


def test_recording_the_same_invocation_twice_is_once(tmp_path: Path) -> None:
    state = str(tmp_path / "state")
    for nodes in (2, 2, 3):
        write(state, tmp_path, "run-1", nodes=nodes)
    assert len(written(tmp_path)) == 2
    assert len(counted(tmp_path)) == 1
    assert not journals.record(state, tmp_path, "run-1", records("run-1"))
    assert journals.record(state, tmp_path, "run-2", records("run-2"))
    assert len(written(tmp_path)) == 3


# -- killed -----------------------------------------------------------------------------------------------------------


def half_done(root: Path, identity: str = "run-1") -> Journal:
    invocation = Invocation(identity, "build", "running", "dataops", START)
    journal = Journal(root / ".dataops" / "journal", identity)
    journal.add(invocation)
    for each in records(identity)[1:3]:
        journal.add(each)
    return journal


def statuses(root: Path) -> list[tuple[Any, ...]]:
    with reading(str(root / "state"), root) as history:
        return history.connection.execute(
            "select status, (select count(*) from results) from invocations order by invocation_id"
        ).fetchall()


def test_what_runs_is_read_as_running_and_left_alone(tmp_path: Path) -> None:
    journal = half_done(tmp_path)
    assert statuses(tmp_path) == [("running", 2)]
    assert journals.recover(Location(str(tmp_path / "state")), tmp_path / ".dataops" / "journal") == []
    assert statuses(tmp_path) == [("running", 2)]
    journal.leave()
    assert statuses(tmp_path) == [("interrupted", 2)]


def test_a_dead_process_s_journal_is_stored_by_the_next(tmp_path: Path) -> None:
    journal = half_done(tmp_path)
    journal.leave()
    with journal.path.open("ab") as file:
        file.write(b'{"line": 4, "kind": "result", "result": {"invocation_id": "run-1", "uniq')
    place, folder = Location(str(tmp_path / "state")), tmp_path / ".dataops" / "journal"
    assert statuses(tmp_path) == [("interrupted", 2)]
    assert journals.recover(place, folder) == ["run-1"]
    assert journals.recover(place, folder) == []
    assert not list(folder.glob("*.jsonl"))
    assert statuses(tmp_path) == [("interrupted", 2)]
    with reading(str(tmp_path / "state"), tmp_path) as history:
        ((sane,),) = history.connection.execute(
            "select finished_at >= started_at and seconds >= 0 from invocations"
        ).fetchall()
        assert sane


def test_a_journal_that_was_stored_already_is_stored_once(tmp_path: Path) -> None:
    journal = half_done(tmp_path)
    journal.add(records("run-1")[0])
    journal.leave()
    files.store(Location(str(tmp_path / "state")), journal.path)
    assert statuses(tmp_path) == [("success", 2)]
    assert journals.recover(Location(str(tmp_path / "state")), journal.path.parent) == ["run-1"]
    assert statuses(tmp_path) == [("success", 2)]


def test_one_damaged_journal_does_not_keep_the_others(tmp_path: Path) -> None:
    """`run-1` has lost its lines, `run-2` some of them; `notes` is none of ours; `run-0` and `run-4` are whole."""
    for identity in ("run-0", "run-1", "run-2", "run-4"):
        half_done(tmp_path, identity).leave()
    place, folder = Location(str(tmp_path / "state")), tmp_path / ".dataops" / "journal"
    (folder / "run-1.jsonl").write_bytes(b'{"line": 1, "kind"\x00\x00\n' + bytes(range(256)) + b"\n")
    second = (folder / "run-2.jsonl").read_bytes()
    (folder / "run-2.jsonl").write_bytes(b'{"line": 1, "kind": "invocation", "invo\n' + second + b"\x00" * 4096)
    (folder / "notes.jsonl").write_text('{"mine": 1}\n', encoding="utf-8")
    (folder / "run-3.jsonl").touch()
    (folder / "run-5.jsonl").mkdir()
    assert statuses(tmp_path) == [("interrupted", 6)] * 3, "a reader is not kept either"
    with pytest.raises(StateError, match=r"damaged: run-1\.damaged"):
        journals.recover(place, folder)
    assert statuses(tmp_path) == [("interrupted", 6)] * 3
    assert journals.recover(place, folder) == [], "it is said once"
    left = {path.name for path in folder.iterdir() if not path.name.endswith(".lock")}
    assert left == {"notes.jsonl", "run-1.damaged", "run-5.jsonl"}


def test_a_place_that_cannot_be_written_loses_nothing(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file, not a folder", encoding="utf-8")
    with pytest.raises(StateError, match="cannot write"):
        write(str(tmp_path / "state"), tmp_path, "run-1")
    (tmp_path / "state").unlink()
    # The process that could not store it is this one, and lets go of its journal by ending.
    journals.recover(Location(str(tmp_path / "state")), tmp_path / ".dataops" / "journal")


# -- damaged ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", ["empty", "cut", "flipped", "text"])
def test_a_damaged_file_is_named_and_left_out(tmp_path: Path, damage: str) -> None:
    several(tmp_path, 3)
    victim = written(tmp_path)[1]
    content = victim.read_bytes()
    middle = len(content) // 2
    victim.write_bytes(
        {
            "empty": b"",
            "cut": content[:-100],
            "flipped": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
            "text": b"not Parquet",
        }[damage]
    )
    (victim.parent / "README.txt").write_text("not ours", encoding="utf-8")
    for _ in range(2):
        with reading(str(tmp_path / "state"), tmp_path) as history:
            assert [each.file.rsplit("/", 1)[-1] for each in history.damaged] == [victim.name]
            read = history.connection.execute("select invocation_id from invocations order by 1").fetchall()
            assert read == [("run-0",), ("run-2",)]
            assert history.connection.execute("select count(*) from results").fetchall() == [(2 * NODES,)]
        upkeep.compact(str(tmp_path / "state"), tmp_path / "work", timedelta())
    assert victim.exists()


def test_a_damaged_compacted_file_leaves_what_it_was_made_of(tmp_path: Path) -> None:
    expected = several(tmp_path, 3, timedelta(minutes=1))
    upkeep.compact(str(tmp_path / "state"), tmp_path / "work")
    (compacted,) = [path for path in written(tmp_path) if path.name.startswith("compacted")]
    compacted.write_bytes(compacted.read_bytes()[:-1])
    with reading(str(tmp_path / "state"), tmp_path) as history:
        assert len(history.damaged) == 1
    assert dict(counted_with_damage(tmp_path)) == expected


def counted_with_damage(root: Path) -> list[tuple[Any, ...]]:
    with reading(str(root / "state"), root) as history:
        return history.connection.execute("select invocation_id, count(*) from results group by 1").fetchall()


# -- compacted and expired --------------------------------------------------------------------------------------------


def test_compaction_changes_nothing_that_is_read(tmp_path: Path) -> None:
    expected = several(tmp_path, 9)
    state, work = str(tmp_path / "state"), tmp_path / "work"
    done = upkeep.compact(state, work)
    assert (done.written, done.removed, done.invocations) == (3, 0, 9)
    # Nothing is gone yet: this is also how a compaction leaves it that was killed before it removed anything.
    assert len(written(tmp_path)) == 9 + 3
    assert counted(tmp_path) == expected
    assert upkeep.compact(state, work).written == 0
    assert upkeep.compact(state, work, timedelta()).removed == 9
    assert len(written(tmp_path)) == 3
    assert counted(tmp_path) == expected
    write(state, tmp_path, "late", START + timedelta(minutes=1))
    assert upkeep.compact(state, work, timedelta()).invocations == 3
    assert counted(tmp_path) == expected | {"late": NODES}
    assert list(work.iterdir()) == []


def test_two_compactions_at_once_and_writers_beside_them(tmp_path: Path) -> None:
    expected = several(tmp_path, 6, timedelta(minutes=1))
    state = str(tmp_path / "state")
    failed: list[Exception] = []

    def compacting(number: int) -> None:
        for _ in range(3):
            try:
                upkeep.compact(state, tmp_path / f"work{number}", timedelta())
            except StateError as error:
                assert "run it again" in str(error)
            except Exception as error:  # noqa: BLE001 - told below
                failed.append(error)

    threads = [threading.Thread(target=compacting, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for number in range(6, 12):
        write(state, tmp_path, f"run-{number}", START + timedelta(seconds=number))
        expected[f"run-{number}"] = NODES
    for thread in threads:
        thread.join()
    assert failed == []
    assert counted(tmp_path) == expected
    upkeep.compact(state, tmp_path / "work", timedelta())
    upkeep.compact(state, tmp_path / "work", timedelta())
    assert counted(tmp_path) == expected
    assert len(written(tmp_path)) == 1


def test_files_of_two_compactions_with_the_same_in_them_are_read_once(tmp_path: Path) -> None:
    several(tmp_path, 3, timedelta(minutes=1))
    state = tmp_path / "state" / "history" / "v1"
    first = {path: path.read_bytes() for path in written(tmp_path)}
    upkeep.compact(str(tmp_path / "state"), tmp_path / "work")
    write(str(tmp_path / "state"), tmp_path, "run-3", START + timedelta(minutes=9))
    fuller = {path.name: path.read_bytes() for path in written(tmp_path) if path not in first}
    for path in written(tmp_path):
        path.unlink()
    # A second one, from what the first began with but for one, and with one that it did not know.
    for path, content in list(first.items())[1:]:
        path.write_bytes(content)
    write(str(tmp_path / "state"), tmp_path, "run-4", START + timedelta(minutes=9))
    upkeep.compact(str(tmp_path / "state"), tmp_path / "work")
    for name, content in fuller.items():
        (state / name).write_bytes(content)
    assert counted(tmp_path) == {f"run-{number}": NODES for number in range(5)}


def test_expiry_removes_what_is_old_from_compacted_files_too(tmp_path: Path) -> None:
    several(tmp_path, 9)
    state, work = str(tmp_path / "state"), tmp_path / "work"
    for _ in range(2):
        upkeep.compact(state, work, timedelta())
    assert len(written(tmp_path)) == 3
    before = START + timedelta(hours=6 * 4)
    for removed in (4, 0):
        assert upkeep.expire(state, work, before).invocations == removed
        assert counted(tmp_path) == {f"run-{number}": NODES for number in range(4, 9)}
    upkeep.compact(state, work, timedelta())
    assert counted(tmp_path) == {f"run-{number}": NODES for number in range(4, 9)}
    assert upkeep.expire(state, work, START + timedelta(days=9)).invocations == 5
    upkeep.compact(state, work, timedelta())
    assert counted(tmp_path) == {}
    assert written(tmp_path) == []


@given(st.lists(st.tuples(st.frozensets(st.integers(0, 5), min_size=1), st.frozensets(st.integers(0, 5))), max_size=6))
def test_every_invocation_is_read_from_one_file(given_files: list[tuple[frozenset[int], frozenset[int]]]) -> None:
    held = []
    for number, (invocations, replaces) in enumerate(given_files):
        named = files.Named(f"compacted-20260301-{number:012x}-00000000.parquet", 0, "20260301")
        # A file replaces earlier ones only, and what it leaves out of them has expired.
        earlier = frozenset(held[each].named.name for each in replaces if each < number)
        held.append(Held(named, Path(named.name), frozenset(map(str, invocations)), earlier))
    read, replaced = choose(held)
    times = Counter(uid for file in read for uid in file.invocations - file.elsewhere)
    gone = {name for file in held for name in file.replaces}
    assert set(times) == {uid for file in held if file.named.name not in gone for uid in file.invocations}
    assert set(times.values()) <= {1}
    assert len(read) + len(replaced) == len(held)


# -- elsewhere and other versions -------------------------------------------------------------------------------------


def test_an_object_store_holds_it_too(tmp_path: Path) -> None:
    state = f"memory://{tmp_path.name}/state"
    for number in range(3):
        write(state, tmp_path, f"run-{number}", START + timedelta(minutes=number))
    expected = {f"run-{number}": NODES for number in range(3)}
    assert counted(tmp_path, state) == expected
    upkeep.compact(state, tmp_path / "work")
    assert counted(tmp_path, state) == expected
    upkeep.compact(state, tmp_path / "work", timedelta())
    assert len(fsspec.filesystem("memory").ls(f"{state}/history/v1", detail=False)) == 1
    assert counted(tmp_path, state) == expected


def test_a_store_that_cannot_be_asked_is_no_empty_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = f"memory://{tmp_path.name}/state"
    write(state, tmp_path, "run-0")
    store = fsspec.filesystem("memory")

    def unreachable(*_: object, **__: object) -> None:
        raise RuntimeError("no route to the store")

    # What a library of a store raises is no OSError.
    for method in ("cat_file", "ls", "modified", "pipe_file", "put_file", "rm_file"):
        with monkeypatch.context() as patch:
            patch.setattr(type(store), method, unreachable)
            with pytest.raises(StateError, match="no route to the store") as raised:
                if method == "cat_file":
                    counted(tmp_path, state)
                elif method == "ls":
                    Location(state).names(files.folder())
                elif method == "modified":
                    Location(state).written_at("x")
                elif method == "rm_file":
                    Location(state).remove("x")
                else:
                    Location(state).write("x", b"1" if method == "pipe_file" else Path(__file__))
            assert state in raised.value.message
    assert counted(tmp_path, state) == {"run-0": NODES}


def test_files_of_an_earlier_and_a_later_version_are_read_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    several(tmp_path, 2)
    with reading(str(tmp_path / "state"), tmp_path) as history:
        new = "struct_insert(result, mood := 'good')"
        later = tmp_path / "state" / "history" / "v2"
        later.mkdir()
        source = written(tmp_path)[0]
        history.connection.execute(
            f"copy (select * replace ({new} as result) from '{source}') to '{tmp_path / 'later.parquet'}'"
        )
    name = f"{START + timedelta(days=9):%Y%m%dT%H%M%S%f}Z-run-9-{files.crc(tmp_path / 'later.parquet'):08x}.parquet"
    (tmp_path / "later.parquet").rename(later / name)
    with reading(str(tmp_path / "state"), tmp_path) as history:
        assert history.connection.execute("select count(*) from results").fetchall() == [(3 * NODES,)]
        assert history.damaged == ()


def test_the_first_version_is_read(tmp_path: Path) -> None:
    """The files are those that version 1 wrote (`write_fixture.py`): whatever changes, this stays readable."""
    with reading(str(Path(__file__).parent / "history_v1"), tmp_path) as history:
        assert history.damaged == ()
        rows = history.connection.execute
        for view, count in (("invocations", 3), ("results", 9), ("tests", 3), ("samples", 3), ("points", 6)):
            assert rows(f"select count(*) from {view}").fetchall() == [(count,)], view
        assert rows("select count(*) from freshness").fetchall() == [(3,)]
        for number in range(3):
            for each in write_fixture.records(f"run-{number}", STARTED[number]):
                view = {"invocation": "invocations", "freshness": "freshness", "relation": "columns"}.get(
                    KIND_OF[type(each)], f"{KIND_OF[type(each)]}s"
                )
                if view != "columns":
                    assert _same(each, rows(f"select * from {view}").fetchall()), each
        columns = rows("select position, name, type from columns where invocation_id = 'run-1'").fetchall()
        assert columns == [(1, "id", "INTEGER"), (2, "select", "VARCHAR")]


STARTED = [write_fixture.START + each for each in (timedelta(), timedelta(hours=1), timedelta(days=1))]


def _same(record: object, rows: list[tuple[Any, ...]]) -> bool:
    """Whether a record is among rows. A number that is none equals itself here; columns added since are ignored."""
    wanted = [list(each) if isinstance(each, tuple) else each for each in vars(record).values()]
    return any(str(list(row[: len(wanted)])) == str(wanted) for row in rows)


def test_since_leaves_out_earlier_days(tmp_path: Path) -> None:
    several(tmp_path, 9)
    upkeep.compact(str(tmp_path / "state"), tmp_path / "work")
    with reading(str(tmp_path / "state"), tmp_path, START + timedelta(days=1)) as history:
        read = history.connection.execute("select min(started_at) from invocations").fetchall()
    assert read == [(datetime(2026, 3, 2),)]
