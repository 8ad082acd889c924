"""What `--events` tells: all of it keeps its contract, and nothing is said that did not happen."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.shop import Shop, refused
from tests.written import valid

POLICY = "breaker:\n  rules:\n    - {action: pause, tests: no_negative_amounts, resume_after: 2}\n"
BAD = ("100,10,1200", "100,10,-1200")
MART = "model.shop.fct_orders"
TABLES = {"fct_orders": 4, "dim_customers": 3, "published": 1, "fct_events": 5}


def told(file: Path) -> list[dict[str, Any]]:
    """The lines of a file of events, each as its contract says."""
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    for each in lines:
        valid("event", each)
    return lines


def _said(shop: Shop, *words: str, code: int = 0) -> list[dict[str, Any]]:
    """What a command tells, in a file of its own."""
    file = shop.root / "told" / f"{time.monotonic_ns()}.jsonl"
    ran = shop.run(*words, "--events", str(file))
    assert ran.code == code, ran.out + ran.err
    lines = told(file)
    assert {each["run"] for each in lines} == {lines[0]["run"]}
    assert [each["at"] for each in lines] == sorted(each["at"] for each in lines)
    assert (lines[0]["event"], lines[-1]["event"]) == ("run.started", "run.finished")
    assert lines[-1]["exit_code"] == code
    assert lines[0]["command"] == " ".join(word for word in words[:2] if word in ("--hold", words[0]))
    return lines


def _events(lines: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [each for each in lines if each["event"] == name]


def _rows(release: dict[str, Any]) -> dict[str, int | None]:
    return {each["unique_id"].split(".")[-1]: each["rows"] for each in release["nodes"]}


def test_a_good_deploy(shop: Shop) -> None:
    first = shop.live
    lines = _said(shop, "deploy")
    started = lines[0]
    assert (started["project"], started["target"]) == ("shop", "prod")
    assert started["revision"] == shop.git("rev-parse", "HEAD")
    assert started["pauses"] is False
    begun = {each["unique_id"] for each in _events(lines, "node.started")}
    ended = {each["unique_id"]: each for each in _events(lines, "node.finished")}
    assert begun == set(ended)
    assert ended[MART]["status"] == "success"
    assert ended[MART]["kind"] == "model"
    [tested] = [each for uid, each in ended.items() if "no_negative_amounts" in uid]
    assert (tested["status"], tested["failures"], tested["tested"]) == ("pass", 0, [MART])
    [release] = [each for each in lines if each["event"].startswith("release.")]
    assert release["event"] == "release.published"
    assert (release["release"], release["superseded"], release["why"]) == (shop.live, first, None)
    assert release["held"] == []
    rows = _rows(release)
    assert TABLES.items() <= rows.items()
    for name in TABLES:
        assert shop.query(f"select count(*) from {name}") == [(rows[name],)]
    assert rows["stg_orders"] is None, "a view has rows that nobody counted"
    assert lines[-1]["verdict"] == f"Released {shop.live}"


def test_what_a_file_holds_stays(editions: Shop) -> None:
    shop = editions
    file = shop.root / "new" / "folder" / "night.jsonl"
    for _ in range(2):
        shop.ok("build", "-s", "published", "--events", str(file))
    lines = told(file)
    assert len({each["run"] for each in lines}) == 2
    assert [each["event"] for each in lines].count("run.finished") == 2


def test_a_refused_deploy(shop: Shop) -> None:
    live = shop.live
    shop.edit("seeds/payments.csv", *BAD)
    lines = _said(shop, "deploy", code=1)
    assert shop.live == live
    [release] = [each for each in lines if each["event"].startswith("release.")]
    assert release["event"] == "release.refused"
    assert (release["release"], release["superseded"]) == (None, live)
    assert release["why"] == lines[-1]["verdict"] == "Not released: no_negative_amounts failed"
    [failed] = [each for each in _events(lines, "node.finished") if each["status"] == "fail"]
    assert (failed["name"], failed["failures"]) == ("no_negative_amounts", 1)


def test_what_is_skipped_is_told(shop: Shop) -> None:
    shop.edit("models/staging/stg_orders.sql", "select", "select nothing_of_the_kind,")
    lines = _said(shop, "deploy", code=1)
    status = {each["name"]: each["status"] for each in _events(lines, "node.finished")}
    assert (status["stg_orders"], status["fct_orders"], status["published"]) == ("error", "skipped", "success")
    [release] = _events(lines, "release.refused")
    assert _rows(release).keys() & {"stg_orders", "fct_orders", "published"} == {"published"}


def test_something_is_held(shop: Shop) -> None:
    shop.write("dataops.yml", POLICY)
    shop.edit("seeds/payments.csv", *BAD)
    lines = _said(shop, "deploy", code=1)
    assert lines[0]["pauses"] is True
    [paused] = _events(lines, "node.paused")
    assert (paused["unique_id"], "no_negative_amounts" in paused["test"]) == (MART, True)
    [release] = _events(lines, "release.published")
    assert release["release"] == shop.live
    held = {each["unique_id"]: each["why"] for each in release["held"]}
    assert held[MART].startswith("no_negative_amounts: Got 1 result")
    assert not held.keys() & {each["unique_id"] for each in release["nodes"]}
    assert _rows(release)["published"] == 1
    assert {each["build"] for each in _events(lines, "node.finished")} == {1, 2}
    # It is still held on the next night, and no new pause.
    shop.remove("dataops.yml")
    again = _said(shop, "deploy", code=1)
    assert again[0]["pauses"] is True
    assert _events(again, "node.paused") == []
    assert _events(again, "release.published")[0]["held"] == release["held"]


def test_hold_and_publish(shop: Shop) -> None:
    """Another process tells of the same release, though it ran no dbt."""
    live = shop.live
    waits = _said(shop, "deploy", "--hold")
    [waiting] = [each for each in waits if each["event"].startswith("release.")]
    assert (waiting["event"], shop.live) == ("release.waiting", live)
    lines = _said(shop, "publish")
    [release] = [each for each in lines if each["event"].startswith("release.")]
    assert release["event"] == "release.published"
    assert (release["release"], release["superseded"]) == (shop.live, live)
    same = ("release", "revision", "superseded", "nodes", "held")
    assert [release[each] for each in same] == [waiting[each] for each in same]
    assert TABLES.items() <= _rows(release).items()


def test_rows_are_known_though_nobody_listened_to_the_deploy(shop: Shop) -> None:
    shop.write("dataops.yml", POLICY)
    shop.edit("seeds/payments.csv", *BAD)
    shop.run("deploy", "--hold")
    [release] = _events(_said(shop, "publish"), "release.published")
    assert _rows(release)["dim_customers"] == TABLES["dim_customers"]
    assert MART in {each["unique_id"] for each in release["held"]}


def test_a_publish_that_is_refused(editions: Shop) -> None:
    shop = editions
    live = shop.live
    shop.ok("deploy", "--hold")
    shop.ok("pause", "published", "--reason", "somebody called")
    lines = _said(shop, "publish", code=1)
    [release] = [each for each in lines if each["event"].startswith("release.")]
    assert (release["event"], shop.live) == ("release.refused", live)
    assert "published was paused since (somebody called)" in release["why"]
    assert release["release"] != live


def test_nothing_is_published_that_cannot_be_told(editions: Shop) -> None:
    """Whoever waits for a table would wait for ever, if it were live and no event said so."""
    shop = editions
    live = shop.live
    shop.ok("deploy", "--hold")
    [bundle] = [each for each in shop.root.glob(".dataops/state/releases/*.zip") if each.stem != live]
    bundle.write_bytes(bundle.read_bytes()[:-10])
    file = shop.root / "told.jsonl"
    refused(shop.run("publish", "--events", str(file)), "damaged")
    assert shop.live == live
    assert [each["event"] for each in told(file)] == ["run.started", "run.finished"]
    shop.ok("discard", "--events", str(file))


def test_nothing_waits(editions: Shop) -> None:
    shop = editions
    lines = _said(shop, "publish", code=2)
    assert [each["event"] for each in lines] == ["run.started", "run.finished"]
    assert lines[-1]["verdict"] == "no release waits to be published"


def test_what_is_discarded(editions: Shop) -> None:
    shop = editions
    shop.ok("deploy", "--hold")
    lines = _said(shop, "discard")
    assert [each["event"] for each in lines] == ["run.started", "release.discarded", "run.finished"]
    assert lines[1]["release"] in lines[-1]["verdict"]


def test_a_release_by_an_earlier_version(editions: Shop) -> None:
    """It says which nodes were built, and not how many rows they have."""
    shop = editions
    live = shop.live
    shop.ok("deploy", "--hold")
    [bundle] = [each for each in shop.root.glob(".dataops/state/releases/*.zip") if each.stem != live]
    _without(bundle, "contents.json")
    [release] = _events(_said(shop, "publish"), "release.published")
    assert _rows(release).keys() == {"published", "bound", "printed"}
    assert set(_rows(release).values()) == {None}


def _without(bundle: Path, name: str) -> None:
    """Take a file out of a bundle, and let its record agree."""
    with zipfile.ZipFile(bundle) as archive:
        files = {each: archive.read(each) for each in archive.namelist() if each != name}
    index = json.loads(files["bundle.json"])
    del index["files"][name]
    files["bundle.json"] = json.dumps(index).encode()
    with zipfile.ZipFile(bundle, "w") as archive:
        for each, content in files.items():
            archive.writestr(each, content)
    record = bundle.with_suffix(".json")
    document = json.loads(record.read_text())
    document["sha256"] = hashlib.sha256(bundle.read_bytes()).hexdigest()
    record.write_text(json.dumps(document))


def test_a_build_and_sources(shop: Shop) -> None:
    lines = _said(shop, "build", "-s", "published")
    assert lines[0]["target"] == "dev"
    assert {each["name"] for each in _events(lines, "node.finished")} == {"published"}
    assert lines[-1]["verdict"].startswith("Built 1 node")
    lines = _said(shop, "freshness", "--target", "prod")
    assert lines[0]["target"] == "prod"


def test_what_cannot_run_says_so(shop: Shop) -> None:
    file = shop.root / "told.jsonl"
    refused(shop.run("deploy", "--profile", "nobody", "--events", str(file)), "nobody")
    first, last = told(file)
    assert (first["event"], first["project"]) == ("run.started", None)
    assert (last["exit_code"], "nobody" in last["verdict"]) == (2, True)
    refused(shop.run("deploy", "--events", str(shop.root / "dbt_project.yml" / "x")), "--events")


def test_a_file_that_fails_costs_nobody_the_release(editions: Shop) -> None:
    shop = editions
    if not Path("/dev/full").exists():
        pytest.skip("this system has no disk that is always full")
    live = shop.live
    ran = shop.ok("deploy", "--events", "/dev/full")
    assert shop.live != live
    assert ran.err.count("no more is told in --events: No space left on device") == 1


def test_a_killed_process_says_no_end(editions: Shop) -> None:
    shop = editions
    live = shop.live
    file = shop.root / "told.jsonl"
    shop.write(
        "models/marts/slow.sql",
        "select count(*) as n from range(100000) a, range(10000000) b where a.range % 7 = b.range % 11",
    )
    with subprocess.Popen(
        [sys.executable, "-m", "dataops", "deploy", "--events", str(file)],
        cwd=shop.root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        until = time.monotonic() + 60
        while time.monotonic() < until and not (file.exists() and '"name": "slow"' in file.read_text()):
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGKILL)
    lines = told(file)
    assert "node.started" in {each["event"] for each in lines}
    assert not {"run.finished", "release.published", "release.refused"} & {each["event"] for each in lines}
    assert shop.live == live
