"""One Airflow for all tests of this folder, and DAGs whose runs say in their conf which project they are about."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.airflow.running import Airflow, running
from tests.shop import Shop, copied, lay_out

REPOSITORY = Path(__file__).resolve().parents[3]
PYTHON = Path(os.environ.get("AIRFLOW_PYTHON", REPOSITORY / ".venv-airflow" / "bin" / "python"))
SETTINGS = "orchestrate:\n  assets: [published, fct_orders]\n"
POLICY = "breaker:\n  rules:\n    - {action: pause, tests: no_negative_amounts, resume_after: 1}\n"
SLOW = "select count(*) as n from range(60000) a, range(20000) b where (a.range * b.range) % 7 = 1"

DAGS = f'''
"""DAGs of Airflow for tests."""
from datetime import timedelta
from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import DAG, Asset, task
from dataops.orchestrate.airflow import *

GIVEN = {{"project_dir": "{{{{ dag_run.conf['project'] }}}}", "environment": "{sys.prefix}", "site": "https://data.example.com"}}

with DAG("night", schedule=None):
    DataopsDeployOperator(task_id="deploy", **GIVEN)
with DAG("strict", schedule=None):
    DataopsDeployOperator(task_id="deploy", on_held="fail", retries=3, **GIVEN)
with DAG("short", schedule=None):
    DataopsDeployOperator(task_id="deploy", execution_timeout=timedelta(seconds=8), **GIVEN)
with DAG("again", schedule=None):
    DataopsDeployOperator(task_id="deploy", retries=1, retry_delay=timedelta(seconds=1), **GIVEN)
with DAG("careful", schedule=None):
    build = DataopsDeployOperator(task_id="build", hold=True, **GIVEN)
    build >> ApprovalOperator(task_id="approve", subject="Publish?") >> DataopsPublishOperator(task_id="publish", **GIVEN)
with DAG("own", schedule=None):
    DataopsBuildOperator(task_id="build", select="published", **GIVEN)
    DataopsFreshnessOperator(task_id="freshness", target="prod", **GIVEN)
with DAG("health", schedule=None):
    del GIVEN["site"]
    DataopsHealthSensor(task_id="healthy", poke_interval=2, timeout=120, **GIVEN)

def reader(name, path):
    with DAG("reads_" + name, schedule=[Asset(name="shop." + path.replace("/", ".").replace("model.", ""), uri="dataops://shop/" + path)]):
        @task
        def read(): ...
        read()

reader("published", "model/published")
reader("dashboard", "exposure/sales_dashboard")
'''  # noqa: E501


@pytest.fixture(scope="session")
def example(_first: Shop, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The project of the documentation's DAGs."""
    return copied(_first, tmp_path_factory.mktemp("example") / "shop")


@pytest.fixture(scope="session")
def airflow(tmp_path_factory: pytest.TempPathFactory, example: Shop) -> Iterator[Airflow]:
    """A real Airflow. Its environment is made by `make orchestrators`."""
    if not PYTHON.exists():
        pytest.fail(f"there is no {PYTHON}: run `make orchestrators`, which makes it")
    told = {"DATAOPS_PROJECT": str(example.root), "DATAOPS_ENVIRONMENT": sys.prefix}
    with running(tmp_path_factory.mktemp("airflow") / "home", PYTHON, told) as airflow:
        (airflow.dags / "nights.py").write_text(DAGS, encoding="utf-8")
        for each in ("nightly.py", "approval.py", "arrival.py"):
            shutil.copy(REPOSITORY / "docs" / "airflow" / each, airflow.dags)
        airflow.has(
            "night", "strict", "short", "again", "careful", "own", "health", "reads_published", "reads_dashboard"
        )
        yield airflow


@pytest.fixture(scope="session")
def _first(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The shop with one release, its index, and two further assets."""
    shop = lay_out(tmp_path_factory.mktemp("first") / "shop")
    shop.write("dataops.yml", SETTINGS)
    shop.commit("settings")
    shop.ok("orchestrate", "index")
    shop.ok("deploy")
    return shop


@pytest.fixture
def project(_first: Shop, tmp_path: Path) -> Shop:
    """A project of the test's own."""
    return copied(_first, tmp_path / "shop")
