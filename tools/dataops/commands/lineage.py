"""The command line's part on lineage: `lineage`."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from dataops.commands.options import format_option, settings_of


@click.command()
@click.argument("node")
@click.option("--column", metavar="NAME", help="Follow one column instead of the whole node.")
@click.option(
    "--project-dir", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Folder of dbt_project.yml."
)
@format_option("text", "json")
@click.pass_obj
def lineage(console: Console, /, node: str, column: str | None, project_dir: Path, style: str) -> int:
    """Show what NODE, or one of its columns, is made from and what is made from it, in the live release.

    Without a release: in what dbt left in target/.

    \b
    Example:
      dataops lineage fct_orders
      dataops lineage fct_orders --column amount
    """
    from dataops.errors import StateError
    from dataops.health import production
    from dataops.output import documents, terminal_lists
    from dataops.plan.lineage import trace
    from dataops.store.state import State

    root, settings = settings_of(project_dir)
    with console.status("following"):
        artifacts = production.artifacts(State(settings.state), root)
        if artifacts.manifest is None:
            raise StateError(
                "there is no release, and dbt has left no manifest", "run `dataops deploy`, or `dbt build`, first"
            )
        found = trace(artifacts.lineage(root), node, column)
    if style == "json":
        click.echo(documents.text(documents.trace(found)), nl=False)
    else:
        terminal_lists.trace(console, found)
    return 0
