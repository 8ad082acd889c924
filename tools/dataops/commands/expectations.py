"""The command line's part on what other tools check: `import`."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from dataops.errors import FAILED, SettingsError


@click.group("import", no_args_is_help=False)
def importing() -> None:
    """Take over what another tool checks or has recorded."""


@importing.command()
@click.argument("suite", type=click.Path(path_type=Path))
@click.option("--model", help="The model that the tests are of. Without it, the suite's name.")
@click.option("--write", type=click.Path(path_type=Path), metavar="FILE", help="Make this file instead of printing.")
@click.pass_obj
def expectations(console: Console, /, suite: Path, model: str | None, write: Path | None) -> int:
    """Turn a suite of Great Expectations (its JSON, 1.x or 0.18) into the YAML of a model's tests.

    Needs no project and no warehouse. Exit code 1: something of the suite has no counterpart, and was left out.

    \b
    Example:
      dataops import expectations gx/expectations/orders.json --model fct_orders
    """
    from dataops.importers import expectations
    from dataops.importers import expectations as adopting

    read = expectations.read_suites(suite)
    made = adopting.imported(read, model or read.name)
    if write is None:
        click.echo(made.text, nl=False)
    else:
        _create(write, made.text)
    tests = "1 test" if made.tests == 1 else f"{made.tests} tests"
    click.echo(f"{tests} of {len(read.expectations)} expectations" + (f" in {write}" if write else ""), err=True)
    for each in made.left_out:
        click.echo(f"left out: expectation {each.place}, {each.kind}: {each.reason}", err=True)
    return FAILED if made.left_out else 0


def _create(file: Path, text: str) -> None:
    """Make a file that is not there yet. Raises SettingsError if it is, or cannot be made."""
    try:
        with file.open("x", encoding="utf-8") as made:
            made.write(text)
    except FileExistsError as error:
        raise SettingsError(
            f"{file} is there already",
            "name a file that is not there yet, or leave --write out and merge what is printed",
        ) from error
    except OSError as error:
        raise SettingsError(f"{file}: {error.strerror}", "name a file in a folder that you can write to") from error
