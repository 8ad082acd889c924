"""Airflow's environment: no dbt in it, nothing of this tool but what it needs, and DAG files that load at once."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.airflow.conftest import PYTHON
from tests.airflow.running import Airflow
from tests.shop import Shop

_IMPORTED = """
import importlib.util, json, sys
import dataops.orchestrate.airflow
ours = [name for name in sys.modules if name.split(".")[0] == "dataops"]
absent = [name for name in ("dbt", "duckdb", "sqlglot", "sqlfluff") if importlib.util.find_spec(name) is None]
print(json.dumps([ours, absent]))
"""
_TIMED = """
import json, sys, time
from airflow.sdk import DAG
from dataops.orchestrate.airflow import DataopsDeployOperator, dataops_assets, dataops_task_group
started = time.process_time()
assets = dataops_assets(sys.argv[1])
with DAG("large", schedule=list(assets.values())):
    DataopsDeployOperator(task_id="deploy", project_dir=".")
with DAG("parts", schedule="@daily") as dag:
    dataops_task_group(sys.argv[1], project_dir=".")
print(json.dumps([time.process_time() - started, len(assets), len(dag.tasks)]))
"""


def _ran(airflow: Airflow, code: str, *words: str) -> Any:
    command = [str(PYTHON), "-W", "ignore", "-c", code, *words]
    done = subprocess.run(command, env=airflow.env, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def test_there_is_no_dbt(airflow: Airflow) -> None:
    ours, absent = _ran(airflow, _IMPORTED)
    assert absent == ["dbt", "duckdb", "sqlglot", "sqlfluff"]
    assert {name for name in ours if not name.startswith("dataops.orchestrate.airflow")} == {
        "dataops",
        "dataops.orchestrate",
        *(f"dataops.orchestrate.{name}" for name in ("child", "course", "journal", "parts", "told")),
    }


def test_airflow_knows_the_provider(airflow: Airflow) -> None:
    assert "dbt-dataops" in airflow.airflow("providers", "list", "--output", "json")
    assert "dataops" in airflow.airflow("plugins", "--output", "json")


def test_a_dag_of_five_thousand_models_loads_at_once(airflow: Airflow, tmp_path: Path) -> None:
    """The index has names as long as those of a large project, and four tests a model."""
    nodes = [
        {
            "unique_id": f"model.large.fct_of_some_length_{number}",
            "name": f"fct_of_some_length_{number}",
            "folder": f"models/area_{number % 40}/marts",
            "tags": ["daily"],
            "parents": [number - 1] if number else [],
            "tests": [f"test.large.not_null_fct_of_some_length_{number}_id_{test}.0a1b2c3d4e" for test in range(4)],
        }
        for number in range(5_000)
    ]
    assets = [
        {"name": f"large.{node['name']}", "uri": f"dataops://large/{node['name']}", "nodes": [0]} for node in nodes
    ]
    folders = [
        {"name": name, "nodes": [at for at, node in enumerate(nodes) if node["folder"] == name], "after": after}
        for name, after in ((f"models/area_{number}/marts", []) for number in range(40))
    ]
    index = tmp_path / "index.json"
    document = {"version": 1, "project": "large", "nodes": nodes, "groups": {"folder": folders}, "assets": assets[:500]}
    index.write_text(json.dumps(document))
    seconds, known, tasks = min(_ran(airflow, _TIMED, str(index)) for _ in range(3))
    assert (known, tasks) == (500, 42)
    assert seconds < 0.2, "of the processor: the machine may be busy"


def _scheduled(airflow: Airflow, dag: str) -> str:
    """The run that the DAG's schedule has made: that of last night."""
    airflow.until(lambda: bool(airflow.runs(dag)), 60)
    return str(airflow.runs(dag)[0]["dag_run_id"])


def test_the_examples_run_as_they_are(airflow: Airflow, example: Shop) -> None:
    run = _scheduled(airflow, "dataops_approval")
    waiting = ("awaiting_input", "deferred")
    airflow.until(lambda: airflow.tasks("dataops_approval", run).get("approve") in waiting, 240)
    path = f"dags/dataops_approval/dagRuns/{run}/taskInstances/approve/-1/hitlDetails"
    assert airflow.api("GET", path)["subject"].startswith("Release 20")
    run = _scheduled(airflow, "dataops_nightly")
    assert airflow.ended("dataops_nightly", run, 240) == "success", airflow.log("dataops_nightly", run, "deploy")
    assert airflow.tasks("dataops_nightly", run)["deploy"] == "success"
    live = example.live
    seen = len(airflow.runs("after_publication"))
    run = airflow.trigger("dataops_on_arrival")
    assert airflow.ended("dataops_on_arrival", run) == "success"
    assert example.live != live
    airflow.until(lambda: len(airflow.runs("after_publication")) > seen, 30)
