"""Prefect: tasks and flows. They import Prefect and the standard library; dbt and Prefect need not agree on anything.

What they start is the `dataops` of another environment. What a command did is read in the file that it writes for an
orchestrator.
"""

from __future__ import annotations

from dataops.orchestrate.prefect.flows import Approval, build, deploy, deploy_with_approval, freshness, publish
from dataops.orchestrate.prefect.project import Choice, DataopsError, HeldError, Project
from dataops.orchestrate.prefect.tasks import (
    dataops_build,
    dataops_deploy,
    dataops_discard,
    dataops_freshness,
    dataops_publish,
)

__all__ = [
    "Approval",
    "Choice",
    "DataopsError",
    "HeldError",
    "Project",
    "build",
    "dataops_build",
    "dataops_deploy",
    "dataops_discard",
    "dataops_freshness",
    "dataops_publish",
    "deploy",
    "deploy_with_approval",
    "freshness",
    "publish",
]
