"""The command line's part on the engine: what it promises, tried on the user's own warehouse."""

from __future__ import annotations

from typing import Any

import click
from rich.console import Console

from dataops.commands.options import PROJECT, format_option, open_project, options
from dataops.errors import FAILED


@click.group()
def engine() -> None:
    """What releases promise on your warehouse, and whether they hold there."""


@engine.command()
@options(PROJECT)
@click.option("--clean", is_flag=True, help="Only remove what rehearsals left that were killed.")
@format_option("text", "json", "markdown")
@click.pass_obj
def rehearse(console: Console, /, clean: bool, style: str, **given: Any) -> int:
    """Try on your own warehouse what docs/engines.md promises of releases, in schemas that are dropped at the end.

    Exit code 0: all held; 1: something was broken; 2: could not run. Nothing of production is read or written.

    \b
    Example:
      dataops engine rehearse
    """
    from dataops.engines.registry import engine_of, resolve
    from dataops.output import documents, rehearsal
    from dataops.rehearsal import rehearse as rehearsing
    from dataops.rehearsal.checks import CHECKS
    from dataops.store.state import State

    project, settings = open_project(given)
    # Not as other commands: those settle first what an interrupted release left, and production is not touched here.
    targets = resolve(project, settings, given["target"])
    serving = engine_of(project, targets)
    if clean:
        removed = rehearsing.clean(project, targets, serving)
        console.print(f"Removed: {', '.join(removed)}" if removed else "Nothing was left.", highlight=False)
        return 0
    name = rehearsing.new_name()
    where = f"Rehearsing beside `{targets.production.name}`, in {name}* alone; all of it is dropped at the end."
    click.echo(where, err=True)
    with rehearsal.following(console, len(CHECKS)) as tell:
        found = rehearsing.rehearse(project, targets, serving, name, tell)
    State(settings.state).keep_rehearsal(targets.adapter, found.document())
    if style == "json":
        click.echo(documents.text(rehearsal.document(found)), nl=False)
    elif style == "markdown":
        click.echo(rehearsal.markdown(found), nl=False)
    else:
        rehearsal.table(console, found)
    return FAILED if found.broken else 0
