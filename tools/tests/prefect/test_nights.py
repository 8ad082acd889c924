"""Nights under a real Prefect: a green run released, an event tells what went live, and nothing outlives its run."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.prefect.stage import Stage
from tests.shop import Shop

_FOLDER = Path("target", "dataops", "deploy")
SLOW = "select count(*) as edition from range(60000) a, range(20000) b where (a.range * b.range) % 7 = 1\n"


def _given(shop: Shop, **more: Any) -> dict[str, Any]:
    return {"project_dir": str(shop.root), "environment": sys.prefix, **more}


def _processes(run: str) -> dict[int, str]:
    """The processes of a run by id: the flow's own, which has its run in a variable, and all that it started."""
    found = {}
    for each in Path("/proc").glob("[0-9]*"):
        try:
            if f"PREFECT__FLOW_RUN_ID={run}".encode() in (each / "environ").read_bytes().split(b"\0"):
                found[int(each.name)] = (each / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
    return found


def _gone(run: str, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while left := _processes(run):
        assert time.monotonic() < end, left
        time.sleep(0.2)


def _working(shop: Shop, stage: Stage, run: str) -> dict[int, str]:
    """Wait until dbt runs; the processes by then."""
    end = time.monotonic() + 120
    while not (shop.root / _FOLDER).exists():
        assert time.monotonic() < end, stage.log(run)
        time.sleep(0.2)
    found = _processes(run)
    assert any("dataops deploy" in words for words in found.values()), found
    return found


def _names(events: list[dict[str, Any]]) -> list[str]:
    return [each["event"] for each in events]


def test_a_good_night_is_a_release_and_an_event(editions: Shop, stage: Stage) -> None:
    """By the flow of the guide, as it is."""
    editions.publish(2)
    run = stage.start("nightly", **_given(editions))
    assert stage.until(run)["type"] == "COMPLETED", stage.log(run)
    assert editions.edition() == 2
    [event] = stage.events(run, 1)
    assert event["event"] == "dataops.release.published"
    assert event["resource"]["prefect.resource.id"] == f"dataops.release.{editions.live}"
    assert event["resource"]["dataops.target"] == "prod"
    assert any(each["rows"] for each in event["payload"]["nodes"])
    [artifact] = stage.artifacts(run)
    assert editions.live in artifact["data"]
    assert f"Released {editions.live}" in stage.log(run)


def test_a_bad_night_is_red_tried_again_and_releases_nothing(editions: Shop, stage: Stage) -> None:
    editions.write("models/marts/published.sql", "select 2 as edition union all select 2\n")
    run = stage.start("night", **_given(editions, tries=2))
    assert stage.until(run)["type"] == "FAILED"
    assert editions.edition() == 1
    assert stage.tries(run) == [2]
    events = stage.events(run, 2)
    assert _names(events) == ["dataops.release.refused"] * 2
    assert not any(each["payload"]["release"] for each in events)
    assert "| fail |" in stage.artifacts(run)[-1]["data"]


@pytest.mark.parametrize("on_held", ["succeed", "fail"])
def test_what_a_pause_holds_is_green_or_red_as_is_said(on_held: str, editions: Shop, stage: Stage) -> None:
    editions.ok("pause", "printed", "--reason", "misprints")
    editions.publish(2)
    run = stage.start("night", **_given(editions, on_held=on_held, tries=3))
    state = stage.until(run)
    assert state["type"] == {"succeed": "COMPLETED", "fail": "FAILED"}[on_held], stage.log(run)
    assert stage.tries(run) == [1], "to try again would release the same"
    [event] = stage.events(run, 1)
    assert event["event"] == "dataops.release.published"
    assert {each["unique_id"].rsplit(".", 1)[-1] for each in event["payload"]["held"]} >= {"printed"}


@pytest.mark.parametrize("answer", [True, False])
def test_a_person_decides_while_no_process_waits(answer: bool, editions: Shop, stage: Stage) -> None:
    editions.publish(2)
    run = stage.start("approved", project={"project_dir": str(editions.root), "environment": sys.prefix})
    assert stage.until(run, "PAUSED", "FAILED", "CRASHED")["name"] == "Suspended", stage.log(run)
    _gone(run, 30)
    assert editions.edition() == 1
    stage.ask("POST", f"/flow_runs/{run}/resume", run_input={"approved": answer, "reason": "too late"})
    state = stage.until(run)
    assert state["type"] == ("COMPLETED" if answer else "FAILED"), stage.log(run)
    assert editions.edition() == (2 if answer else 1)
    assert _names(stage.events(run, 2)) == [
        "dataops.release.waiting", "dataops.release.published" if answer else "dataops.release.discarded",
    ]  # fmt: skip
    assert editions.ok("releases", "--format", "json").json["waiting"] is None
    assert stage.log(run).count("dataops deploy --hold") == 1, "what was built is not built again"


@pytest.mark.parametrize("how", ["cancelled", "out of time", "killed"])
def test_nothing_outlives_its_run(how: str, editions: Shop, stage: Stage) -> None:
    before = editions.digest()
    editions.write("models/marts/published.sql", SLOW)
    shutil.rmtree(editions.root / _FOLDER)
    run = stage.start("night", **_given(editions, seconds=15 if how == "out of time" else 600))
    found = _working(editions, stage, run)
    if how == "cancelled":
        stage.ask("POST", f"/flow_runs/{run}/set_state", state={"type": "CANCELLING", "name": "Cancelling"})
        stage.until(run, "CANCELLED", seconds=60)
    elif how == "killed":
        [leash] = [each for each, words in found.items() if "leash" in words]
        told = Path(f"/proc/{leash}/status").read_text(encoding="utf-8")
        os.kill(int(told.split("PPid:")[1].split()[0]), signal.SIGKILL)
    else:
        assert stage.until(run)["name"] == "TimedOut"
    _gone(run)
    assert editions.digest() == before
    assert _names(stage.events(run, 0)) == []
