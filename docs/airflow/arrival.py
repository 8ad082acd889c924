"""Airflow DAGs: a release when new data has arrived, and a pipeline that runs when what it reads was published."""

from __future__ import annotations

import logging
import os
from datetime import datetime
from pathlib import Path

from airflow.sdk import DAG, Asset, task

from dataops.orchestrate.airflow import DataopsDeployOperator, dataops_assets

log = logging.getLogger(__name__)

PROJECT = {
    "project_dir": os.environ.get("DATAOPS_PROJECT", "/srv/shop"),
    "environment": os.environ.get("DATAOPS_ENVIRONMENT", "/srv/shop/.venv"),
}
# Whatever loads the data has this asset among its outlets.
loaded = Asset("loaded")

with DAG("dataops_on_arrival", schedule=[loaded], start_date=datetime(2026, 1, 1), catchup=False, max_active_runs=1):
    DataopsDeployOperator(task_id="deploy", **PROJECT)

# All assets of the project, from the file that `dataops orchestrate index` wrote.
published = dataops_assets(str(Path(PROJECT["project_dir"], "dataops-index.json")))

with DAG("after_publication", schedule=list(published.values())[:1], start_date=datetime(2026, 1, 1), catchup=False):

    @task
    def read(triggering_asset_events=None) -> None:
        """What was published, and by which release, is in the event."""
        for asset, events in triggering_asset_events.items():
            log.info("%s: %s", asset.name, events[-1].extra)

    read()
