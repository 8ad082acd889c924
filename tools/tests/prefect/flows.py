"""Flows of these tests, as somebody would write them."""

from __future__ import annotations

from typing import Any

from prefect import flow

from dataops.orchestrate.prefect import Project, dataops_deploy, deploy_with_approval

approved = deploy_with_approval


@flow(name="a night")
def night(project_dir: str, environment: str, on_held: str = "succeed", tries: int = 1, seconds: float = 600) -> Any:
    """A deploy, tried so often, for so long."""
    trying = dataops_deploy.with_options(retries=tries - 1, retry_delay_seconds=0, timeout_seconds=seconds)
    return trying(Project(project_dir, environment), on_held=on_held)
