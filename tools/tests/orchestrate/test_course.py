"""What a journal tells of the parts of a project, of real runs; and who may build while others follow."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dataops.orchestrate.course import ORDERED, Course, Verdict
from dataops.orchestrate.journal import Journal
from dataops.orchestrate.parts import Part, parts
from dataops.orchestrate.told import Told, read_index
from dataops.project import statuses
from tests.shop import Shop

POLICY = "breaker:\n  rules:\n    - {action: pause, tests: no_negative_amounts, resume_after: 2}\n"
BAD = ("100,10,1200", "100,10,-1200")
FOLDERS = {"seeds", "snapshots", "models/staging", "models/marts"}


def _order(command: str) -> str:
    return json.dumps({"event": ORDERED, "command": command, "alive": "none"})


def _run(shop: Shop, *words: str, code: int = 0) -> list[str]:
    """The lines of a journal in which a command was ordered, and ran."""
    file = shop.root / "told.jsonl"
    file.unlink(missing_ok=True)
    ran = shop.run(*words, "--events", str(file))
    assert ran.code == code, ran.out + ran.err
    return [_order(" ".join(words)), *file.read_text(encoding="utf-8").splitlines()]


def _parts(shop: Shop) -> dict[str, Part]:
    shop.ok("orchestrate", "index")
    return {each.name: each for each in parts(read_index(shop.root / "dataops-index.json"), "folder")}


def _heard(lines: list[str]) -> Course:
    course = Course()
    for line in lines:
        course.hear(line)
    return course


def _steps(lines: list[str], part: Part, patient: bool = False) -> Iterator[tuple[dict[str, Any], Verdict]]:
    """Each line, and what a part is after it while somebody still builds."""
    course = Course()
    for line in lines:
        course.hear(line)
        yield json.loads(line), course.of(part, over=False, patient=patient)


def test_a_part_is_good_with_the_last_of_its_nodes_and_tests(shop: Shop) -> None:
    found = _parts(shop)
    assert set(found) == FOLDERS
    assert (found["models/staging"].after, found["seeds"].after) == (("seeds",), ())
    lines = _run(shop, "deploy", "--hold")
    for part in found.values():
        mine = {uid for node, tests in part.tests.items() for uid in (node, *tests)}
        for line, verdict in _steps(lines, part):
            if line["event"] == "node.finished":
                mine.discard(line["unique_id"])
            assert verdict == Verdict("open" if mine else "good"), line
    course = _heard(lines)
    assert course.whole() == Verdict("good", shop.ok("releases", "--format", "json").json["waiting"]["release"])
    assert all(course.of(part, over=True, patient=True) == Verdict("good") for part in found.values())
    # Half of it: the process was killed.
    killed = _heard(lines[:-8])
    killed.hear(lines[-8][:20])
    assert killed.whole() == Verdict("failed", "the build was stopped before its end")
    assert Course().of(found["seeds"], over=True, patient=False) == Verdict("failed", "the build never began")


def test_a_part_fails_with_the_first_of_its_tests_and_what_reads_it_was_not_built(shop: Shop) -> None:
    found = _parts(shop)
    shop.edit("seeds/orders.csv", "11,1,paid", "10,1,paid")
    lines = _run(shop, "deploy", "--hold", code=1)
    states = [verdict.state for _, verdict in _steps(lines, found["models/staging"])]
    first = next(at for at, line in enumerate(lines) if json.loads(line).get("status") == "fail")
    assert (states[first - 1], set(states[first:])) == ("open", {"failed"})
    assert "failed" not in {verdict.state for _, verdict in _steps(lines, found["models/marts"])}
    course = _heard(lines)
    why = course.of(found["models/staging"], over=True, patient=False).why
    assert why.startswith("unique_stg_orders_order_id: Got 1 result, configured to fail if != 0")
    why = course.of(found["models/marts"], over=True, patient=False).why
    assert why.startswith("not built: ")
    assert "fct_orders, " in why
    assert why.endswith("since unique_stg_orders_order_id: Got 1 result, configured to fail if != 0")
    assert course.of(found["snapshots"], over=True, patient=False).state == "good"
    assert course.whole() == Verdict("failed", "Not released: unique_stg_orders_order_id failed")
    # A retry begins with what was good, and ends at once where it is refused.
    for line in (_order("retry"), *_run(shop, "retry", "20260101T000000Z-000000", code=1)[1:]):
        course.hear(line)
        assert course.of(found["models/staging"], over=False, patient=False).state == "open"
    assert course.of(found["snapshots"], over=False, patient=False).state == "good"
    assert "does not wait any more" in course.of(found["models/marts"], over=True, patient=False).why
    # A deploy begins with nothing.
    course.hear(_order("deploy --hold"))
    assert {course.of(part, over=False, patient=False).state for part in found.values()} == {"open"}


def test_what_may_be_held_is_waited_for(shop: Shop) -> None:
    found = _parts(shop)
    shop.write("dataops.yml", POLICY)
    shop.edit("seeds/payments.csv", *BAD)
    lines = _run(shop, "deploy", "--hold", code=1)
    assert '"status": "fail"' in "".join(lines)
    marts = found["models/marts"]
    assert {verdict.state for _, verdict in _steps(lines, marts)} == {"open"}
    held = _heard(lines).of(marts, over=True, patient=False)
    assert held.state == "held"
    assert "held: model.shop.fct_orders" not in held.why
    assert held.why.startswith("held: fct_orders, by no_negative_amounts: Got 1 result")
    # Nobody who minds what is held calls a part good before that is known.
    assert "good" in {verdict.state for _, verdict in _steps(lines, found["seeds"])}
    assert {verdict.state for _, verdict in _steps(lines, found["seeds"], patient=True)} == {"open"}
    assert _heard(lines).of(found["seeds"], over=True, patient=True).state == "good"


def test_an_index_of_other_code_is_told(shop: Shop) -> None:
    gone = Part("gone", "gone", (), {"model.shop.gone": ()})
    found = _heard(_run(shop, "deploy", "--hold")).of(gone, over=True, patient=False)
    assert (found.state, found.why.split(":")[1]) == ("failed", " gone")
    assert "`dataops orchestrate index`" in found.why


def test_parts_are_groups_or_nodes(shop: Shop) -> None:
    shop.ok("orchestrate", "index")
    index = read_index(shop.root / "dataops-index.json")
    nodes = {each.label: each for each in parts(index, "model")}
    assert nodes["fct_orders"].after == ("model.shop.stg_orders", "model.shop.stg_payments")
    assert [each.name for each in parts(index, "exposure")] == ["other", "sales_dashboard"]
    with pytest.raises(ValueError, match="give one of 'folder', 'tag', 'exposure', 'model'"):
        parts(index, "owner")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no nodes"):
        parts({**index, "nodes": []}, "folder")


@pytest.mark.parametrize(
    ("words", "state"),
    [((*statuses.GOOD, *statuses.IDLE), "good"), ((*statuses.FAILED, *statuses.SKIPPED, "half done"), "failed")],
    ids=["well", "not well"],
)
def test_each_word_of_dbt_means_what_it_means_elsewhere(words: tuple[str, ...], state: str) -> None:
    """Also one that says that there was nothing to do; and one that nobody knows is no success."""
    for word in words:
        told = {"unique_id": "model.shop.one", "name": "one", "status": word, "message": None}
        course = _heard([_order("deploy --hold"), json.dumps({"event": "node.finished", **told})])
        assert course.of(Part("a", "a", (), {"model.shop.one": ()}), over=True, patient=False).state == state, word


BUILDER = """
import sys, time
from pathlib import Path
from dataops.orchestrate.journal import Journal
with Journal(Path(sys.argv[1])).building("deploy --hold", wait=False) as mine:
    print(mine, flush=True)
    time.sleep(60)
"""


def test_one_builds_and_a_builder_that_is_killed_is_missed_at_once(tmp_path: Path) -> None:
    file = tmp_path / "run" / "dataops.jsonl"
    journal = Journal(file)
    assert not journal.is_building()
    with subprocess.Popen([sys.executable, "-c", BUILDER, str(file)], stdout=subprocess.PIPE, text=True) as builder:
        assert builder.stdout is not None
        assert builder.stdout.readline() == "True\n"
        assert journal.read().orders == 1
        assert journal.is_building()
        with Journal(file).building("retry", wait=False) as mine:
            assert not mine
        os.kill(builder.pid, signal.SIGKILL)
    assert not journal.is_building()
    with file.open("a", encoding="utf-8") as half:
        half.write('{"event": "node.fin')
    with journal.building("retry", wait=True, still=lambda course: course.orders == 1) as mine:
        assert mine
        assert (journal.read().orders, journal.is_building()) == (2, True)
    assert not journal.is_building()
    # Somebody has built meanwhile: nobody needs to.
    with journal.building("retry", wait=True, still=lambda course: course.orders == 1) as mine:
        assert not mine
    assert journal.read().orders == 2
    assert sorted(each.name for each in file.parent.iterdir()) == ["dataops-1.alive", "dataops.jsonl"]


def test_a_command_is_not_judged_by_one_before_it(tmp_path: Path) -> None:
    file = tmp_path / "dataops.jsonl"
    ended = json.dumps({"event": "run.finished", "exit_code": 1, "verdict": "Not released"})
    file.write_text(f"{ended}\n{_order('retry')}\n", encoding="utf-8")
    assert Told.read(file).finished is None


def test_followers_share_what_is_read(tmp_path: Path) -> None:
    file = tmp_path / "dataops.jsonl"
    one, two = Journal.shared(file), Journal.shared(file)
    assert one is two
    file.write_text(_order("retry") + "\n{", encoding="utf-8")
    assert one.read().orders == 1
    # A run that was deleted with its folder, and began anew.
    file.write_text("\n", encoding="utf-8")
    assert two.read().orders == 0
