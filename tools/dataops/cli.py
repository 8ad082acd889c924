"""The command line: options, one call, one rendering, an exit code. dbt is imported only by commands that need it."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape

from dataops import __version__, differing, observing, recalling, releasing, siting
from dataops.config import WORK
from dataops.errors import DataopsError
from dataops.options import (
    BASE,
    OWN,
    PROJECT,
    format_option,
    open_project,
    open_targets,
    options,
    refuse_unreadable,
    untouched,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="dataops")
@click.option("--no-color", is_flag=True, help="No colour (also: the environment variable NO_COLOR).")
@click.pass_context
def cli(context: click.Context, no_color: bool) -> None:
    """DataOps for dbt Core: plan a change, check it, build it on production's data, review it, release it.

    \b
    Example, in a dbt project on a branch:
      dataops ci --base main
    """
    context.obj = Console(no_color=True if no_color else None, width=None if sys.stdout.isatty() else 160)


@cli.command()
@options(PROJECT, BASE)
@format_option("text", "json", "markdown")
@click.option("--explain", metavar="NODE", help="Tell one node's whole story instead.")
@click.option("--strict", is_flag=True, help="Another version of dbt or of the engine changes everything.")
@click.pass_obj
def plan(
    console: Console,
    /,
    style: str,
    explain: str | None,
    strict: bool,
    base: str | None,
    state: str | None,
    **given: Any,
) -> int:
    """Show what changed since production, what would run and why. Touches no warehouse.

    \b
    Example:
      dataops plan --base main
      dataops plan --explain fct_orders
    """
    from dataops.output import documents, markdown, terminal

    drawn = None if explain else untouched(given, base, state)
    if drawn is None:
        from dataops.changes import planning
        from dataops.project.progress import waiting

        project, settings = open_project(given)
        with waiting(console, "comparing"):
            targets = open_targets(project, settings, given["target"])
            planned = planning.plan(project, targets, settings, base, state, strict)
        drawn = planned.plan
        if explain:
            story = planned.story(explain)
            if style == "json":
                click.echo(documents.text(documents.story(story)), nl=False)
            else:
                terminal.story(console, story)
            return 0
    if style == "json":
        click.echo(documents.text(documents.plan(drawn)), nl=False)
    elif style == "markdown":
        click.echo(markdown.plan(drawn), nl=False)
    else:
        terminal.plan(console, drawn)
    return 0


@cli.command()
@options(PROJECT, BASE)
@format_option("text", "json", "markdown")
@click.option("--full-refresh", is_flag=True, help="Rebuild incremental models instead of adding to a copy.")
@click.option("--strict", is_flag=True, help="Another version of dbt or of the engine changes everything.")
@click.option("--allow-breaking", is_flag=True, help="Build although columns that something reads are gone or retyped.")
@click.option(
    "--against",
    type=click.Choice(["production", "base-code"]),
    default="production",
    help="Compare data with production, or with what the base's code makes of the same inputs.",
)
@click.option("--keep", is_flag=True, help="Keep what was built even when all is well.")
@click.option("--clean", is_flag=True, help="Only remove what an earlier run left.")
@click.option("--comment", is_flag=True, help="Write or renew one comment on the pull or merge request of this job.")
@click.pass_obj
def ci(
    console: Console,
    /,
    style: str,
    base: str | None,
    state: str | None,
    full_refresh: bool,
    strict: bool,
    allow_breaking: bool,
    against: str,
    keep: bool,
    clean: bool,
    comment: bool,
    **given: Any,
) -> int:
    """Judge a change: plan it, lint it, build and test it on production's data, and write one review.

    Leaves review.md, .html and .json, junit.xml, results.sarif and gl-code-quality.json in target/dataops.
    Exit code 0: ready; 1: not ready; 2: could not run.

    \b
    Example, in a pull request's job:
      dataops ci --base origin/main
    """
    from dataops import delivering
    from dataops.output import documents, markdown, terminal
    from dataops.review.verdict import untouched_review

    drawn = None if clean or full_refresh else untouched(given, base, state)
    root = given["project_dir"].resolve()
    if drawn is not None:
        review = untouched_review(drawn)
    else:
        from dataops import gate
        from dataops.recording import recorded
        from dataops.review import build as building

        project, settings = open_project(given)
        targets = open_targets(project, settings, given["target"])
        with gate.alone(project):
            if clean:
                removed = building.clean(project, targets)
                console.print("Removed what earlier runs left." if removed else "Nothing was left.")
                return 0
            with recorded(project, settings, "ci"):
                review, planned = gate.review(
                    project,
                    targets,
                    settings,
                    base,
                    state,
                    full_refresh,
                    console,
                    strict,
                    allow_breaking,
                    against.replace("-", " "),
                )
            if review.exit_code == 0 and review.built and not keep:
                building.clean(project, targets, planned.head)
    files = delivering.write(review, root)
    if style == "json":
        click.echo(documents.text(documents.review(review)), nl=False)
    elif style == "markdown":
        click.echo(markdown.review(review), nl=False)
    else:
        terminal.review(console, review)
        console.print(f"[dim]{WORK / files[0].name}, {', '.join(file.name for file in files[1:])}[/]", highlight=False)
    delivering.announce(review, root, lambda text: click.echo(text, err=True), comment)
    if review.built:
        refuse_unreadable(review.built.outcome)
    return review.exit_code


@cli.command()
@options(PROJECT, BASE)
@format_option("text", "json")
@click.option("--all", "every", is_flag=True, help="Every SQL file, not only what changed.")
@click.option("--fix", is_flag=True, help="Rewrite the files where sqlfluff knows how.")
@click.pass_obj
def lint(
    console: Console, /, style: str, base: str | None, state: str | None, every: bool, fix: bool, **given: Any
) -> int:
    """Lint the SQL files that changed, with sqlfluff and the project's own settings.

    \b
    Example:
      dataops lint --base main --fix
    """
    from dataops import gate
    from dataops.changes import planning
    from dataops.output import documents, terminal
    from dataops.project.progress import waiting

    project, settings = open_project(given)
    targets = open_targets(project, settings, given["target"])
    with waiting(console, "linting"):
        if every:
            linted = gate.lint_all(project, targets, fix)
        else:
            planned = planning.plan(project, targets, settings, base, state)
            linted = gate.lint_changed(project, targets, planned, fix)
    if style == "json":
        click.echo(documents.text(documents.linted(linted)), nl=False)
    else:
        terminal.linted(console, linted)
    return 1 if linted.failures else 0


@cli.command()
@options(OWN)
@click.option("--select", "-s", multiple=True, help="What to build, in dbt's selection syntax.")
@click.option("--exclude", multiple=True, help="What to leave out.")
@click.option("--selector", help="A selector of selectors.yml.")
@click.option("--resource-type", multiple=True, help="Only these types of node.")
@click.option("--full-refresh", is_flag=True, help="Rebuild incremental models from nothing.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first failure.")
@click.option("--defer", is_flag=True, help="Read whatever is not selected from production.")
@click.option("--with-paused", is_flag=True, help="Build what is paused, too; not in production's own target.")
@click.pass_obj
def build(
    console: Console,
    /,
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    selector: str | None,
    resource_type: tuple[str, ...],
    full_refresh: bool,
    fail_fast: bool,
    defer: bool,
    with_paused: bool,
    **given: Any,
) -> int:
    """Run dbt build, with progress, in your own target.

    \b
    Example, one model and what reads it, on production's data:
      dataops build -s stg_orders+ --defer
    """
    from dataops import local
    from dataops.output import paused, terminal
    from dataops.recording import recorded

    project, settings = open_project(given)
    chosen = [word for each in select for word in ("--select", each)]
    chosen += [word for each in exclude for word in ("--exclude", each)]
    chosen += [word for each in resource_type for word in ("--resource-type", each)]
    chosen += ["--selector", selector] if selector else []
    others = ["--full-refresh"] * full_refresh + ["--fail-fast"] * fail_fast
    with recorded(project, settings, "build"):
        done = local.build(project, settings, chosen, others, defer, console, with_paused)
    terminal.outcome(console, done.outcome)
    paused.incidents(console, done.incidents)
    paused.left_out(console, done.left_out, done.holds)
    refuse_unreadable(done.outcome)
    return done.exit_code


@cli.command()
@options(PROJECT)
@format_option("text", "json")
@click.pass_obj
def doctor(console: Console, /, style: str, **given: Any) -> int:
    """Check the set-up and say how to mend each finding. Exit code 1 when something is broken.

    \b
    Example:
      dataops doctor
    """
    from dataops import doctor as examining
    from dataops.output import documents, terminal

    project, settings = open_project(given)
    checks = list(examining.examine(project, settings, given["target"]))
    if style == "json":
        click.echo(documents.text(documents.checks(checks)), nl=False)
    else:
        terminal.checks(console, checks)
    return 1 if any(check.status == "broken" for check in checks) else 0


for command in (observing.status, observing.pause, observing.resume):
    cli.add_command(command)
for command in (differing.diff, releasing.deploy, releasing.rollback, releasing.releases, releasing.export):
    cli.add_command(command)
cli.add_command(recalling.history)
cli.add_command(siting.site)


def main(words: list[str] | None = None) -> None:
    """Run the command line. Exit: 0 all well, 1 it ran and found failures, 2 it could not run, 130 interrupted."""
    errors = Console(stderr=True, width=None if sys.stderr.isatty() else 10_000)
    # Importing dbt and loading a project only ever adds objects: looking for garbage among them is a fifth of the time.
    # A build, which makes garbage, turns it on again.
    gc.disable()
    before = Path.cwd()
    try:
        code = cli.main(args=words, standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except DataopsError as error:
        errors.print(f"[bold red]error:[/] {escape(error.message)}", highlight=False, soft_wrap=True)
        errors.print(f"[bold]mend:[/] {escape(error.remedy)}", highlight=False, soft_wrap=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        errors.print(f"[bold red]error:[/] {escape(error.format_message())}", highlight=False, soft_wrap=True)
        errors.print("[bold]mend:[/] `dataops --help` and `dataops COMMAND --help` list what there is", highlight=False)
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        errors.print("interrupted")
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 - the last resort: nothing is swallowed, the traceback is kept
        with tempfile.NamedTemporaryFile("w", prefix="dataops-", suffix=".log", delete=False) as log:
            traceback.print_exc(file=log)
        text = " ".join(str(error).split())
        errors.print(f"[bold red]error:[/] {type(error).__name__}: {escape(text)}", highlight=False, soft_wrap=True)
        errors.print(f"[bold]mend:[/] this is a defect of dataops; please report it with {log.name}", highlight=False)
        sys.exit(2)
    finally:
        os.chdir(before)
        gc.enable()
