"""The command line: options, one call, one rendering, an exit code. dbt is imported only by commands that need it."""

from __future__ import annotations

import atexit
import gc
import os
import sys
import tempfile
import threading
import traceback
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape

from dataops import __version__
from dataops.commands import (
    adopt,
    agent,
    alert,
    breaker,
    change,
    contract,
    develop,
    diff,
    engine,
    expectations,
    history,
    lineage,
    orchestrate,
    package,
    release,
    report,
    site,
    suggest,
)
from dataops.environment import streams
from dataops.environment.streams import Output
from dataops.errors import DataopsError, of_disk


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
    context.obj = Output(no_color=True if no_color else None, width=None if sys.stdout.isatty() else 160)


COMMANDS = (
    *(
        adopt.init,
        change.plan,
        change.ci,
        change.lint,
        change.check,
        contract.contract,
        lineage.lineage,
        diff.diff,
        develop.build,
        develop.freshness,
        develop.doctor,
    ),
    *(
        release.deploy,
        release.retry,
        release.publish,
        release.discard,
        release.releases,
        release.rollback,
        release.export,
        engine.engine,
    ),
    *(breaker.status, breaker.pause, breaker.resume),
    *(history.history, history.record, report.report, site.site, alert.alert),
    *(suggest.suggest, expectations.importing, package.package, orchestrate.orchestrate, agent.mcp),
)

expectations.importing.add_command(history.elementary)

for command in COMMANDS:
    cli.add_command(command)


def _end(code: int) -> None:
    """End a process that has nothing left to put in order. Returns where it has.

    To let the interpreter take apart what dbt has loaded, object by object, costs a sixth of a plan.
    """
    if threading.active_count() > 1:
        return
    try:
        # What libraries want to be told at the end: locks between processes are given back, logs are closed.
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        return
    os._exit(code)


def main(words: list[str] | None = None) -> None:
    """Run the command line. Exit: 0 all well, 1 it ran and found failures, 2 it could not run, 130 interrupted."""
    streams.prepare()
    errors = Console(stderr=True, width=None if sys.stderr.isatty() else 10_000)
    # Importing dbt and loading a project only ever adds objects: looking for garbage among them is a fifth of the time.
    # A build, which makes garbage, turns it on again.
    gc.disable()
    before = Path.cwd()
    try:
        ended = cli.main(args=words, standalone_mode=False)
        code = ended if isinstance(ended, int) else 0
        if words is None and sys.argv[1:2] == ["plan"]:
            # It touches no warehouse.
            _end(code)
        sys.exit(code)
    except DataopsError as error:
        errors.print(f"[bold red]error:[/] {escape(error.message)}", highlight=False, soft_wrap=True)
        errors.print(f"[bold]hint:[/] {escape(error.remedy)}", highlight=False, soft_wrap=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        errors.print(f"[bold red]error:[/] {escape(error.format_message())}", highlight=False, soft_wrap=True)
        errors.print("[bold]hint:[/] `dataops --help` and `dataops COMMAND --help` list what there is", highlight=False)
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        errors.print("interrupted")
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 - the last resort: nothing is swallowed, the traceback is kept
        refused = of_disk(error)
        if refused is not None:
            errors.print(f"[bold red]error:[/] {escape(refused.message)}", highlight=False, soft_wrap=True)
            errors.print(f"[bold]hint:[/] {escape(refused.remedy)}", highlight=False, soft_wrap=True)
            sys.exit(refused.exit_code)
        with tempfile.NamedTemporaryFile(
            "w", prefix="dataops-", suffix=".log", delete=False, encoding="utf-8", errors="backslashreplace"
        ) as log:
            traceback.print_exc(file=log)
        text = " ".join(str(error).split())
        errors.print(f"[bold red]error:[/] {type(error).__name__}: {escape(text)}", highlight=False, soft_wrap=True)
        errors.print(f"[bold]hint:[/] this is a defect of dataops; please report it with {log.name}", highlight=False)
        sys.exit(2)
    finally:
        os.chdir(before)
        gc.enable()
