"""Nights under a real Airflow: what each task says, which assets are told, and what production serves."""

from __future__ import annotations

import os
import random
import signal
import time

import pytest

from tests.airflow.conftest import POLICY, SETTINGS, SLOW
from tests.airflow.night import Night, parent
from tests.airflow.running import Airflow
from tests.shop import Shop

# At how many moments a night is ended; MOMENTS=20 tries more.
MOMENTS = int(os.environ.get("MOMENTS", "3"))
BAD = ("100,10,1200", "100,10,-1200")
READERS = ("reads_published", "reads_dashboard")


def test_a_good_night(airflow: Airflow, project: Shop) -> None:
    project.publish(2)
    night = Night(airflow, "night", project)
    assert night.ended() == {"deploy": "success"}
    assert project.edition() == 2
    events = night.events()
    assert set(events) == {"shop.published", "shop.fct_orders", "shop.exposure.sales_dashboard"}
    told = events["shop.fct_orders"]
    assert told["release"] == project.live != night.live
    assert told["revision"] == f"{project.git('rev-parse', 'HEAD')}-dirty"
    assert (told["rows"], told["held"]) == ({"model.shop.fct_orders": 4}, {})
    airflow.until(lambda: all(night.run in airflow.causes(dag) for dag in READERS), 30)
    log = night.log()
    assert f"Released {project.live}" in log
    assert "Built and tested 8 models" in log
    links = airflow.api("GET", f"dags/night/dagRuns/{night.run}/taskInstances/deploy/links")["extra_links"]
    assert links["dataops runs"] == "https://data.example.com/runs.html"


def test_a_test_fails(airflow: Airflow, project: Shop) -> None:
    project.edit("seeds/payments.csv", *BAD)
    night = Night(airflow, "night", project)
    assert night.ended() == {"deploy": "failed"}
    assert (project.live, night.events()) == (night.live, {})
    assert "Not released: no_negative_amounts failed" in night.log()
    time.sleep(3)
    assert not any(night.run in airflow.causes(dag) for dag in READERS)


@pytest.mark.parametrize("dag", ["night", "strict"])
def test_a_node_is_held(airflow: Airflow, project: Shop, dag: str) -> None:
    """The rest is live. Whether the task says so or fails is the user's choice; to try again would change nothing."""
    project.write("dataops.yml", SETTINGS + POLICY)
    project.edit("seeds/payments.csv", *BAD)
    project.publish(2)
    night = Night(airflow, dag, project)
    assert night.ended() == {"deploy": "success" if dag == "night" else "failed"}
    assert project.edition() == 2
    assert project.query("select amount from fct_orders where order_id = 10") == [(15.0,)]
    assert "nodes that are held: " in night.log()
    if dag == "strict":
        assert night.events() == {}
        assert night.log().count("dataops deploy") == 1
    else:
        assert set(night.events()) == {"shop.published"}
        [(held, why)] = [each for each in night.events()["shop.published"]["held"].items() if "fct_orders" in each[0]]
        assert (held, why.split(":")[0]) == ("model.shop.fct_orders", "no_negative_amounts")


def test_a_time_out_ends_all_of_it(airflow: Airflow, project: Shop) -> None:
    project.write("models/marts/slow.sql", SLOW)
    night = Night(airflow, "short", project)
    assert night.ended() == {"deploy": "failed"}
    night.gone()
    assert (project.live, night.events()) == (night.live, {})


@pytest.mark.parametrize("killed", ["task", "worker"])
def test_a_killed_worker(airflow: Airflow, project: Shop, killed: str) -> None:
    """Nothing goes on without it, and the retry rebuilds everything."""
    project.write("models/marts/slow.sql", SLOW)
    project.publish(2)
    night = Night(airflow, "again", project)
    task = parent(night.building())
    victim = task if killed == "task" else parent(task)
    # The next try is to be quick.
    project.write("models/marts/slow.sql", "select 1 as n")
    first = night.commands()
    os.kill(victim, signal.SIGKILL)
    airflow.until(lambda: not set(first) & set(night.commands()), 10, lambda: str(night.commands()))
    assert night.ended() == {"deploy": "success"}
    assert project.edition() == 2
    assert night.events()["shop.published"]["release"] == project.live


def test_cancelled_from_the_page(airflow: Airflow, project: Shop) -> None:
    project.write("models/marts/slow.sql", SLOW)
    night = Night(airflow, "again", project)
    night.building()
    path = f"dags/again/dagRuns/{night.run}/taskInstances/deploy"
    airflow.api("PATCH", path, {"new_state": "failed"})
    night.gone()
    assert night.ended() == {"deploy": "failed"}
    assert (project.live, night.events()) == (night.live, {})


@pytest.mark.parametrize("moment", range(MOMENTS))
def test_ended_at_any_moment(airflow: Airflow, project: Shop, moment: int) -> None:
    """A killed task, a killed worker, a cancelled task: ten seconds later nothing is left, and production is whole."""
    project.publish(2)
    night = Night(airflow, "night", project)
    airflow.until(lambda: any("leash.py" in line for _, line in night.commands()), 60, night.log)
    time.sleep(random.Random(moment).uniform(0, 8))
    leashes = [number for number, line in night.commands() if "leash.py" in line]
    if moment % 3 == 2:
        airflow.api("PATCH", f"dags/night/dagRuns/{night.run}/taskInstances/deploy", {"new_state": "failed"})
    elif leashes:
        task = parent(leashes[0])
        os.kill(task if moment % 3 else parent(task), signal.SIGKILL)
    # The page's word reaches the worker with its next heartbeat.
    night.gone(12 if moment % 3 == 2 else 10)
    ended = night.ended()["deploy"]
    assert project.edition() == (2 if project.live != night.live else 1)
    if ended == "success":
        assert project.live != night.live
    else:
        assert night.events() == {}
    project.ok("deploy")
    assert project.edition() == 2


@pytest.mark.parametrize("choice", ["Approve", "Reject"])
def test_somebody_has_to_agree(airflow: Airflow, project: Shop, choice: str) -> None:
    project.publish(2)
    night = Night(airflow, "careful", project)
    waiting = ("awaiting_input", "deferred")
    airflow.until(lambda: airflow.tasks("careful", night.run).get("approve") in waiting, 120)
    assert (project.live, project.edition(), night.events()) == (night.live, 1, {})
    airflow.until(lambda: airflow.has_let_go("careful", night.run, "approve"), 30)
    path = f"dags/careful/dagRuns/{night.run}/taskInstances/approve/-1/hitlDetails"
    airflow.api("PATCH", path, {"chosen_options": [choice], "params_input": {}})
    states = night.ended()
    if choice == "Approve":
        assert states == {"build": "success", "approve": "success", "publish": "success"}
        assert project.edition() == 2
        assert night.events()["shop.published"]["release"] == project.live
        assert night.events()["shop.published"]["rows"] == {"model.shop.published": 1}
    else:
        assert states == {"build": "success", "approve": "success", "publish": "skipped"}
        assert (project.live, project.edition(), night.events()) == (night.live, 1, {})


def test_tasks_that_meet_queue(airflow: Airflow, project: Shop) -> None:
    nights = [Night(airflow, "night", project) for _ in range(2)]
    assert [night.ended() for night in nights] == [{"deploy": "success"}] * 2
    assert sum("waits for another task of this project" in night.log() for night in nights) == 1
    assert len({night.events()["shop.published"]["release"] for night in nights}) == 2


def test_a_build_and_sources(airflow: Airflow, project: Shop) -> None:
    night = Night(airflow, "own", project)
    assert night.ended() == {"build": "success", "freshness": "success"}
    assert "Built and tested 1 model" in night.log("build")
    assert (project.live, night.events()) == (night.live, {})


def test_the_sensor_waits_for_health(airflow: Airflow, project: Shop) -> None:
    project.ok("pause", "fct_orders", "--reason", "somebody called")
    night = Night(airflow, "health", project)
    airflow.until(lambda: airflow.tasks("health", night.run).get("healthy") == "deferred", 60)
    project.ok("resume", "fct_orders", "--reason", "they were right")
    project.ok("deploy")
    assert night.ended() == {"healthy": "success"}


def test_nothing_is_green_that_nobody_can_read(airflow: Airflow, project: Shop) -> None:
    """An index that cannot be read would leave readers waiting: the task fails before anything runs."""
    project.write("dataops-index.json", "{}")
    night = Night(airflow, "night", project)
    assert night.ended() == {"deploy": "failed"}
    assert "dataops-index.json is no index" in night.log()
    assert project.live == night.live
