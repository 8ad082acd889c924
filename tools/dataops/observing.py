"""The command line's part on production between releases: how it stands, pauses, and their end."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from dataops.options import PROJECT, format_option, open_project, options

if TYPE_CHECKING:
    from dataops.observe.breaker.facts import Hold

_REASON = click.option("--reason", required=True, help="Why; it is recorded with your name.")


@click.command()
@options(PROJECT)
@format_option("text", "json")
@click.pass_obj
def status(console: Console, /, style: str, **given: Any) -> int:
    """Show how production stands: the live release, and what is paused, since when, why and by whom.

    Exit code 0: all is well; 1: something is paused; 2: could not tell.

    \b
    Example:
      dataops status
    """
    from dataops import config
    from dataops.observe.breaker.circuit import Circuit
    from dataops.observe.breaker.ledger import Ledger
    from dataops.observe.breaker.standing import Status
    from dataops.output import paused as rendering
    from dataops.output.documents import text
    from dataops.state import State

    root = given["project_dir"].resolve()
    settings = config.load(root)
    os.chdir(root)
    holds: tuple[Hold, ...] = ()
    # dbt, which takes seconds, is only asked what reads a paused node.
    if Ledger(settings.state).read().pauses:
        holds = Circuit(settings, _manifest(console, given), root).holds
    state = State(settings.state)
    live = state.current()
    standing = Status(state.release(live) if live else None, holds)
    if style == "json":
        click.echo(text(rendering.document(standing)), nl=False)
    else:
        rendering.status(console, standing)
    return standing.exit_code


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
    from dataops.observe.breaker.circuit import Circuit
    from dataops.observe.breaker.ledger import Ledger
    from dataops.observe.breaker.owner import owner
    from dataops.observe.breaker.standing import find
    from dataops.output import paused as rendering

    manifest = _manifest(console, given)
    root = given["project_dir"].resolve()
    settings = config.load(root)
    made = Ledger(settings.state).pause(find(manifest, node), reason, owner(root))
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
    from dataops.observe.breaker.ledger import Ledger
    from dataops.observe.breaker.owner import owner
    from dataops.observe.breaker.standing import moment, paused
    from dataops.output import paused as rendering

    root = given["project_dir"].resolve()
    settings = config.load(root)
    os.chdir(root)
    ledger = Ledger(settings.state)
    first = moment(start, "--from") if start else ""
    last = moment(end, "--to") if end else ""
    by = owner(root)
    ended = [ledger.resume(each, reason, by, first, last) for each in paused(ledger.read().pauses, node)]
    rendering.resumed(console, ended)
    return 0


def _manifest(console: Console, given: dict[str, Any]) -> Any:
    """The project as production's target has it."""
    from dataops.project.progress import waiting
    from dataops.project.targets import production_target

    project, settings = open_project(given)
    with waiting(console, "reading the project"):
        return project.parse(production_target(project, settings, given["target"])).manifest
