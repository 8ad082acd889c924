"""An Airflow DAG: sources are asked for their age, then a release is made of the project, every night."""

from __future__ import annotations

import os
from datetime import datetime, timedelta

from airflow.sdk import DAG

from dataops.orchestrate.airflow import DataopsDeployOperator, DataopsFreshnessOperator

PROJECT = {
    # The checkout, and the virtual environment that has `dataops` and dbt. Both can be templates.
    "project_dir": os.environ.get("DATAOPS_PROJECT", "/srv/shop"),
    "environment": os.environ.get("DATAOPS_ENVIRONMENT", "/srv/shop/.venv"),
}

with DAG(
    "dataops_nightly",
    schedule="15 3 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
):
    fresh = DataopsFreshnessOperator(task_id="freshness", target="prod", **PROJECT)
    # A source that is late is told, and keeps nobody's release: dbt's tests judge the data.
    deploy = DataopsDeployOperator(
        task_id="deploy",
        trigger_rule="all_done",
        execution_timeout=timedelta(hours=3),
        retries=1,
        retry_delay=timedelta(minutes=10),
        **PROJECT,
    )
    fresh >> deploy
