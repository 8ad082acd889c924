"""A task group under a real Airflow: each part ends as it fares, and clearing one builds that part again."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.airflow.conftest import REPOSITORY, SLOW
from tests.airflow.night import Night, parent
from tests.airflow.running import Airflow
from tests.shop import Shop, copied, dump, last

DAGS = f"""
from airflow.sdk import DAG
from dataops.orchestrate.airflow import dataops_task_group

GIVEN = {{{{"project_dir": "{{{{{{{{ dag_run.conf['project'] }}}}}}}}", "environment": "{sys.prefix}"}}}}

with DAG("by_folder", schedule=None):
    dataops_task_group("{{feeds}}", **GIVEN)
with DAG("by_model", schedule=None):
    dataops_task_group("{{shop}}", "model", publish=False, **GIVEN)
"""
BAD, GOOD = "id,amount\n1,10\n1,20\n", "id,amount\n1,10\n2,20\n"
FEED, BILLS, REPORTS = "dataops.models.feed", "dataops.models.bills", "dataops.models.reports"
OTHERS = {f"dataops.{name}" for name in ("seeds", "snapshots", "models.staging", "models.marts")}
ENDS = {"dataops.build", "dataops.publish"}


@pytest.fixture(scope="session")
def _feeds(_first: Shop, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The shop, and two folders that read what somebody else delivers, with a third that reads one of them."""
    shop = copied(_first, tmp_path_factory.mktemp("feeds") / "shop")
    for name in ("feed", "bills"):
        shop.write(f"{name}.csv", GOOD)
        select = f"select id, amount from read_csv('{name}.csv')\n"
        shop.write(f"models/{name}/{name}.sql", f"{{{{ config(materialized='table') }}}}\n{select}")
        tests = {"models": [{"name": name, "columns": [{"name": "id", "data_tests": ["unique"]}]}]}
        shop.write(f"models/{name}/{name}.yml", dump(tests))
    shop.write("models/reports/report.sql", "select sum(amount) as amount from {{ ref('feed') }}\n")
    shop.commit("feeds")
    shop.ok("orchestrate", "index")
    return shop


@pytest.fixture
def feeds(_feeds: Shop, tmp_path: Any) -> Shop:
    return copied(_feeds, tmp_path / "shop")


@pytest.fixture(scope="session")
def grouped(airflow: Airflow, _first: Shop, _feeds: Shop) -> Iterator[Airflow]:
    """The Airflow with DAGs that have groups."""
    indices = {name: str(shop.root / "dataops-index.json") for name, shop in (("feeds", _feeds), ("shop", _first))}
    (airflow.dags / "groups_of_tests.py").write_text(DAGS.format(**indices), encoding="utf-8")
    airflow.has("by_folder", "by_model")
    yield airflow


def _told(night: Night) -> list[dict[str, Any]]:
    """All lines of a run's journal."""
    [file] = (night.project.root / "target/dataops/orchestrate" / night.dag).glob("*/dataops.jsonl")
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line]


def _orders(night: Night) -> list[str]:
    return [each["command"] for each in _told(night) if each["event"] == "build.ordered"]


def _times(night: Night) -> dict[str, Any]:
    found = night.airflow.api("GET", f"dags/{night.dag}/dagRuns/{night.run}/taskInstances")["task_instances"]
    return {each["task_id"]: each for each in found}


def _clear(night: Night, *tasks: str) -> None:
    """As somebody does in the page who clears tasks with what is downstream of them."""
    body = {"dag_run_id": night.run, "task_ids": [*tasks], "include_downstream": True, "dry_run": False}
    night.airflow.api("POST", f"dags/{night.dag}/clearTaskInstances", {**body, "only_failed": False})
    night.airflow.until(lambda: night.airflow.state(night.dag, night.run) not in ("success", "failed"), 30)


def test_each_part_ends_when_its_nodes_do(grouped: Airflow, feeds: Shop) -> None:
    feeds.publish(2)
    night = Night(grouped, "by_folder", feeds)
    assert night.ended() == dict.fromkeys({FEED, BILLS, REPORTS, *OTHERS, *ENDS}, "success")
    assert feeds.edition() == 2
    tasks = _times(night)
    built, published = tasks["dataops.build"]["end_date"], tasks["dataops.publish"]["start_date"]
    watchers = [each for name, each in tasks.items() if name not in ENDS]
    assert all(tasks[name]["end_date"] < built for name in (FEED, BILLS, "dataops.seeds")), "they follow it live"
    assert all(each["end_date"] < published for each in watchers)
    assert {each["operator"] for each in watchers} == {"DataopsWatcher"}
    assert {each["task"] for each in grouped.asset_events() if each["run"] == night.run} == {"dataops.publish"}
    assert night.events()["shop.published"]["release"] == feeds.live != night.live


def test_a_failure_stands_at_its_part_and_only_that_is_built_again(grouped: Airflow, feeds: Shop) -> None:
    feeds.publish(2)
    for name in ("feed", "bills"):
        feeds.write(f"{name}.csv", BAD)
    night = Night(grouped, "by_folder", feeds)
    assert night.ended() == {
        **dict.fromkeys(OTHERS, "success"),
        **dict.fromkeys((FEED, BILLS, "dataops.build"), "failed"),
        **dict.fromkeys((REPORTS, "dataops.publish"), "upstream_failed"),
    }
    assert (feeds.live, feeds.edition(), night.events()) == (night.live, 1, {})
    assert "unique_feed_id: Got 1 result" in night.log(FEED)
    assert "bills" not in night.log(FEED)
    assert _orders(night) == ["deploy --hold"]

    # Two groups are cleared at once: one of them builds, the other follows, and nobody else runs.
    for name in ("feed", "bills"):
        feeds.write(f"{name}.csv", GOOD)
    _clear(night, FEED, BILLS)
    assert night.ended() == {
        **dict.fromkeys({FEED, BILLS, REPORTS, "dataops.publish", *OTHERS}, "success"),
        "dataops.build": "failed",
    }
    assert feeds.edition() == 2
    assert night.events()["shop.published"]["release"] == feeds.live != night.live
    assert _orders(night) == ["deploy --hold", "retry"]
    lines = _told(night)
    again = lines[[each.get("command") for each in lines].index("retry") :]
    built = {last(each["unique_id"]) for each in again if each["event"] == "node.finished"}
    assert built == {"feed", "unique_feed_id", "bills", "unique_bills_id", "report"}
    tries = {name: each["try_number"] for name, each in _times(night).items()}
    assert {name for name, number in tries.items() if number > 1} == {FEED, BILLS}


@pytest.mark.parametrize("killed", ["task", "worker"])
def test_nobody_waits_for_a_build_that_was_killed(grouped: Airflow, feeds: Shop, killed: str) -> None:
    feeds.write("models/marts/slow.sql", SLOW)
    feeds.write("models/reports/report.sql", "select n from {{ ref('slow') }} -- {{ ref('feed') }}\n")
    night = Night(grouped, "by_folder", feeds)
    task = parent(night.building("dataops.build"))
    os.kill(task if killed == "task" else parent(task), signal.SIGKILL)
    waiting = ("deferred", "running", "queued", "scheduled", None)
    grouped.until(lambda: not set(grouped.tasks(night.dag, night.run).values()) & {*waiting}, 30)
    states = night.ended()
    assert (states["dataops.build"], states["dataops.publish"]) == ("failed", "upstream_failed")
    failed = [name for name, state in states.items() if state == "failed" and name not in ENDS]
    assert failed
    assert all("not built: " in night.log(name) for name in failed)
    night.gone()
    assert (feeds.live, night.events()) == (night.live, {})


def test_each_model_by_itself(grouped: Airflow, project: Shop) -> None:
    night = Night(grouped, "by_model", project)
    states = night.ended()
    assert set(states.values()) == {"success"}
    assert {"dataops.build", "dataops.fct_orders", "dataops.customers_history", "dataops.waits"} <= set(states)
    assert (project.live, night.events()) == (night.live, {})
    assert project.ok("releases", "--format", "json").json["waiting"]["live"] == night.live


def test_the_example_runs_as_it_is(airflow: Airflow, example: Shop) -> None:
    """Once the other examples have let go of the project."""

    def state(dag: str) -> set[str | None]:
        return {each for run in airflow.runs(dag) for each in airflow.tasks(dag, run["dag_run_id"]).values()}

    others = ("dataops_nightly", "dataops_approval", "dataops_on_arrival")
    idle = {"success", "failed", "skipped", "upstream_failed", "awaiting_input", "deferred", None}
    airflow.until(lambda: all(state(dag) <= idle for dag in others) and bool(state("dataops_nightly")), 240)
    live = example.live
    shutil.copy(REPOSITORY / "docs" / "airflow" / "groups.py", airflow.dags)
    airflow.has("dataops_groups")
    airflow.until(lambda: bool(airflow.runs("dataops_groups")), 60)
    run = str(airflow.runs("dataops_groups")[0]["dag_run_id"])
    assert airflow.ended("dataops_groups", run) == "success"
    assert example.live != live
