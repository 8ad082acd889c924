"""The command line's part on a person's own target: build in it, ask sources for their age, and check the set-up."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from dataops.commands.options import (
    EVENTS,
    OWN,
    PROJECT,
    ManyWords,
    format_option,
    open_project,
    options,
    refuse_unreadable,
)
from dataops.errors import FAILED


@click.command(cls=ManyWords)
@options(OWN, EVENTS)
@click.option("--select", "-s", multiple=True, help="What to build, in dbt's selection syntax.")
@click.option("--exclude", multiple=True, help="What to leave out.")
@click.option("--selector", help="A selector of selectors.yml.")
@click.option("--resource-type", multiple=True, help="Only these types of node.")
@click.option("--full-refresh", is_flag=True, help="Rebuild incremental models from nothing.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first failure.")
@click.option("--defer", is_flag=True, help="Read whatever is not selected from production.")
@click.option("--with-paused", is_flag=True, help="Build what is paused, too; not in production's own target.")
@click.pass_obj
def build(
    console: Console,
    /,
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    selector: str | None,
    resource_type: tuple[str, ...],
    full_refresh: bool,
    fail_fast: bool,
    defer: bool,
    with_paused: bool,
    events: Path | None,
    **given: Any,
) -> int:
    """Run dbt build, with progress, in your own target.

    \b
    Example, one model and what reads it, on production's data:
      dataops build -s stg_orders+ --defer
    """
    from dataops.history.recorder import opening, recorded
    from dataops.orchestrate.events import telling, verdict
    from dataops.orchestrate.openlineage.telling import traced
    from dataops.output import paused, terminal
    from dataops.release import build

    with telling(events, "build") as told:
        with opening("build", given):
            project, settings = open_project(given)
        target = project.options.target or project.default_target
        told.begin(project, target)
        chosen = _chosen(select, exclude, selector)
        chosen += [word for each in resource_type for word in ("--resource-type", each)]
        others = ["--full-refresh"] * full_refresh + ["--fail-fast"] * fail_fast
        with (
            recorded(project, settings, "build") as recorder,
            traced(project, settings, "build", target, recorder) as lineage,
        ):
            done = build.build(project, settings, chosen, others, defer, console, with_paused)
            lineage.verdict(not done.exit_code, verdict(done.account))
        told.paused(done.holds)
        terminal.outcome(console, done.outcome)
        terminal.unplanned(console, done.account, done.flags, done.selector)
        paused.incidents(console, done.incidents)
        paused.left_out(console, done.left_out, done.holds)
        refuse_unreadable(done.outcome)
        return told.end(done.exit_code, verdict(done.account))


@click.command(cls=ManyWords)
@options(OWN, EVENTS)
@click.option("--select", "-s", multiple=True, help="Which sources, in dbt's selection syntax.")
@click.option("--exclude", multiple=True, help="What to leave out.")
@click.option("--selector", help="A selector of selectors.yml.")
@click.pass_obj
def freshness(
    console: Console,
    /,
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    selector: str | None,
    events: Path | None,
    **given: Any,
) -> int:
    """Run dbt source freshness: how old sources are, in the profile's target unless --target names another.

    Exit code 1 when one is too old, cannot be asked, or has rows of the future, which hide how old the others are.

    \b
    Example:
      dataops freshness --target prod
    """
    from dataops.history.recorder import opening, recorded
    from dataops.orchestrate.events import ages, telling
    from dataops.orchestrate.openlineage.telling import traced
    from dataops.output import terminal_lists
    from dataops.project.targets import production_target
    from dataops.release import build

    with telling(events, "freshness") as told:
        with opening("source freshness", given):
            project, settings = open_project(given)
        target, production = (
            project.options.target or project.default_target,
            production_target(project, settings, None),
        )
        told.begin(project, target)
        with (
            recorded(project, settings, "source freshness"),
            traced(project, settings, "source freshness", target) as lineage,
        ):
            outcome = build.freshness(project, _chosen(select, exclude, selector), console)
            lineage.verdict(not (outcome.exit_code or outcome.ahead), ages(outcome))
        terminal_lists.sources(console, outcome, target, production.name)
        return told.end(outcome.exit_code or (FAILED if outcome.ahead else 0), ages(outcome))


def _chosen(select: tuple[str, ...], exclude: tuple[str, ...], selector: str | None) -> list[str]:
    chosen = [word for each in select for word in ("--select", each)]
    chosen += [word for each in exclude for word in ("--exclude", each)]
    return chosen + (["--selector", selector] if selector else [])


@click.command()
@options(PROJECT)
@format_option("text", "json")
@click.pass_obj
def doctor(console: Console, /, style: str, **given: Any) -> int:
    """Check the set-up and say how to mend each finding. Exit code 1 when something is broken.

    \b
    Example:
      dataops doctor
    """
    from dataops import doctor as examining
    from dataops.orchestrate.openlineage.checking import lineage_check
    from dataops.output import documents, terminal

    project, settings = open_project(given)
    checks = [*examining.examine(project, settings, given["target"]), lineage_check(project.root, os.environ)]
    if style == "json":
        click.echo(documents.text(documents.checks(checks)), nl=False)
    else:
        terminal.checks(console, checks)
    return 1 if any(check.status == "broken" for check in checks) else 0
