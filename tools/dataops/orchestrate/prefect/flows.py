"""Flows of the tasks, ready to be deployed."""

from __future__ import annotations

from prefect import flow
from prefect.cache_policies import INPUTS, RUN_ID
from prefect.flow_runs import suspend_flow_run
from prefect.input import RunInput

from dataops.orchestrate.prefect.command import OnHeld, Result
from dataops.orchestrate.prefect.project import Choice, DataopsError, Project
from dataops.orchestrate.prefect.tasks import (
    dataops_build,
    dataops_deploy,
    dataops_discard,
    dataops_freshness,
    dataops_publish,
)


class Approval(RunInput):
    """What a person answers before a release goes live."""

    approved: bool = True
    reason: str = ""


@flow(name="dataops deploy")
def deploy(project: Project, on_held: OnHeld = "succeed", retries: int = 0, retry_delay_seconds: float = 60) -> Result:
    """Release the project."""
    trying = dataops_deploy.with_options(retries=retries, retry_delay_seconds=retry_delay_seconds)
    return trying(project, on_held=on_held)


@flow(name="dataops build")
def build(project: Project, choice: Choice | None = None, defer: bool = False) -> Result:
    """Build a part of the project in a target of its own."""
    return dataops_build(project, choice, defer)


@flow(name="dataops freshness")
def freshness(project: Project, choice: Choice | None = None) -> Result:
    """Ask the sources for their age."""
    return dataops_freshness(project, choice)


@flow(name="dataops publish")
def publish(project: Project, on_held: OnHeld = "succeed") -> Result:
    """Make live what waits."""
    return dataops_publish(project, on_held)


@flow(name="dataops deploy with approval")
def deploy_with_approval(project: Project, on_held: OnHeld = "succeed", patience_seconds: int = 12 * 3600) -> Result:
    """Build and test a release, wait until somebody approves it, and publish it.

    While it waits no process does: the run is suspended, and goes on from here when it is resumed. A release that is
    not approved is dropped.
    """
    # The run begins anew when it goes on: what was built before must not be built again.
    building = dataops_deploy.with_options(persist_result=True, cache_policy=RUN_ID + INPUTS)
    built = building(project, hold=True, on_held=on_held)
    asked = Approval.with_initial_data(description=_question(built), approved=False)
    answer = suspend_flow_run(wait_for_input=asked, timeout=patience_seconds)
    if not answer.approved:
        dataops_discard(project)
        raise DataopsError(f"{built['release']} was not approved{': ' if answer.reason else ''}{answer.reason}")
    return dataops_publish(project, on_held)


def _question(built: Result) -> str:
    held = f"\n\nHeld back: {', '.join(built['held'])}" if built["held"] else ""
    return f"Publish **{built['release']}** ({built['nodes']} nodes)?{held}"
