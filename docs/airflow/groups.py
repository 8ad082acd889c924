"""An Airflow DAG: a release every night, with a task for each folder of the project, where a failure of it stands."""

from __future__ import annotations

import os
from datetime import datetime, timedelta

from airflow.sdk import DAG

from dataops.orchestrate.airflow import dataops_task_group

PROJECT = {
    "project_dir": os.environ.get("DATAOPS_PROJECT", "/srv/shop"),
    "environment": os.environ.get("DATAOPS_ENVIRONMENT", "/srv/shop/.venv"),
}

with DAG(
    "dataops_groups",
    schedule="15 3 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
):
    # The file that `dataops orchestrate index` wrote into the project.
    dataops_task_group("dataops-index.json", by="folder", execution_timeout=timedelta(hours=3), **PROJECT)
