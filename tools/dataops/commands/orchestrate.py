"""The command line's part on orchestrators: what their graphs are made of, and lineage that was not delivered."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from dataops.commands.options import PROJECT, open_project, options, settings_of


@click.group()
def orchestrate() -> None:
    """What an orchestrator and a catalog of lineage need to know of a project."""


@orchestrate.command()
@options(PROJECT)
@click.option(
    "--output",
    "-o",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write it. Default: dataops-index.json in the project.",
)
@click.pass_obj
def index(console: Console, /, output: Path | None, **given: Any) -> int:
    """Write the index of a project: nodes, edges, groups and assets, for a graph that reads no manifest.

    \b
    Example:
      dataops orchestrate index
    """
    from dataops.engines.registry import resolve
    from dataops.errors import DiskError
    from dataops.orchestrate import index as indexing
    from dataops.project import baseline
    from dataops.project.run import waiting
    from dataops.store.location import write_whole
    from dataops.store.state import State

    # Where the caller stands, before the project's folder becomes the working directory.
    place = output.absolute() if output is not None else None
    project, settings = open_project(given)
    targets = resolve(project, settings, given["target"])
    with waiting(console, "reading the project"):
        head = project.parse(targets.production, lambda: baseline.earlier_parse(State(settings.state), targets))
    document = indexing.index(project.name, head.manifest, settings.orchestrate.assets)
    place = place or project.root / indexing.NAME
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        write_whole(place, indexing.text(document).encode())
    except OSError as error:
        raise DiskError(
            f"cannot write {place}: {error.strerror}", "name a file that can be written: --output"
        ) from error
    found = f"{len(document['nodes']):,} nodes, {len(document['assets']):,} assets"
    console.print(f"{place}: {found}", highlight=False, soft_wrap=True)
    return 0


@orchestrate.command()
@click.option(
    "--project-dir", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Folder of dbt_project.yml."
)
@click.pass_obj
def resend(console: Console, /, project_dir: Path) -> int:
    """Send the lineage events that a collector of OpenLineage did not take, in their order.

    What was taken is not sent again. Runs whose process was killed are told as aborted. Exit code 1: it does not take
    them now either.

    \b
    Example, once the collector is back:
      dataops orchestrate resend
    """
    from dataops.orchestrate.openlineage import resending
    from dataops.orchestrate.openlineage.setting import setting

    root, _ = settings_of(project_dir)
    done = resending.resend(root, setting(root, os.environ))
    console.print(done.sentence, highlight=False)
    return 0
