"""Healthy means: the newest attempt at everything that should be there was good."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from dataops.alerts import current
from dataops.config import Production
from dataops.health import production
from dataops.health.health import Health
from dataops.history.reader import reading
from dataops.history.records import Freshness
from dataops.output.health import verdict
from tests.history.past import NOW, ORDERS, UNIQUE, Past, result
from tests.shop import Shop, refused

SOURCE = "source.shop.app.events"
NEW = "test.shop.not_null_orders.3"


@pytest.fixture
def past(tmp_path: Path) -> Past:
    return Past(tmp_path)


def health(past: Past) -> Health:
    return production.status(past.root, past.settings, "prod", NOW, lambda: pytest.fail("dbt was asked")).health


def problems(past: Past) -> list[tuple[str, str]]:
    return [(each.name, each.message) for each in health(past).problems]


def manifest(past: Past, hours: float, *keys: str, sources: Mapping[str, Any] | None = None) -> None:
    """The project as it was so many hours ago."""
    made = {
        "metadata": {"project_name": "shop", "generated_at": f"{NOW - timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}"},
        "nodes": {key: {} for key in keys},
        "sources": sources or {},
    }
    past.root.joinpath("target").mkdir(exist_ok=True)
    past.root.joinpath("target", "manifest.json").write_text(json.dumps(made))


# -- commands that came to nothing ------------------------------------------------------------------------------------


GOOD = {"status": "success", "release": "r1"}
REFUSED = {"status": "failed", "message": "Not released: t failed"}
HELD = {"status": "failed", "release": "r2"}
UNREAD = {"status": "error", "message": "no profile"}
KILLED = {"status": "interrupted"}


@pytest.mark.parametrize(
    ("attempts", "said"),
    [
        ([("deploy", GOOD)], []),
        ([("deploy", REFUSED)], [("deploy", "Not released: t failed", 5)]),
        ([("deploy", REFUSED), ("deploy", GOOD)], []),
        # What was held is told of by its pause: the rest is live.
        ([("deploy", HELD)], []),
        ([("deploy", GOOD), ("deploy", UNREAD)], [("deploy", "it could not run: no profile", 4)]),
        (
            [("deploy", REFUSED), ("deploy", UNREAD), ("deploy", KILLED)],
            [("deploy", "it was interrupted; 3 in a row came to nothing", 5)],
        ),
        # Tests that pass elsewhere do not release anything.
        ([("deploy", REFUSED), ("build", GOOD)], [("deploy", "Not released: t failed", 5)]),
        ([("build", UNREAD), ("deploy", GOOD)], []),
        ([("build", UNREAD), ("run", GOOD)], [("build", "it could not run: no profile", 5)]),
        ([("build", UNREAD), ("build", {"status": "failed"})], []),
        ([("source freshness", KILLED), ("deploy", GOOD)], [("source freshness", "it was interrupted", 5)]),
        ([("source freshness", KILLED), ("source freshness", {"status": "failed"})], []),
        ([("deploy --hold", REFUSED)], [("deploy --hold", "Not released: t failed", 5)]),
        ([("deploy --hold", REFUSED), ("deploy --hold", GOOD)], []),
        # What failed was built again, and waits.
        ([("deploy --hold", REFUSED), ("retry", GOOD)], []),
        ([("deploy --hold", REFUSED), ("retry", UNREAD), ("deploy --hold", GOOD)], []),
        (
            [("deploy --hold", REFUSED), ("retry", REFUSED)],
            [("deploy --hold", "Not released: t failed", 5), ("retry", "Not released: t failed", 4)],
        ),
        # Something waits: nothing was released.
        ([("deploy", REFUSED), ("deploy --hold", GOOD)], [("deploy", "Not released: t failed", 5)]),
        ([("deploy", REFUSED), ("deploy --hold", GOOD), ("publish", GOOD)], []),
        ([("publish", UNREAD)], [("publish", "it could not run: no profile", 5)]),
        ([("ci", REFUSED), ("ci", UNREAD)], []),
        ([("build", {**UNREAD, "target": "dev"}), ("deploy", {**UNREAD, "target": "dev"})], []),
        # No profile was read, so nobody knows the target; a deploy has but one.
        ([("deploy", {**UNREAD, "target": None})], [("deploy", "it could not run: no profile", 5)]),
        ([("build", {**UNREAD, "target": None})], []),
    ],
)
def test_a_command_that_came_to_nothing_is_a_problem(
    past: Past, attempts: list[tuple[str, dict[str, Any]]], said: list[tuple[str, str, int]]
) -> None:
    for number, (command, given) in enumerate(attempts):
        past.add(f"run-{number}", 5 - number, command=command, **given)
    found = health(past).problems
    assert [(each.name, each.message) for each in found] == [(name, message) for name, message, _ in said]
    assert [each.since for each in found] == [NOW - timedelta(hours=hours) for _, _, hours in said]
    assert {(each.kind, each.node) for each in found} <= {("failing", None)}


def test_one_that_waited_for_another_is_over_with_that(past: Past) -> None:
    ended = (NOW - timedelta(hours=1)).replace(tzinfo=None)
    past.add("long", 3, result(ORDERS, "success", 3), **GOOD, finished_at=ended)
    past.add("locked", 2, status="error", message="locked", finished_at=ended - timedelta(minutes=50))
    assert problems(past) == []


def test_a_change_whose_verdict_is_not_known_is_not_ready(past: Past) -> None:
    """An older version recorded of `ci` what was built, and not what was said of it."""
    for number, (status, message) in enumerate(
        [("success", None), ("failed", None), ("interrupted", None), ("error", "no profile"), ("success", "Ready: all")]
    ):
        past.add(f"ci-{number}", 9 - number, command="ci", status=status, message=message)
    verdicts = [each.verdict for each in reversed(past.site().reviews)]
    assert verdicts == ["unknown", "not ready", "not ready", "not ready", "ready"]


@pytest.mark.parametrize(
    ("attempts", "said"),
    [
        ([(9, "deploy", GOOD)], []),
        ([(30, "deploy", GOOD), (9, "deploy", HELD)], []),
        ([(30, "deploy --hold", GOOD), (9, "publish", GOOD)], []),
        # None of these made a release: the command that should have may not have run at all.
        ([(30, "deploy", GOOD), (9, "build", GOOD)], [("2026-03-09 06:01", 6)]),
        ([(30, "deploy", GOOD), (9, "deploy --hold", {"status": "success"})], [("2026-03-09 06:01", 6)]),
        ([(30, "deploy", GOOD), (9, "deploy", {"status": "success", "target": "dev"})], [("2026-03-09 06:01", 6)]),
        ([(9, "build", GOOD)], [("none is in the last 30 days", None)]),
    ],
)
def test_a_release_that_is_due_makes_production_late(
    past: Past, attempts: list[tuple[int, str, dict[str, Any]]], said: list[tuple[str, int | None]]
) -> None:
    for hours, command, given in attempts:
        ended = (NOW - timedelta(hours=hours) + timedelta(minutes=1)).replace(tzinfo=None)
        past.add(f"run-{hours}", hours, result(ORDERS, "success", hours), command=command, finished_at=ended, **given)
    settings = replace(past.settings, production=Production(release_every_hours=24))
    found = production.status(past.root, settings, "prod", NOW, lambda: pytest.fail("dbt was asked")).health
    assert health(past).problems == ()
    assert [(each.kind, each.name, each.node) for each in found.problems] == [("late", "release", None)] * len(said)
    for each, (words, hours) in zip(found.problems, said, strict=True):
        assert words in each.message
        assert each.message.endswith("one is due every 24 hours")
        assert each.since == (NOW - timedelta(hours=hours, minutes=-1) if hours else None)


# -- what should be there ---------------------------------------------------------------------------------------------


def test_what_is_new_is_not_gone(past: Past) -> None:
    past.add("b", 9, result(ORDERS, "success", 9), **GOOD)
    past.add("gone", 8, result("test.shop.gone.9", "fail", 8), command="build")
    manifest(past, 7, ORDERS)
    past.add("c", 2, result(ORDERS, "success", 2), result(NEW, "fail", 2, message="Got 1 result"), **REFUSED)
    assert problems(past) == [("not_null_orders", "Got 1 result"), ("deploy", "Not released: t failed")]
    assert (health(past).tests, health(past).passing) == (1, 0)
    told = current.production(past.root, past.settings, "prod", NOW)
    assert told.present is not None
    assert {NEW, "deploy"} <= told.present
    # Two messages' worth of the same night belong together.
    assert [each.invocation for each in told.concerns] == ["c", "c"]
    # The next night it is not in the project any more: what was tried last says what there is.
    past.add("d", 1, result(ORDERS, "success", 1), status="failed", message="Not released: u failed")
    assert [name for name, _ in problems(past)] == ["deploy"]


def test_a_removed_test_is_gone_and_one_that_never_ran_is_told(past: Past) -> None:
    past.add("a", 9, result(ORDERS, "success", 9), result(UNIQUE, "fail", 9), command="build", status="failed")
    manifest(past, 8, ORDERS, NEW)
    found = health(past)
    assert (found.problems, found.tests, found.passing, found.unrun) == ((), 1, 0, 1)
    assert verdict(found) == "Nothing is known to be wrong in production; 1 of 1 test did not run"
    manifest(past, 8, ORDERS, UNIQUE)
    assert (verdict(health(past)), health(past).unrun) == ("Production is not healthy: 1 failing", 0)


def test_only_what_is_known_to_be_good_is_good(past: Past) -> None:
    past.add("a", 9, result(ORDERS, "error", 9, message="no"), result(UNIQUE, "fail", 9), command="build")
    for number, status in enumerate(("skipped", "no-op", "reused")):
        past.add(f"b{number}", 8 - number, result(ORDERS, status, 8), result(UNIQUE, status, 8), command="build")
        assert [name for name, _ in problems(past)] == ["orders", "unique_orders"]
        assert health(past).problems[0].since == NOW - timedelta(hours=9)
    for number, status in enumerate(("partial success", "a word of a later dbt")):
        past.add(f"c{number}", 4 - number, result(ORDERS, status, 4 - number), command="build")
        assert problems(past)[0] == ("orders", status)
    past.add("d", 1, result(ORDERS, "success", 1), result(UNIQUE, "pass", 1), command="build")
    assert problems(past) == []
    for status in ("skipped", "no-op", "reused"):
        past.add(status, 0.5, result(ORDERS, status, 0.5), result(UNIQUE, status, 0.5), command="build")
        assert problems(past) == []


def test_another_project_in_the_same_history_is_none_of_ours(past: Past) -> None:
    past.root.joinpath("dbt_project.yml").write_text("name: shop\n")
    past.add("ours", 9, result(ORDERS, "success", 9), project="shop")
    past.add("theirs", 2, result("model.other.m", "error", 2), project="other", **REFUSED)
    past.add("unknown", 1, result(UNIQUE, "fail", 1), command="build", status="failed")
    assert [name for name, _ in problems(past)] == ["unique_orders"]
    found = health(past)
    assert found.last is not None
    assert found.last.key == "unknown"
    assert [run.key for run in past.site().runs] == ["unknown", "ours"]


@pytest.mark.parametrize("refused", [True, False])
def test_what_a_refused_deploy_tried_is_there_after_a_rollback_too(past: Past, refused: bool) -> None:
    past.add("a", 9, result(ORDERS, "success", 9), **GOOD)
    past.add("b", 5, result(ORDERS, "success", 5), result(NEW, "pass", 5), **GOOD)
    past.add("c", 4, result(ORDERS, "success", 4), result(NEW, "fail", 4), **(REFUSED if refused else GOOD))
    # Live again since an hour is a release that does not have it.
    manifest(past, 1, ORDERS)
    assert [name for name, _ in problems(past)] == (["not_null_orders", "deploy"] if refused else [])


def test_a_run_whose_clock_was_ahead_heals_nothing(past: Past) -> None:
    past.add("ahead", -30, result(ORDERS, "success", -30), result(UNIQUE, "pass", -30), **GOOD)
    past.add("now", 1, result(ORDERS, "success", 1), result(UNIQUE, "fail", 1), **REFUSED)
    assert [name for name, _ in problems(past)] == ["unique_orders", "deploy"]
    found = health(past)
    assert found.last is not None
    assert found.last.key == "now"
    past.add("worse", -20, result(ORDERS, "error", -20), command="build", status="failed")
    assert [name for name, _ in problems(past)] == ["unique_orders", "orders", "deploy"]


# -- sources ----------------------------------------------------------------------------------------------------------


def _checked(past: Past, key: str, hours: float, status: str, newest: datetime | None, **given: Any) -> None:
    at = (NOW - timedelta(hours=hours)).replace(tzinfo=None)
    record = Freshness("", SOURCE, "events", status, max_loaded_at=newest, checked_at=at)
    past.add(key, hours, record, command="source freshness", **given)


def test_a_row_of_the_future_makes_no_table_fresh(past: Past) -> None:
    _checked(past, "a", 9, "pass", NOW.replace(tzinfo=None) + timedelta(days=30))
    assert problems(past) == [
        (
            "app.events",
            "newest row of 2026-04-09 12:00 UTC, which is in the future: nobody knows how old the others are",
        )
    ]
    # Clocks differ.
    _checked(past, "b", 8, "pass", NOW.replace(tzinfo=None) - timedelta(hours=8) + timedelta(minutes=5))
    assert problems(past) == []


def test_a_source_that_is_to_be_fresh_no_more_is_not_late(past: Past) -> None:
    _checked(past, "a", 9, "error", datetime(2026, 3, 1))
    limit = {"warn_after": {"count": 1, "period": "day"}, "error_after": {"count": None}}
    for freshness, late in ((limit, 1), (None, 0), ({"warn_after": {"count": None}, "error_after": None}, 0)):
        manifest(past, 8, ORDERS, sources={SOURCE: {"freshness": freshness}})
        assert len(problems(past)) == late
    manifest(past, 8, ORDERS)
    assert problems(past) == []


def test_what_is_not_placed_counts_only_if_it_is_bad(past: Past) -> None:
    somewhere = {"target": None, "origin": "artifacts"}
    _checked(past, "a", 9, "error", datetime(2026, 3, 1))
    past.add("b", 9, result(ORDERS, "error", 9), command="build", status="failed")
    _checked(past, "c", 8, "pass", datetime(2026, 3, 10), **somewhere)
    past.add("d", 8, result(ORDERS, "success", 8), command="build", **somewhere)
    assert [name for name, _ in problems(past)] == ["orders", "app.events"]
    _checked(past, "e", 7, "pass", datetime(2026, 3, 10))
    past.add("f", 7, result(ORDERS, "success", 7), command="build")
    assert problems(past) == []
    _checked(past, "g", 6, "warn", datetime(2026, 3, 9), **somewhere)
    past.add("h", 6, result(UNIQUE, "fail", 6), command="build", status="failed", **somewhere)
    assert [name for name, _ in problems(past)] == ["unique_orders", "app.events"]


def test_what_waits_is_not_production_until_it_is_published(past: Past) -> None:
    """Its tests passed on rows that nobody reads yet."""
    past.add("a", 9, result(ORDERS, "success", 9), result(UNIQUE, "fail", 9), command="build", status="failed")
    past.add("b", 8, result(ORDERS, "success", 8), result(UNIQUE, "pass", 8), command="deploy --hold")
    assert [name for name, _ in problems(past)] == ["unique_orders"]
    past.add("c", 7, result(ORDERS, "success", 7), result(UNIQUE, "pass", 7), command="deploy --hold")
    past.add("d", 6, command="publish", release="r")
    assert problems(past) == []
    past.add("e", 5, result(UNIQUE, "fail", 5), command="deploy --hold")
    assert [name for name, _ in problems(past)] == ["unique_orders"]


def test_what_was_retried_is_production_with_what_was_not(past: Past) -> None:
    """Once it is published; and never what another attempt built, which nobody went on with."""
    failed = {"command": "deploy --hold", "status": "failed"}
    past.add("a", 9, result(ORDERS, "success", 9), result(UNIQUE, "fail", 9), command="build", status="failed")
    past.add("b", 8, result(ORDERS, "error", 8), result(UNIQUE, "pass", 8), **failed)
    past.add("c", 7, result(ORDERS, "success", 7), command="retry")
    assert [name for name, _ in problems(past)] == ["unique_orders", "orders"]
    past.add("d", 6, command="publish", release="r")
    assert problems(past) == []
    past.add("e", 5, result(UNIQUE, "fail", 5), **failed)
    past.add("f", 4, result(UNIQUE, "pass", 4), **failed)
    past.add("g", 3, result(ORDERS, "success", 3), command="deploy --hold")
    past.add("h", 2, command="publish", release="s")
    assert [name for name, _ in problems(past)] == ["unique_orders"]


# -- real deploys ----------------------------------------------------------------------------------------------------


def test_nights_without_a_release_are_incidents_until_one_succeeds(
    editions: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAT", "json://127.0.0.1:9")
    editions.write("dataops.yml", "alert: {to: [CHAT]}\n")

    def failing() -> dict[str, str]:
        ran = editions.run("status", "--format", "json")
        document = ran.json
        assert ran.code == (0 if document["healthy"] else 1)
        return {each["name"]: each["message"] for each in document["problems"]}

    assert failing() == {}
    # A node that is in no release yet.
    editions.write("models/new.sql", "select cast('x' as int) as y\n")
    assert editions.run("deploy").code == 1
    found = failing()
    assert found.keys() == {"new", "deploy"}
    assert found["deploy"] == "Not released: new failed"
    dry = editions.ok("alert", "--dry-run").out
    assert "FAILING new, no owner" in dry
    assert "FAILING deploy\n" in dry
    editions.remove("models/new.sql")
    # A project that does not parse, a profile that is not there, a release in progress elsewhere.
    editions.write("models/new.sql", "select {{ nothing( }}\n")
    refused(editions.run("deploy"))
    editions.remove("models/new.sql")
    # Of `new` the newest that is known is that it failed.
    found = failing()
    assert found.keys() == {"new", "deploy"}
    assert found["deploy"].startswith("it could not run: ")
    assert "models/new.sql" in found["deploy"]
    assert found["deploy"].endswith("; 2 in a row came to nothing")
    editions.git("mv", "profiles.yml", "elsewhere.yml")
    refused(editions.run("deploy"), "profiles.yml")
    assert "profiles.yml" in failing()["deploy"]
    editions.git("mv", "elsewhere.yml", "profiles.yml")
    with FileLock(editions.root / ".dataops" / "prod" / "lock"):
        refused(editions.run("deploy"), "another deploy or rollback")
    assert failing()["deploy"].startswith("it could not run: another deploy or rollback")
    assert "dataops_failing_nodes{" in editions.run("status", "--format", "openmetrics").out
    editions.ok("site")
    home = editions.read("target/dataops/site/index.html")
    assert "Production is not healthy: 2 failing" in home
    assert "4 in a row came to nothing" in home
    with reading(str(editions.root / ".dataops" / "state"), editions.root) as history:
        rows = history.connection.execute(
            "select status, command, left(message, 12), release is null from invocations order by started_at"
        ).fetchall()
    assert [row[0] for row in rows] == ["success", "failed", "error", "error", "error"]
    assert rows[0][1:] == ("deploy", "Released 202", False)
    editions.ok("deploy")
    assert failing() == {}
    assert "Nothing new: 0 problems" in editions.ok("alert", "--dry-run").out


VERSIONED = """
groups: [{name: fin, owner: {name: Finance, email: fin@example.com}}]
models:
  - name: orders
    latest_version: 2
    config: {group: fin}
    columns: [{name: id, data_tests: [unique]}]
    versions: [{v: 1, config: {meta: {owner: "@ann"}}}, {v: 2}]
"""


def test_a_build_around_a_pause_leaves_the_whole_project_to_health(editions: Shop) -> None:
    """Without releases, `target/manifest.json` says what there is; what is built is a slice of it."""
    shutil.rmtree(editions.root / ".dataops")
    editions.write("tests/never.sql", "select * from {{ ref('published') }}\n")
    assert editions.run("build", "--target", "prod").code == 1
    editions.ok("pause", "printed", "--reason", "wrong")
    editions.run("build", "--target", "prod", "-s", "bound")
    editions.ok("resume", "printed", "--reason", "right")
    ran = editions.run("status")
    assert ran.code == 1
    assert "FAILING never" in ran.out


def test_versions_are_nodes_of_their_own_with_their_owners(editions: Shop) -> None:
    # Nothing is released: the report tells of the project as it is.
    shutil.rmtree(editions.root / ".dataops")
    editions.write("models/versioned/orders.yml", VERSIONED)
    editions.write("models/versioned/orders_v1.sql", "select 1 as id union all select 1\n")
    editions.write("models/versioned/orders_v2.sql", "select cast('x' as int) as id\n")
    editions.write("models/versioned/pinned.sql", "select * from {{ ref('orders', v=1) }}\n")
    editions.write("models/versioned/latest.sql", "select * from {{ ref('orders') }}\n")
    editions.write("tests/of_one.sql", "select * from {{ ref('orders', v=1) }}\n")
    folder = "models:\n  editions:\n    versioned: {+meta: {owner: '@folder'}}"
    editions.edit("dbt_project.yml", "models:\n  editions:", folder)
    ran = editions.run("build", "--target", "prod", "-s", "path:models/versioned", "-s", "of_one")
    assert "ERROR orders.v2" in ran.out, ran.err
    whose = {each["name"]: each["owner"] for each in editions.run("status", "--format", "json").json["problems"]}
    # The nearest word: the version's own, that of the folder, which stands before the group.
    assert whose == {"orders.v2": "@folder", "unique_orders_v1_id": "@ann", "of_one": "@ann"}
    editions.ok("report", "--target", "prod")
    page = editions.read("target/dataops/report.html")
    told = json.loads(base64.b64decode(page.split("atob('", 1)[1].split("'", 1)[0]))
    models = {each["name"]: each["owners"] for each in told["models"].values() if "orders" in each["unique_id"]}
    assert models == {"orders.v1": ["@ann"], "orders.v2": ["@folder"]}
    refused(editions.run("pause", "orders", "--reason", "wrong"), "has versions", "orders.v1, orders.v2")
    out = editions.ok("pause", "orders.v1", "--reason", "wrong").out
    assert "holds orders.v1, pinned" in out
    problems = editions.run("status", "--format", "json").json["problems"]
    assert [each["name"] for each in problems if each["kind"] == "paused"] == ["orders.v1"]
    assert "Resumed orders.v1" in editions.ok("resume", "orders.v1", "--reason", "right").out
