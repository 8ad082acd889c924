"""The tasks: each runs one command, and succeeds if what the command wrote of its run says so."""

from __future__ import annotations

from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from dataops.orchestrate.prefect.command import OnHeld, Result, ran
from dataops.orchestrate.prefect.project import Choice, HeldError, Project


def _may_help(_: Task[Any, Any], __: TaskRun, state: State[Any]) -> bool:
    """Whether to try again can end otherwise."""
    return not isinstance(state.result(raise_on_failure=False), HeldError)


@task(name="dataops deploy", cache_policy=NO_CACHE, retry_condition_fn=_may_help)
def dataops_deploy(
    project: Project, hold: bool = False, full_refresh: bool = False, on_held: OnHeld = "succeed"
) -> Result:
    """Build beside production, test, and replace production if all passed. `hold`: leave the release to be published.

    `on_held`: whether the task succeeds when a pause holds some nodes back.
    """
    words = ["deploy", *["--hold"] * hold, *["--full-refresh"] * full_refresh]
    with ran(project, words) as ended:
        return ended.release("release.waiting" if hold else "release.published", on_held)


@task(name="dataops publish", cache_policy=NO_CACHE, retry_condition_fn=_may_help)
def dataops_publish(project: Project, on_held: OnHeld = "succeed") -> Result:
    """Make live what `deploy --hold` left."""
    with ran(project, ["publish"]) as ended:
        return ended.release("release.published", on_held)


@task(name="dataops discard", cache_policy=NO_CACHE)
def dataops_discard(project: Project) -> Result:
    """Drop what `deploy --hold` left."""
    with ran(project, ["discard"]) as ended:
        return ended.verdict()


@task(name="dataops build", cache_policy=NO_CACHE)
def dataops_build(
    project: Project, choice: Choice | None = None, defer: bool = False, full_refresh: bool = False
) -> Result:
    """Dbt build in a target, in place. It makes no release."""
    chosen = choice.options() if choice is not None else []
    with ran(project, ["build", *chosen, *["--defer"] * defer, *["--full-refresh"] * full_refresh]) as ended:
        return ended.verdict()


@task(name="dataops freshness", cache_policy=NO_CACHE)
def dataops_freshness(project: Project, choice: Choice | None = None) -> Result:
    """Fails when a source is too old, or cannot be asked."""
    with ran(project, ["freshness", *(choice.options() if choice is not None else [])]) as ended:
        return ended.verdict()
