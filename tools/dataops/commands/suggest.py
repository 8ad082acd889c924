"""The command line's part on proposals: `suggest`."""

from __future__ import annotations

from typing import Any

import click
from rich.console import Console

from dataops.commands.options import OWN, format_option, open_project, options


@click.command()
@options(OWN)
@format_option("text", "yaml", "json")
@click.option("--select", "-s", multiple=True, help="Which models, seeds, snapshots and sources, in dbt's syntax.")
@click.option("--exclude", multiple=True, help="What to leave out.")
@click.option("--rows", type=click.IntRange(1), default=30, show_default=True, help="Rows that a table must have.")
@click.option("--write", is_flag=True, help="Add the proposals to the project's YAML files.")
@click.pass_obj
def suggest(
    console: Console,
    /,
    style: str,
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    rows: int,
    write: bool,
    **given: Any,
) -> int:
    """Propose tests and monitors that the data speaks for, each with its evidence.

    Reads the relations of your own target (--target prod: production's). Exit code 1: some could not be read.

    \b
    Example:
      dataops suggest -s fct_orders
      dataops suggest -s staging --write
    """
    from dataops.output import suggestions
    from dataops.project.run import waiting
    from dataops.sheets import files as written
    from dataops.suggest import files, suggest

    project, _ = open_project(given)
    target = project.profile.target(project.options.target or project.default_target)
    chosen = [word for each in select for word in ("--select", each)]
    chosen += [word for each in exclude for word in ("--exclude", each)]
    with waiting(console, "profiling"):
        parsed = project.parse(target)
        found = suggest.suggest(project, parsed, chosen, rows)
    merged = None
    if write:
        merged = files.merged(project.root, project.name, parsed.manifest, found.proposals)
        written.write(project.root, merged.files)
    if style == "json":
        click.echo(suggestions.json(found, merged), nl=False)
    elif style == "yaml":
        click.echo(suggestions.yaml(found, {**parsed.manifest.nodes, **parsed.manifest.sources}), nl=False)
    else:
        suggestions.text(console, found, merged)
    return int(bool(found.unread))
