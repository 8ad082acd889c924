"""An Airflow DAG: a release is built and tested at night, and somebody says in the morning whether it goes live."""

from __future__ import annotations

import os
from datetime import datetime, timedelta

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import DAG

from dataops.orchestrate.airflow import DataopsDeployOperator, DataopsPublishOperator

PROJECT = {
    "project_dir": os.environ.get("DATAOPS_PROJECT", "/srv/shop"),
    "environment": os.environ.get("DATAOPS_ENVIRONMENT", "/srv/shop/.venv"),
}

with DAG(
    "dataops_approval",
    schedule="15 3 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
):
    build = DataopsDeployOperator(task_id="build", hold=True, execution_timeout=timedelta(hours=3), **PROJECT)
    approve = ApprovalOperator(
        task_id="approve",
        subject="Release {{ ti.xcom_pull('build')['release'] }}",
        body="{{ ti.xcom_pull('build')['nodes'] }} nodes are new; held: {{ ti.xcom_pull('build')['held'] }}",
        # Nobody decides: the release expires after `releases.hold_hours` (48), too.
        response_timeout=timedelta(hours=12),
    )
    publish = DataopsPublishOperator(task_id="publish", **PROJECT)
    build >> approve >> publish
