"""The command line's part for agents: `mcp`."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import click

from dataops.commands.options import PROJECT, options, settings_of
from dataops.errors import SettingsError


@click.command()
@options(PROJECT)
@click.option("--allow-writes", is_flag=True, help="Offer tools that build a change, and that pause and resume nodes.")
def mcp(allow_writes: bool, **given: Any) -> int:
    """Answer an agent over standard input and output, by the Model Context Protocol, until it hangs up.

    Its tools read: plan, explain, lineage, findings, check, diff, status, history, releases, suggest. None shows a
    personal value. Needs `pip install "dbt-dataops[mcp]"`.

    \b
    Example, as an agent's settings name it:
      {"command": "dataops", "args": ["mcp", "--project-dir", "/path/to/project"]}
    """
    # Where the caller stands, before the project's folder becomes the working directory.
    folder = given.pop("project_dir").absolute()
    words = [f"--{name.replace('_', '-')}={_written(value)}" for name, value in given.items() if value is not None]
    settings_of(folder)
    try:
        from dataops.agent import server
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"the library of the protocol is not installed ({error.name})", 'pip install "dbt-dataops[mcp]"'
        ) from error
    gc.enable()  # it was turned off for commands that end soon
    server.serve(folder, words, allow_writes)
    return 0


def _written(value: object) -> object:
    return value.absolute() if isinstance(value, Path) else value
