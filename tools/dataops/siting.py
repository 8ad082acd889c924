"""The command line's part on the site: gather, render, write."""

from __future__ import annotations

import os
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from dataops.options import PROJECT, options


@click.command()
@options(PROJECT)
@click.option(
    "--to", "place", type=click.Path(file_okay=False, path_type=Path), help="The folder. Default: target/dataops/site."
)
@click.pass_obj
def site(console: Console, /, place: Path | None, **given: Any) -> int:
    """Write production's site: health, charts, runs, changes, releases, lineage, documentation, report.

    The folder opens from disk and from any web server: GitHub Pages, S3, a file share.

    \b
    Example:
      dataops site --to public
    """
    from dataops import config
    from dataops.errors import ProjectError
    from dataops.observe.site import folder
    from dataops.observe.site.gather import gather
    from dataops.output.site import drawing, pages

    started = time.monotonic()
    root = given["project_dir"].resolve()
    there = (place or root / config.WORK / "site").absolute()
    if not (root / "dbt_project.yml").is_file():
        raise ProjectError(f"there is no dbt_project.yml in {root}", "name the project's folder with --project-dir")
    os.chdir(root)
    with console.status("gathering"):
        gathered = gather(root, config.load(root), given["target"], datetime.now(timezone.utc))
    with console.status("writing"):
        library = f"assets/{drawing.library_name()}"
        content = folder.held(there, library) or drawing.library().encode()
        written = folder.write(there, [*pages.pages(gathered), *pages.assets(), (library, content)])
    taken = time.monotonic() - started
    console.print(
        f"{there / 'index.html'}: {written.files} files, {written.size / 1e6:.1f} MB,"
        f" {written.changed} changed, {taken:.1f} s",
        highlight=False,
    )
    return 0
