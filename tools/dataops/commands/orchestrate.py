"""The command line's part on orchestrators: what they and catalogs of lineage are told."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from dataops.commands.options import settings_of

_PROJECT = click.option(
    "--project-dir", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Folder of dbt_project.yml."
)


@click.group()
def orchestrate() -> None:
    """What orchestrators and catalogs of lineage are told."""


@orchestrate.command()
@_PROJECT
@click.pass_obj
def resend(console: Console, /, project_dir: Path) -> int:
    """Send the lineage events that a collector of OpenLineage did not take, in their order, each once.

    Runs whose process was killed are told as aborted. Exit code 1: it does not take them now either.

    \b
    Example, once the collector is back:
      dataops orchestrate resend
    """
    import os

    from dataops.orchestrate.openlineage import resending
    from dataops.orchestrate.openlineage.setting import setting

    root, _ = settings_of(project_dir)
    done = resending.resend(root, setting(root, os.environ))
    console.print(done.sentence, highlight=False)
    return 0
