"""Airflow's plugin: the links of tasks."""

from __future__ import annotations

from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

from dataops.orchestrate.airflow.links import LINKS


class DataopsPlugin(AirflowPlugin):
    """The links of the operators, for the server that shows them."""

    name = "dataops"
    operator_extra_links: ClassVar[list[Any]] = [*LINKS]
