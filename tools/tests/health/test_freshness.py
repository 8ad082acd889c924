"""`dataops freshness`: what it says, what it records, and what is left of it when it is stopped."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from dataops.history.reader import History, reading
from dataops.history.recorder import Recorder
from dataops.output.terminal_lists import old
from dataops.project.outcome import Age
from tests.shop import Ran, Shop, copied

SOURCES = """
sources:
  - name: raw
    schema: app
    config:
      meta: {owner: Platform}
      tags: [hourly]
      loaded_at_field: '"select"'
      freshness: {warn_after: {count: 90, period: minute}, error_after: {count: 3, period: day}}
    tables:
      - {name: visits}
      - {name: stale}
      - {name: recent}
      - {name: empty}
      - {name: missing, identifier: gone}
      - {name: ahead}
      - {name: unchecked, config: {freshness: null}}
"""
TABLES = """
use app;
create table recent as select now() as "select";
create table visits as select now()::timestamptz - interval 30 hour as "select";
create table stale as select now() - interval 9 day as "select";
create table ahead as select now() - interval 9 day as "select" union all select now() + interval 2 hour;
create table empty as select now() as "select" where false;
"""


@pytest.fixture(scope="module")
def checked(_fresh: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shop, Ran, History]]:
    """The shop after one check of its sources."""
    shop = copied(_fresh, tmp_path_factory.mktemp("freshness") / "shop")
    shop.write("models/raw.yml", SOURCES)
    shop.change_data(TABLES)
    ran = shop.run("freshness", "--target", "prod", "-s", "source:raw", "--threads", "2")
    with reading(str(shop.root / ".dataops" / "state"), shop.root) as history:
        yield shop, ran, history


def rows(checked: tuple[Shop, Ran, History], sql: str) -> list[tuple[Any, ...]]:
    return checked[2].connection.execute(sql).fetchall()


def test_a_person_sees_the_oldest_last(checked: tuple[Shop, Ran, History]) -> None:
    _, ran, _ = checked
    assert ran.code == 1
    assert ran.err == ""
    lines = [line.split() for line in ran.out.splitlines()]
    shown = {line[0]: line for line in lines if line and line[0].startswith("raw.") and ":" not in line[0]}
    assert list(shown) == ["raw.ahead", "raw.recent", "raw.visits", "raw.stale"]
    assert shown["raw.visits"][1::4] == ["warn", "hours"]
    assert shown["raw.stale"][-2:] == ["9", "days"]
    assert "raw.empty: no row says when it was loaded" in ran.out
    assert "gone does not exist" in ran.out
    # dbt says that it passes.
    assert shown["raw.ahead"][1] == "pass"
    assert re.search(r"raw.ahead: newest row of .* UTC, which is in the future: nobody knows how old", ran.out)


def test_every_source_is_recorded(checked: tuple[Shop, Ran, History]) -> None:
    names = "command, status, target, planned, origin, selected"
    assert rows(checked, f"select {names} from invocations") == [
        ("source freshness", "failed", "prod", 6, "dataops", "--select source:raw")
    ]
    names = "name, status, round(age_seconds / 3600), warn_after_seconds, error_after_seconds, owners, tags, identifier"
    found = {row[0]: row[1:] for row in rows(checked, f"select {names} from freshness")}
    facts = (5400.0, 259200.0, ["Platform"], ["hourly"])
    assert found["recent"] == ("pass", 0.0, *facts, "recent")
    assert found["visits"] == ("warn", 30.0, *facts, "visits")
    assert found["stale"] == ("error", 216.0, *facts, "stale")
    assert found["missing"] == ("runtime error", None, *facts, "gone")
    assert found["empty"] == ("error", None, *facts, "empty")
    assert set(found) == {"ahead", "recent", "visits", "stale", "missing", "empty"}
    told = "checked_at - max_loaded_at = to_microseconds(round(age_seconds * 1e6)::bigint), seconds > 0, file"
    assert rows(checked, f"select {told} from freshness where name = 'stale'") == [(True, True, "models/raw.yml")]
    assert rows(checked, "select count(*) from results where kind = 'source'") == [(0,)]


def test_late_sources_are_production_s_problems(checked: tuple[Shop, Ran, History]) -> None:
    status = checked[0].run("status", "--format", "json")
    late = {each["name"]: each for each in status.json["problems"] if each["kind"] == "late"}
    assert set(late) == {"raw.ahead", "raw.visits", "raw.stale", "raw.missing", "raw.empty"}
    assert late["raw.stale"]["owner"] == "Platform"
    assert "no row" in str(late["raw.empty"])
    assert status.code == 1
    listed = checked[0].ok("history", "--format", "json").json["invocations"]
    assert (listed[0]["nodes"], listed[0]["warned"]) == (6, 1)


def test_what_was_asked_before_a_stop_is_kept(
    checked: tuple[Shop, Ran, History], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Recorder, "ended", stopped)
    shop = checked[0]
    assert shop.run("freshness", "--target", "prod", "-s", "source:raw.stale").code == 130
    with reading(str(shop.root / ".dataops" / "state"), shop.root) as history:
        kept = """
            select invocations.status, name, freshness.status, age_seconds, error_after_seconds
            from freshness join invocations using (invocation_id) where invocations.status <> 'failed'
        """
        assert history.connection.execute(kept).fetchall() == [("interrupted", "stale", "error", None, 259200.0)]


def test_nothing_to_ask_is_said(checked: tuple[Shop, Ran, History]) -> None:
    ran = checked[0].ok("freshness", "--target", "prod", "-s", "source:raw.unchecked")
    assert ran.out.strip() == "No source that is selected has a freshness to check."
    # What is too old fails by itself, too.
    assert checked[0].run("freshness", "--target", "prod", "-s", "source:raw.stale").code == 1


def test_which_target_was_asked_is_said(checked: tuple[Shop, Ran, History]) -> None:
    shop, ran, _ = checked
    assert "6 sources of target prod: " in ran.out
    assert "tell of production's" not in ran.out
    other = shop.run("freshness", "-s", "source:raw.stale")
    assert "1 source of target dev: " in other.out
    assert "tell of production's: `dataops freshness --target prod`" in other.out


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-5.0, "-5 s"), (119.4, "119 s"), (120.0, "2 minutes"), (7199.0, "119 minutes"), (172800.0, "2 days")],
)
def test_ages_are_told_in_two_units_at_least(seconds: float, shown: str) -> None:
    moment = datetime(2026, 3, 1)
    assert old(Age(moment, moment, seconds)) == shown


def test_a_row_of_the_future_is_late_wherever_it_is_told(fresh: Shop) -> None:
    """As it is asked here, and as plain dbt asked it, whose `sources.json` does not say in which target it was."""
    fresh.write("models/raw.yml", SOURCES)
    fresh.change_data(TABLES)
    ran = fresh.run("freshness", "--target", "prod", "-s", "source:raw.ahead")
    assert (ran.code, ran.err) == (1, "")
    assert "LATE raw.ahead: newest row of" in fresh.run("status").out
    fresh.ok("build", "--target", "prod", "-s", "published")
    history = fresh.root / ".dataops" / "state" / "history"
    shutil.rmtree(history)
    fresh.ok("record", "target")
    assert "LATE raw.ahead: newest row of" in fresh.run("status").out
