"""What docs/releases.md promises of a deploy in two steps, on every engine: it waits, whole, until somebody decides."""

from __future__ import annotations

import signal
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from dataops.release import waiting
from tests.engines.conftest import Killed
from tests.engines.subject import LIVE, RELATIONS, Production
from tests.shop import refused


def held(production: Production, edition: int) -> str:
    """A release of an edition that waits; its id."""
    production.shop.publish(edition)
    production.shop.ok("deploy", "--hold")
    return waits(production)


def waits(production: Production) -> str:
    found = production.shop.ok("releases", "--format", "json").json["waiting"]
    return str(found["release"]) if found else ""


def lay_out(production: Production) -> None:
    """Let the first model read what somebody delivers, and test that, which is wrong."""
    feed = production.subject.feed(production.shop, -1)
    production.shop.write("models/marts/published.sql", f"select edition from {feed}\n")
    production.shop.write("tests/delivered.sql", "select edition from {{ ref('published') }} where edition < 1\n")


def failed(production: Production) -> dict[str, Any]:
    """A release whose first model failed its test, since what it reads was delivered wrong; what is said of it."""
    lay_out(production)
    assert production.shop.run("deploy", "--hold").code == 1
    return unfinished(production)


def unfinished(production: Production) -> dict[str, Any]:
    found: dict[str, Any] | None = production.shop.ok("releases", "--format", "json").json["unfinished"]
    return found or {}


def test_a_release_waits_until_it_is_published(production: Production) -> None:
    """Nobody sees it before, a failed deploy meanwhile leaves it alone, and it can be gone back from."""
    first = production.shop.live
    refused(production.shop.run("publish"), "no release waits")
    assert "publish" not in production.shop.run("status").out, "a command given in vain is no incident"
    production.write("create schema bi")
    production.write(f"create view bi.newest as select edition from {RELATIONS['published']}")
    there = production.listed()
    release = held(production, 2)
    assert (production.edition(), production.shop.live) == (1, first)
    told = production.shop.run("status")
    assert f"Waits to be published: {release}" in told.out
    assert f"{release}" in production.shop.ok("releases").out
    production.shop.publish(-1)
    assert production.shop.run("deploy").code == 1
    assert waits(production) == release, "a release that came to nothing took it along"
    assert production.edition() == 1
    assert f"Released {release}\nIt replaced {first}" in production.shop.ok("publish").out
    assert (production.edition(), production.shop.live, waits(production)) == (2, release, "")
    assert production.query("select edition from bi.newest") == [(2,)]
    assert production.query(f"select edition from {RELATIONS['counted']} order by 1") == [(1,), (2,)]
    production.shop.ok("rollback")
    assert (production.edition(), production.shop.live) == (1, first)
    production.shop.ok("rollback", release)
    assert production.edition() == 2
    # Nothing of where it waited is left: the schemas are those of any superseded release.
    assert [each for each in production.listed() if each not in there and "__waiting" in str(each[0])] == []


def test_a_release_that_waits_is_discarded(production: Production) -> None:
    first, there = production.shop.live, production.listed()
    release = held(production, 2)
    assert f"Discarded {release}" in production.shop.ok("discard").out
    refused(production.shop.run("discard"), "no release waits")
    refused(production.shop.run("publish"), "no release waits")
    assert production.listed() == there
    (row,) = [each for each in production.shop.ok("releases").out.splitlines() if release in each]
    assert "was never live" in row
    assert (production.edition(), production.shop.live, waits(production)) == (1, first, "")


def test_a_newer_release_takes_the_place_of_one_that_waits(production: Production) -> None:
    older = held(production, 2)
    newer = held(production, 3)
    assert newer != older
    third = production.deploy(4)
    assert (waits(production), production.edition()) == ("", 4)
    refused(production.shop.run("publish"), "no release waits")
    waiting_then = held(production, 5)
    production.shop.ok("rollback")
    refused(production.shop.run("publish"), f"was made from {third}", code=1)
    assert waits(production) == waiting_then
    assert production.edition() == 1


def test_someone_writes_to_production_while_a_release_waits(production: Production) -> None:
    """Theirs is kept, and what did not see it is not published."""
    release = held(production, 2)
    production.write(f"insert into {RELATIONS['counted']} values (1)")
    refused(production.shop.run("publish"), "by someone else")
    assert (production.published(), waits(production)) == (1, release)
    assert production.query(f"select edition from {RELATIONS['counted']}") == [(1,), (1,)]
    production.shop.ok("discard")
    production.shop.ok("deploy")
    assert production.published() == 2


def test_what_waits_is_refused_when_it_is_stale(production: Production, monkeypatch: pytest.MonkeyPatch) -> None:
    release = held(production, 2)
    production.shop.ok("pause", "printed", "--reason", "misprints")
    refused(production.shop.run("publish"), "printed was paused since (misprints)", code=1)
    production.shop.ok("resume", "printed", "--reason", "reprinted")

    class Later(datetime):
        @classmethod
        def now(cls, tz: timezone | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(hours=49)

    monkeypatch.setattr(waiting, "datetime", Later)
    refused(production.shop.run("publish"), "it could be until", code=1)
    monkeypatch.undo()
    production.shop.ok("publish")
    assert (production.edition(), production.shop.live) == (2, release)


@pytest.mark.parametrize("point", ["recorded", "waits"])
def test_killed_while_a_release_is_left_to_wait(production: Production, point: str, killed: Killed) -> None:
    """It waits, whole, or it is gone: what waited before is there in its stead."""
    older = held(production, 2)
    production.shop.publish(3)
    assert killed(point, production.shop.root, "deploy --hold") == -signal.SIGKILL
    production.shop.ok("publish")
    newer = production.shop.live != older
    assert newer == (point == "waits")
    assert production.edition() == (3 if newer else 2)
    assert waits(production) == ""


@pytest.mark.parametrize("point", ["taken", "pointed"])
def test_killed_while_what_waits_is_published(production: Production, point: str, killed: Killed) -> None:
    """It is live, or it waits on."""
    release = held(production, 2)
    assert killed(point, production.shop.root, "publish") == -signal.SIGKILL
    assert production.editions() <= production.subject.meanwhile.get(point, {2 if point == "pointed" else 1})
    production.shop.plan()
    if point == "pointed":
        assert (production.shop.live, waits(production)) == (release, "")
        refused(production.shop.run("publish"), "no release waits")
    else:
        assert production.shop.live != release
        production.shop.ok("publish")
    assert (production.edition(), production.shop.live, waits(production)) == (2, release, "")
    assert production.query(f"select count(*) from {LIVE}.languages") == [(2,)]


def test_what_failed_is_kept_and_built_again(production: Production) -> None:
    """Nobody sees it, nor is it published; once what it reads was mended, only the rest is built."""
    shop, first, there = production.shop, production.shop.live, production.listed()
    found = failed(production)
    assert (found["live"], found["planned"] - found["again"]) == (first, 1), "the seed is not built again"
    refused(shop.run("publish"), f"{found['release']} is not published: a part of it failed", "retry", code=1)
    assert (production.edition(), shop.live, waits(production)) == (1, first, "")
    production.subject.feed(shop, 2)
    out = shop.ok("retry").out
    assert (production.edition(), shop.live, unfinished(production)) == (1, first, {})
    assert f"Waits to be published: {waits(production)}" in out
    refused(shop.run("retry"), "no release waits unfinished")
    shop.ok("publish")
    assert production.edition() == 2
    assert production.query(f"select edition from {RELATIONS['counted']} order by 1") == [(1,), (2,)]
    assert production.query(f"select count(*) from {RELATIONS['remembered']}") == [(2,)]
    assert production.query(f"select count(*) from {LIVE}.languages") == [(2,)]
    shop.ok("rollback")
    assert production.edition() == 1
    assert [each for each in production.listed() if each not in there and "__waiting" in str(each[0])] == []


def test_someone_writes_to_production_while_what_failed_is_kept(production: Production) -> None:
    """Theirs is kept, and nothing is built on what did not see it."""
    there = production.listed()
    found = failed(production)
    production.write(f"insert into {RELATIONS['counted']} values (1)")
    refused(production.shop.run("retry"), "by someone else")
    assert unfinished(production) == found
    assert "Discarded" in production.shop.ok("discard").out
    assert (unfinished(production), production.published()) == ({}, 1)
    assert [each for each in production.listed() if each not in there and each[0] != "outside"] == []
    assert production.query(f"select edition from {RELATIONS['counted']}") == [(1,), (1,)]


def test_killed_while_what_failed_is_left_and_built_again(production: Production, killed: Killed) -> None:
    """It can be gone on with, whole; from then on it is gone until it waits to be published. Production stays."""
    shop, first = production.shop, production.shop.live
    lay_out(production)
    assert killed("waits", shop.root, "deploy --hold") == -signal.SIGKILL
    production.subject.feed(shop, 2)
    assert unfinished(production) == {}, "only the engine knows"
    assert killed("recorded", shop.root, "retry") == -signal.SIGKILL
    assert (production.edition(), shop.live) == (1, first)
    refused(shop.run("retry"), "no release waits unfinished")
    refused(shop.run("publish"), "no release waits")
    assert unfinished(production) == {}
