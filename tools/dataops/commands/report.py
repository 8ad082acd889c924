"""The command line's part on Elementary's report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from dataops.commands.options import PROJECT, open_project, open_targets, options, settings_of
from dataops.config import WORK

PAGE = WORK / "report.html"


@click.command()
@options(PROJECT)
@click.option("--to", "file", type=click.Path(dir_okay=False, path_type=Path), default=PAGE, help="Where to write it.")
@click.option("--days-back", type=click.IntRange(1), default=7, show_default=True, help="Days that it tells of.")
@click.option("--runs", type=click.IntRange(1), help="Runs of each test and model; by default what a page can carry.")
@click.option("--select", "-s", metavar="WHICH", help="`last_invocation`, or an invocation's id: results of it alone.")
@click.option("--env", default="prod", show_default=True, help="The environment's name on the page.")
@click.option("--send", is_flag=True, help="Send it to the places that dataops.yml names (report.*), too.")
@click.pass_obj
def report(
    console: Console,
    /,
    file: Path,
    days_back: int,
    runs: int | None,
    select: str | None,
    env: str,
    send: bool,
    **given: Any,
) -> int:
    """Write Elementary's report of production, from the recorded history.

    \b
    Example:
      dataops report --days-back 30 --to public/report.html
    """
    from dataops.output.words import plural
    from dataops.project.run import waiting
    from dataops.report import report

    place = file.absolute()
    root, settings = settings_of(given["project_dir"])
    if file == PAGE:
        place = root / PAGE
    with waiting(console, "writing the report"):
        manifest = report.live(settings) or _as_it_is({**given, "project_dir": root})
        request = report.Request(place, days_back, env, runs, select, send)
        told = report.report(manifest, root, settings, request, given["target"])
    console.print(
        f"{place}: {plural(told.invocations, 'invocation')}, {plural(told.results, 'result')}, {days_back} days back",
        highlight=False,
        soft_wrap=True,
    )
    if told.left_out:
        console.print(
            f"Left out: runs of a test or model before its last {told.most}, as a page of all would not open; "
            "--runs says how many.",
            highlight=False,
            soft_wrap=True,
        )
    for each in told.damaged:
        console.print(f"[yellow]Skipped:[/] {each}", highlight=False, soft_wrap=True)
    return 0


def _as_it_is(given: dict[str, Any]) -> dict[str, Any]:
    """The project's own manifest, for which dbt is needed."""
    from dataops.report import report

    project, settings = open_project(given)
    return report.parsed(project, open_targets(project, settings, given["target"]))
