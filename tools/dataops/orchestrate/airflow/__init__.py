"""Airflow: operators, a task group, a sensor and assets. They import Airflow and the standard library.

What it starts is the `dataops` of another environment: dbt and Airflow need not agree on any dependency.
"""

from __future__ import annotations

from dataops.orchestrate.airflow.assets import dataops_assets
from dataops.orchestrate.airflow.groups import dataops_task_group
from dataops.orchestrate.airflow.health import DataopsHealthSensor
from dataops.orchestrate.airflow.operators import (
    DataopsBuildOperator,
    DataopsDeployOperator,
    DataopsFreshnessOperator,
    DataopsPublishOperator,
)

__all__ = [
    "DataopsBuildOperator",
    "DataopsDeployOperator",
    "DataopsFreshnessOperator",
    "DataopsHealthSensor",
    "DataopsPublishOperator",
    "dataops_assets",
    "dataops_task_group",
]
