"""The command line's part on the site: gather, render, write."""

from __future__ import annotations

import gc
import time
from datetime import datetime, timezone
from pathlib import Path

import click
from rich.console import Console

from dataops.commands.options import PLACE, options, settings_of
from dataops.config import WORK, Settings


@click.command()
@options(PLACE)
@click.option(
    "--to", "place", type=click.Path(file_okay=False, path_type=Path), help="The folder. Default: target/dataops/site."
)
@click.option("--serve", "live", is_flag=True, help="Show it in a browser and follow what runs, until Ctrl-C.")
@click.option("--port", type=click.IntRange(1, 65535), help="With --serve: the port. Default: a free one.")
@click.option("--host", help="With --serve: where to listen. Default: 127.0.0.1, this machine alone.")
@click.pass_obj
def site(
    console: Console,
    /,
    project_dir: Path,
    target: str | None,
    place: Path | None,
    live: bool,
    port: int | None,
    host: str | None,
) -> int:
    """Write production's site: health, charts, runs, changes, releases, lineage, documentation, report.

    The folder opens from disk and from any web server: GitHub Pages, S3, a file share. With --serve nothing is written.

    \b
    Examples:
      dataops site --to public
      dataops site --serve --port 8080
    """
    if live and place:
        raise click.UsageError("--serve writes no folder: leave out --to, or run it twice")
    if not live and (port or host):
        raise click.UsageError("--port and --host are for --serve")
    # From where the caller stands, before the project's folder becomes the working directory.
    there = place.absolute() if place else None
    root, settings = settings_of(project_dir)
    if live:
        return _serve(console, root, settings, target, host or "127.0.0.1", port or 0)
    return _write(console, root, settings, target, there or root / WORK / "site")


def _serve(console: Console, root: Path, settings: Settings, target: str | None, host: str, port: int) -> int:
    from dataops.site import serve

    gc.enable()  # it was turned off for commands that end soon
    serve.serve(console, root, settings, target, host, port)
    return 0


def _write(console: Console, root: Path, settings: Settings, target: str | None, there: Path) -> int:
    from dataops.output import drawing
    from dataops.site import folder, pages
    from dataops.site.gather import gather

    started = time.monotonic()
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
