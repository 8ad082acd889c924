"""The command line's part on the history: list it, keep it small, add runs of plain dbt."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from dataops.commands.options import PROJECT, format_option, open_project, options, settings_of
from dataops.errors import FAILED, SettingsError

if TYPE_CHECKING:
    from dataops.history.summary import Damaged

_PROJECT = click.option(
    "--project-dir", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Folder of dbt_project.yml."
)


@click.group(invoke_without_command=True)
@_PROJECT
@format_option("text", "json")
@click.option("--limit", type=click.IntRange(1), default=20, help="How many, the latest last.")
@click.option("--node", metavar="NAME", help="How this node or test came out, run by run, instead.")
@click.pass_context
def history(context: click.Context, style: str, limit: int, node: str | None, project_dir: Path) -> int:
    """List the last invocations or the results of one node, or keep the history small.

    \b
    Example:
      dataops history --format json
      dataops history --node unique_fct_orders_order_id
    """
    if context.invoked_subcommand:
        return 0
    from dataops.history.reader import last, of_node, reading
    from dataops.output import documents, terminal_lists

    root, settings = settings_of(project_dir)
    with reading(settings.state, root) as opened:
        listed, results = ([], of_node(opened, node, limit)) if node else (last(opened, limit), [])
    if node and not results:
        raise SettingsError(f"no run of `{node}` is recorded", "name it as the results do, or by its unique id")
    if style == "json":
        found = documents.node_history(results, opened.damaged) if node else documents.history(listed, opened.damaged)
        click.echo(documents.text(found), nl=False)
    else:
        if node:
            terminal_lists.results(context.obj, results)
        else:
            terminal_lists.invocations(context.obj, listed)
        _tell(context.obj, opened.damaged)
    return 0


@history.command()
@_PROJECT
@click.pass_obj
def compact(console: Console, /, project_dir: Path) -> int:
    """Make one file of each day. What is replaced goes with a later run, ten minutes on or more.

    \b
    Example, once a day:
      dataops history compact
    """
    from dataops.history import upkeep
    from dataops.history.files import CACHE

    root, settings = settings_of(project_dir)
    done = upkeep.compact(settings.state, root / CACHE)
    console.print(
        f"{done.invocations} invocations in {done.written} new files; {done.removed} replaced files removed",
        highlight=False,
    )
    _tell(console, done.damaged)
    return 0


@history.command()
@_PROJECT
@click.option("--older-than", metavar="DAYS", help="Such as 90d; default: history.keep_days of dataops.yml.")
@click.pass_obj
def expire(console: Console, /, older_than: str | None, project_dir: Path) -> int:
    """Remove invocations that started so many days ago or earlier.

    \b
    Example:
      dataops history expire --older-than 90d
    """
    from dataops.history import upkeep
    from dataops.history.files import CACHE, now

    root, settings = settings_of(project_dir)
    days = re.fullmatch(r"([1-9]\d{0,4})d", older_than or f"{settings.history.keep_days}d")
    if days is None:
        raise SettingsError(f"--older-than is {older_than}, not a number of days", "write it like 90d")
    done = upkeep.expire(settings.state, root / CACHE, now() - timedelta(days=int(days[1])))
    console.print(f"{done.invocations} invocations removed", highlight=False)
    _tell(console, done.damaged)
    return 0


@click.command()
@_PROJECT
@click.option("--target", "-t", help="Where it ran, if the artifacts do not say so.")
@click.argument("folder", metavar="TARGET_DIR", type=click.Path(file_okay=False, path_type=Path))
@click.pass_obj
def record(console: Console, /, folder: Path, target: str | None, project_dir: Path) -> int:
    """Add a run of plain dbt to the history, from the artifacts in its target folder.

    What was recorded before is left as it is: recording twice is recording once. Exit code 1 when nothing there is of
    a run that builds or tests.

    \b
    Example, after `dbt build`:
      dataops record target
    """
    from dataops.health.production import project_name
    from dataops.history import artifacts, journals
    from dataops.history.reader import reading

    folder = folder.absolute()
    root, settings = settings_of(project_dir)
    found = artifacts.read(folder)
    for each in found:
        if each.refused:
            _say(console, f"Not recorded: {folder / each.file} {each.refused}. Record a run before dbt runs again.")
    of_runs = [each for each in found if not each.refused]
    with reading(settings.state, root) as history:
        placed = artifacts.placed(of_runs, target, root, history)
    for each in placed:
        invocation = each.invocation.invocation_id
        if not journals.record(settings.state, root, invocation, [each.invocation, *each.told]):
            _say(console, f"{invocation} was recorded before")
            continue
        _say(console, f"Recorded {invocation}: {len(each.told)} results")
        if not each.with_options and each.file == "run_results.json":
            _say(console, "dbt 2 does not say with which options it ran: record no run with --empty or on samples")
        if each.invocation.project not in (None, own := project_name(root)) and own is not None:
            _say(console, f"{invocation} is of the project {each.invocation.project}, and counts for that alone")
        if each.invocation.target is None:
            _say(console, f"{each.file} does not say where it ran, so only what is bad counts: name it with --target")
    return 0 if of_runs else FAILED


@click.command()
@options(PROJECT)
@click.option("--schema", metavar="NAME", help="Where Elementary's tables are, if not where the project says.")
@click.option("--dry-run", is_flag=True, help="Say what would be taken over.")
@click.pass_obj
def elementary(console: Console, /, schema: str | None, dry_run: bool, **given: Any) -> int:
    """Take over what Elementary's dbt package has stored in the warehouse.

    What the history has already is left as it is: importing twice is importing once.

    \b
    Example:
      dataops import elementary --dry-run
    """
    from dataops.importers.elementary import importer
    from dataops.output import terminal_lists
    from dataops.project.run import waiting
    from dataops.project.targets import production_target

    project, settings = open_project(given)
    target = production_target(project, settings, given["target"])
    with waiting(console, "reading Elementary's tables"):
        done = importer.imported(project, settings, target, schema, dry_run)
    terminal_lists.imported(console, done, dry_run)
    return 0


def _say(console: Console, text: str) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)


def _tell(console: Console, damaged: tuple[Damaged, ...]) -> None:
    for each in damaged:
        console.print(f"[yellow]damaged:[/] {each.file}: {each.why}; it is left out", highlight=False, soft_wrap=True)
