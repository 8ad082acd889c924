"""The command line's part on the dbt package of tests: writes it from the installed tool into a project."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from dataops import __version__


@click.command()
@click.option("--to", "folder", required=True, type=click.Path(path_type=Path), help="Folder to write it into.")
@click.pass_obj
def package(console: Console, /, folder: Path) -> int:
    """Write the dbt package with the tests and macros, dataops_toolkit, into a folder of your project.

    Does not overwrite a file that it did not write or that was edited since.

    \b
    Example:
      dataops package --to packages/dataops_toolkit
    """
    from dataops.adopting.package import write

    number = write(folder)
    console.print(f"Wrote dataops_toolkit {__version__} to {folder}: {number} files.", highlight=False, soft_wrap=True)
    console.print("In packages.yml, for `dbt deps`:\n", highlight=False)
    click.echo(f"packages:\n  - local: {folder.as_posix()}")
    return 0
