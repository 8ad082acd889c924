"""The command line's part on production between releases: how it stands, pauses, and their end."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from dataops.commands.options import PROJECT, format_option, open_project, options, settings_of

_REASON = click.option("--reason", required=True, help="Why; it is recorded with your name.")


@click.command()
@options(PROJECT)
@format_option("text", "json", "openmetrics")
@click.pass_obj
def status(console: Console, /, style: str, **given: Any) -> int:
    """Show how production stands: what fails, is late, anomalous or paused, the last run and the live release.

    Exit code 0: production is healthy; 1: it is not, or no run of it is known; 2: could not tell.

    \b
    Example:
      dataops status
    """
    from dataops.health import production
    from dataops.output import health, openmetrics

    # Where the caller stands, before the project's folder becomes the working directory.
    given = {name: value.absolute() if isinstance(value, Path) else value for name, value in given.items()}
    root, settings = settings_of(given["project_dir"])
    # dbt, which takes seconds, is only asked what reads a paused node, and only where nothing else tells.
    found = production.status(
        root, settings, given["target"], datetime.now(timezone.utc), lambda: _manifest(console, given)
    )
    if style == "json":
        from dataops.output.documents import text

        click.echo(text(health.document(found)), nl=False)
    elif style == "openmetrics":
        click.echo(openmetrics.text(found), nl=False)
    else:
        health.status(console, found)
    return found.exit_code


@click.command()
@options(PROJECT)
@click.argument("node")
@_REASON
@click.pass_obj
def pause(console: Console, /, node: str, reason: str, **given: Any) -> int:
    """Hold NODE and everything that reads it at the last good release, until `dataops resume`.

    \b
    Example:
      dataops pause stg_orders --reason "the shop sends amounts in cents since today"
    """
    from dataops import config
    from dataops.breaker.circuit import Circuit
    from dataops.breaker.ledger import Ledger
    from dataops.breaker.pauses import find, said
    from dataops.environment.machine import owner
    from dataops.output import paused as rendering
    from dataops.store.state import State

    why = said(reason)
    manifest = _manifest(console, given)
    root = given["project_dir"].resolve()
    settings = config.load(root)
    since = State(settings.state).live_since()
    made = Ledger(settings.state).pause(find(manifest, node), why, owner(root), since)
    holds = Circuit(settings, manifest, root).holds
    rendering.holds(console, [each for each in holds if each.pause.id == made.id])
    return 0


@click.command()
@options(PROJECT)
@click.argument("node")
@_REASON
@click.option("--from", "start", metavar="TIME", help="From when on its data was wrong; else since the last release.")
@click.option("--to", "end", metavar="TIME", help="Until when; else until now.")
@click.pass_obj
def resume(console: Console, /, node: str, reason: str, start: str | None, end: str | None, **given: Any) -> int:
    """End the pauses of NODE. What happened meanwhile is an incident: monitors learn nothing from its time.

    \b
    Example:
      dataops resume stg_orders --reason "amounts are in euros again" --from 2026-01-30
    """
    from dataops import config
    from dataops.breaker.ledger import Ledger
    from dataops.breaker.pauses import paused, said, window
    from dataops.environment.machine import owner
    from dataops.output import paused as rendering

    root = given["project_dir"].resolve()
    settings = config.load(root)
    os.chdir(root)
    ledger = Ledger(settings.state)
    first, last = window(start, end)
    by, why = owner(root), said(reason)
    ended = [ledger.resume(each, why, by, first, last) for each in paused(ledger.read().pauses, node)]
    rendering.resumed(console, ended)
    return 0


def _manifest(console: Console, given: dict[str, Any]) -> Any:
    """The project as production's target has it."""
    from dataops.project.run import waiting
    from dataops.project.targets import production_target

    project, settings = open_project(given)
    with waiting(console, "reading the project"):
        return project.parse(production_target(project, settings, given["target"])).manifest
