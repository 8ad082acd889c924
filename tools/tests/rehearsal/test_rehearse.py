"""`engine rehearse`: what it says of an engine that keeps its promises and of one that does not, and what it leaves."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dataops.engines.duckdb.candidate import Candidate
from dataops.rehearsal import checks, processes, rehearse
from dataops.rehearsal.checks import CHECKS, ELSEWHERE
from tests import postgres
from tests.engines.subjects import SUBJECTS
from tests.engines.tables import tests as promises
from tests.shop import Shop

_LISTED = "select nspname from pg_namespace where nspname !~ '^pg_' order by 1"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Shop]:
    """A project on an engine, DuckDB unless the test says another; temporary folders are in `tmp_path`."""
    shop = SUBJECTS[getattr(request, "param", "duckdb")].lay_out(tmp_path / "project")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield shop
    assert not list(tmp_path.glob("dataops_rehearsal_*"))


def _server(shop: Shop) -> str:
    return shop.read("profiles.yml").split("host: ")[1].split()[0]


def _verdicts(document: Any) -> dict[str, str]:
    return {each["promise"]: each["verdict"] for each in document["findings"]}


def _only(monkeypatch: pytest.MonkeyPatch, *points: str) -> None:
    """Each kill takes a process some seconds, and `tests/engines/test_kill.py` tries every step."""
    # Not taken out of the dictionary itself: they would come back in another order.
    monkeypatch.setattr(checks, "POINTS", {point: processes.POINTS[point] for point in points})


_FIRST = "a first release replaces none"
_NOT_OF_FILES = ("what relations have besides rows stays", "a kept release can be read")
_LATE = ("what is paused stays as it is", "a production that dbt built before the first release")
"""Several builds each."""


def test_all_is_held_on_a_file(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    _only(monkeypatch, "published, before the state says so")
    # Tried on the server below.
    tried = {promise: check for promise, check in CHECKS.items() if promise not in _LATE}
    monkeypatch.setattr(rehearse, "CHECKS", tried)
    ran = shop.ok("engine", "rehearse", "--format", "json")
    # A file's relations have nothing of the kind, and a kept release is a file of its own.
    untried = {*_NOT_OF_FILES, *ELSEWHERE}
    assert _verdicts(ran.json) == {**dict.fromkeys(tried, "held"), **dict.fromkeys(untried, "not tried")}, ran.out
    assert "in dataops_rehearsal_" in ran.err
    assert not shop.production.exists()
    said = shop.ok("doctor").out
    assert f"with dataops {ran.json['dataops_version']} and dbt-duckdb" in said
    assert not CHECKS.keys() & ELSEWHERE.keys()
    assert f"{len({*tried} - untried)} promises held, {len(untried)} not tried" in said


@pytest.mark.parametrize("shop", ["postgres"], indirect=True)
def test_the_rest_is_held_on_a_server(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """What files have nothing of, or leave out above; `tests/engines` holds servers to the other promises."""
    _only(monkeypatch, "half way through publishing")
    wanted = (_FIRST, *_NOT_OF_FILES, "killed while deploying", *_LATE)
    # In their order: each goes on from what the one before has left.
    tried = {promise: check for promise, check in CHECKS.items() if promise in wanted}
    monkeypatch.setattr(rehearse, "CHECKS", tried)
    postgres.sql(_server(shop), "create schema live; create table live.mine as select 1 as one")
    before = postgres.sql(_server(shop), _LISTED)
    ran = shop.ok("engine", "rehearse", "--format", "markdown")
    assert ran.out.count("| held |") == len(tried), ran.out
    assert "grants, a comment that were put on by hand" in ran.out
    assert postgres.sql(_server(shop), _LISTED) == before


@pytest.mark.parametrize("shop", ["postgres"], indirect=True)
def test_what_a_killed_rehearsal_left(shop: Shop, tmp_path: Path) -> None:
    left, journal = "dataops_rehearsal_0a1b2c", "dataops_releases"
    postgres.sql(_server(shop), f"create schema {left}; create schema {left}_two; create schema dataops_rehearsal")
    (tmp_path / left).mkdir()
    assert shop.ok("engine", "rehearse", "--clean").out == f"Removed: {left}\n"
    assert {name for (name,) in postgres.sql(_server(shop), _LISTED)} >= {"dataops_rehearsal"}
    assert not {left, f"{left}_two", journal} & {name for (name,) in postgres.sql(_server(shop), _LISTED)}
    assert shop.ok("engine", "rehearse", "--clean").out == "Nothing was left.\n"


def test_broken_on_purpose(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that says that it published, and did not."""
    publish = Candidate.publish

    def lies(self: Candidate, state: Any, release: str, superseded: str | None) -> None:
        if superseded is None:
            publish(self, state, release, superseded)
        else:
            state.point(release)

    monkeypatch.setattr(Candidate, "publish", lies)
    ran = shop.run("engine", "rehearse")
    assert ran.code == 1, ran.out + ran.err
    told = " ".join(ran.out.split())
    assert "every relation is where the project says held" in told
    assert "what the project does not build stays broken" in told
    assert "production was not whole after `what the project does not build stays`" in told
    assert "1 broken (what the project does not build stays)" in told
    checked = {each["name"]: each["status"] for each in shop.run("doctor", "--format", "json").json["checks"]}
    assert checked["rehearsal"] == "broken"


def test_what_readers_saw() -> None:
    """Together: from the first read of two releases until the last."""
    seen = processes.together(
        [
            {"reads": 4, "editions": [1, 2], "errors": [], "mixed": [(1.0, 1.5), (1.25, 2.0)], "slowest": 0.5},
            {"reads": 2, "editions": [1], "errors": ["gone"], "mixed": [], "slowest": 0.75},
        ]
    )
    assert (seen.reads, seen.mixed, seen.seconds, seen.slowest, seen.errors) == (6, 2, 1.0, 0.75, ("gone",))


@pytest.mark.parametrize("shop", ["postgres"], indirect=True)
def test_nothing_is_left_of_one_that_is_interrupted(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: Any) -> str:
        raise KeyboardInterrupt

    for promise in list(CHECKS)[1:]:
        monkeypatch.setitem(CHECKS, promise, interrupted)
    before = postgres.sql(_server(shop), _LISTED)
    assert shop.run("engine", "rehearse").code == 130
    assert postgres.sql(_server(shop), _LISTED) == before


@pytest.mark.parametrize("shop", ["postgres"], indirect=True)
def test_a_role_that_may_make_no_schema(shop: Shop) -> None:
    postgres.sql(_server(shop), "drop role if exists guest; create role guest login")
    shop.edit("profiles.yml", "user: postgres", "user: guest")
    ran = shop.run("engine", "rehearse")
    assert ran.code == 2, ran.out
    assert "permission denied" in ran.err
    assert not (shop.root / ".dataops" / "state" / "rehearsals").exists()


def test_what_is_rehearsed_is_promised() -> None:
    assert set(CHECKS) | set(ELSEWHERE) == set(promises())
