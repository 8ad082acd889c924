"""The command line's part on the site: gather, render, write."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from pathlib import Path

import click
from rich.console import Console

from dataops.config import WORK
from dataops.options import PLACE, options, settings_of


@click.command()
@options(PLACE)
@click.option(
    "--to", "place", type=click.Path(file_okay=False, path_type=Path), help="The folder. Default: target/dataops/site."
)
@click.pass_obj
def site(console: Console, /, project_dir: Path, target: str | None, place: Path | None) -> int:
    """Write production's site: health, charts, runs, changes, releases, lineage, documentation, report.

    The folder opens from disk and from any web server: GitHub Pages, S3, a file share.

    \b
    Example:
      dataops site --to public
    """
    from dataops.observe.site import folder
    from dataops.observe.site.gather import gather
    from dataops.output.site import drawing, pages

    started = time.monotonic()
    # Where the caller stands, before the project's folder becomes the working directory.
    there = place.absolute() if place else None
    root, settings = settings_of(project_dir)
    there = there or root / WORK / "site"
    with console.status("gathering"):
        gathered = gather(root, settings, target, datetime.now(timezone.utc))
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
