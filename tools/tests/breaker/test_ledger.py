"""The breaker's records: nothing is lost or lets go by accident, in whatever order or state the files are found."""

from __future__ import annotations

import json
import multiprocessing
import random
from itertools import permutations
from pathlib import Path

import pytest

from dataops.breaker.ledger import Ledger, fold, name_of, pack, read_name
from dataops.breaker.pauses import Checked, Event, Pause, Resume, Standing
from dataops.errors import NewerFormatError
from tests.breaker.writer import write

ORDERS = "model.shop.fct_orders"


def _paused(standing: Standing) -> list[str]:
    return [each.node for each in standing.pauses]


def _file(place: Path, kind: str) -> Path:
    [file] = (place / "breaker").glob(f"*-{kind}-*.json")
    return file


def test_two_hundred_processes_at_once(tmp_path: Path) -> None:
    """Fifty nodes with four writers each: none of 400 pauses is lost, and what nobody ended is in force."""
    place = str(tmp_path)
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=write, args=(place, f"model.shop.m{n % 50}", n < 10)) for n in range(200)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    assert [each.exitcode for each in writers] == [0] * 200
    names = [name for file in (tmp_path / "breaker").iterdir() if (name := read_name(file.name))]
    made = [name for name in names if name.kind == "pause"]
    assert len({name.id for name in made}) == len(made) == 400
    ended = {name.about for name in names if name.kind == "resume"}
    standing = Ledger(place).read()
    assert {each.id for each in standing.pauses} == {name.id for name in made} - ended
    # Whoever ends a pause pauses afterwards, so the last one of each node is in force.
    assert {each.node for each in standing.pauses} == {f"model.shop.m{n}" for n in range(50)}
    assert not standing.damaged


def _story() -> list[Event]:
    first, second = (
        Pause("a1", ORDERS, "2026-01-01T00", "2026-01-01T00", "me", "one", "t", 2),
        Pause("a2", ORDERS, "2026-01-02T00", "2026-01-02T00", "me", "two", "t", 3),
    )
    return [
        first,
        second,
        Resume("b1", "a1", ORDERS, "2026-01-03T00", "2026-01-01T00", "2026-01-03T00", "you", "mended"),
        Checked("c1", "a2", "2026-01-04T00", passed=True),
        Checked("c2", "a2", "2026-01-05T00", passed=False),
        Checked("c3", "a2", "2026-01-06T00", passed=True),
    ]


def test_any_order_of_arrival_says_the_same() -> None:
    story = _story()
    expected = fold(story)
    assert [each.id for each in expected.pauses] == ["a2"]
    assert expected.passes == {"a2": 1}
    assert [each.pause for each in expected.incidents] == ["a1"]
    for order in permutations(story):
        assert fold(order) == expected
    assert fold([*story, *story]) == expected


def test_an_event_that_arrives_late_only_adds() -> None:
    """However the files are split into those that have arrived and those that have not, nothing is let go wrongly."""
    story = _story()
    for _ in range(200):
        arrived = random.Random(7).sample(story, 4)
        paused = {each.id for each in fold(arrived).pauses}
        assert paused >= {each.id for each in fold(story).pauses} & {each.id for each in arrived}


def test_a_pause_made_while_another_is_ended_stays(tmp_path: Path) -> None:
    ledger = Ledger(str(tmp_path))
    seen = ledger.pause(ORDERS, "one", "me")
    unseen = ledger.pause(ORDERS, "two", "you")
    ledger.resume(seen, "mended", "me")
    assert [each.id for each in ledger.read().pauses] == [unseen.id]
    ledger.resume(unseen, "that too", "me")
    ledger.resume(unseen, "at the same time", "you")
    standing = ledger.read()
    assert standing.pauses == ()
    assert [each.reason for each in standing.incidents] == ["mended", "that too", "at the same time"]


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"\xff\xfe", b"[]", b'{"format": 1}', b'{"format": 1, "sha256": "0", "event": {"id": 1}}', b"null"],
)
def test_a_damaged_pause_is_a_pause(tmp_path: Path, damage: bytes) -> None:
    ledger = Ledger(str(tmp_path))
    pause = ledger.pause(ORDERS, "one", "me")
    file = _file(tmp_path, "pause")
    file.write_bytes(damage)
    standing = ledger.read()
    assert [(each.id, each.node, each.at) for each in standing.pauses] == [(pause.id, ORDERS, pause.at)]
    assert standing.damaged == {pause.id: (file.name,)}
    ledger.resume(standing.pauses[0], "seen to", "me")
    assert ledger.read().pauses == ()
    assert ledger.read().damaged == {}


@pytest.mark.parametrize("change", [(b"fct_orders", b"dim_orders"), (b'"one"', b'"two"'), (b": 0", b": 1")])
def test_a_changed_word_is_damage(tmp_path: Path, change: tuple[bytes, bytes]) -> None:
    ledger = Ledger(str(tmp_path))
    ledger.pause(ORDERS, "one", "me")
    file = _file(tmp_path, "pause")
    assert change[0] in file.read_bytes()
    file.write_bytes(file.read_bytes().replace(*change))
    standing = ledger.read()
    assert _paused(standing) == [ORDERS]
    assert list(standing.damaged.values()) == [(file.name,)]


def test_a_damaged_resume_lets_nothing_go(tmp_path: Path) -> None:
    ledger = Ledger(str(tmp_path))
    pause = ledger.pause(ORDERS, "one", "me")
    ledger.resume(pause, "mended", "me")
    file = _file(tmp_path, "resume")
    file.write_bytes(file.read_bytes()[:-9])
    standing = ledger.read()
    assert _paused(standing) == [ORDERS]
    assert standing.damaged == {pause.id: (file.name,)}
    ledger.resume(pause, "again", "me")
    assert ledger.read().pauses == ()


def test_a_damaged_check_is_one_that_failed(tmp_path: Path) -> None:
    ledger = Ledger(str(tmp_path))
    pause = ledger.pause(ORDERS, "one", "me", check="t", resume_after=3)
    for _ in range(3):
        ledger.checked(pause, passed=True)
    assert ledger.read().passes == {pause.id: 3}
    second = sorted((tmp_path / "breaker").glob("*-check-*.json"))[1]
    second.write_bytes(b"")
    assert ledger.read().passes == {pause.id: 1}


def test_what_somebody_put_there_holds_nothing(tmp_path: Path) -> None:
    ledger = Ledger(str(tmp_path))
    pause = ledger.pause(ORDERS, "one", "me")
    for name, content in {"notes.json": '{"todo": []}', "a.json": "not JSON", "b.json": "", "c.json": "[]"}.items():
        (tmp_path / "breaker" / name).write_text(content)
    (tmp_path / "breaker" / "old.json").mkdir()
    (tmp_path / "breaker" / f"folder-{_file(tmp_path, 'pause').name}").mkdir()
    assert [each.id for each in ledger.read().pauses] == [pause.id]
    assert ledger.read().damaged == {}


def test_an_event_of_no_name_of_ours_holds_everything(tmp_path: Path) -> None:
    ledger = Ledger(str(tmp_path))
    ledger.pause(ORDERS, "one", "me")
    file = _file(tmp_path, "pause")
    file.rename(file.with_name("what.json"))
    [pause] = ledger.read().pauses
    assert pause.node == ""
    assert ledger.read().damaged == {"what.json": ("what.json",)}


def test_a_node_whose_name_is_too_long_for_a_file(tmp_path: Path) -> None:
    ledger = Ledger(str(tmp_path))
    node = "model.shop." + "ж" * 200
    ledger.pause(node, "one", "me")
    assert _paused(ledger.read()) == [node]
    _file(tmp_path, "pause").write_bytes(b"")
    assert _paused(ledger.read()) == [""]


@pytest.mark.parametrize("node", ["model.shop.select", 'model.shop.a "b"/c', "model.shop.заказы", "model.shop.a%2Fb-c"])
def test_any_name_of_a_node_is_kept(tmp_path: Path, node: str) -> None:
    ledger = Ledger(str(tmp_path))
    ledger.pause(node, "one", "me")
    assert _paused(ledger.read()) == [node]
    _file(tmp_path, "pause").write_bytes(b"")
    assert _paused(ledger.read()) == [node]


def test_a_later_version_is_refused(tmp_path: Path) -> None:
    ledger = Ledger(str(tmp_path))
    ledger.pause(ORDERS, "one", "me")
    file = _file(tmp_path, "pause")
    document = json.loads(file.read_text())
    file.write_text(json.dumps({**document, "format": 2}))
    with pytest.raises(NewerFormatError, match="has format 2, this version reads up to 1"):
        ledger.read()
    file.rename(file.with_name("20270101T000000000000Z-snooze-0123456789abcdef-x.json"))
    with pytest.raises(NewerFormatError):
        ledger.read()


def test_what_releases_nothing_goes_on_without_the_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class NoCredentialsError(Exception):
        """As a store's own library has it: no error of ours, nor of the system."""

    def refuse(*_: object) -> list[str]:
        raise NoCredentialsError

    ledger = Ledger(str(tmp_path))
    ledger.pause(ORDERS, "one", "me")
    assert ledger.read_if_allowed() == ledger.read()
    monkeypatch.setattr("dataops.store.location.Location.names", refuse)
    assert ledger.read_if_allowed() == Standing()
    with pytest.raises(NoCredentialsError):
        ledger.read()


def test_what_a_killed_writer_leaves_is_no_event(tmp_path: Path) -> None:
    ledger = Ledger(str(tmp_path))
    pause = ledger.pause(ORDERS, "one", "me")
    resume = Resume("0" * 16, pause.id, ORDERS, pause.at, pause.at, pause.at, "me", "mended")
    (tmp_path / "breaker" / f"{name_of(resume)}.abc.tmp").write_bytes(pack(resume))
    assert _paused(ledger.read()) == [ORDERS]


def test_an_object_store_serves_as_well() -> None:
    here, there = Ledger("memory://breaker-test"), Ledger("memory://breaker-test/")
    assert here.read() == Standing()
    pause = here.pause(ORDERS, "one", "me")
    assert _paused(there.read()) == [ORDERS]
    there.resume(pause, "mended", "you")
    assert here.read().pauses == ()
