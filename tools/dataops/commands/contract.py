"""The command line's part on contracts: what a change takes of them."""

from __future__ import annotations

from typing import Any

import click
from rich.console import Console

from dataops.commands.options import BASE, PROJECT, format_option, open_project, open_targets, options, untouched


@click.group()
def contract() -> None:
    """Contracts of models: what a change takes of them.

    \b
    Example:
      dataops contract check --base main
    """


@contract.command()
@options(PROJECT, BASE)
@format_option("text", "json")
@click.pass_obj
def check(console: Console, /, style: str, base: str | None, state: str | None, **given: Any) -> int:
    """Check that the contracts of production, or of --base, are kept. `ci` does the same.

    A type that widens breaks nothing, one that narrows does; a model that has a new version, and leaves the earlier one
    as it is, breaks nothing. Exit code 1: a promise is broken.

    \b
    Example:
      dataops contract check --base main
    """
    from dataops.contract.breaches import Kept
    from dataops.output import contracts, documents

    found = Kept()
    if untouched(given, base, state) is None:
        from dataops.project.run import waiting
        from dataops.review import contracts as promises
        from dataops.review import gate

        project, settings = open_project(given)
        targets = open_targets(project, settings, given["target"])
        with waiting(console, "comparing"):
            planned = gate.drawn(project, targets, settings, gate.Request(base, state))
            if planned.tagged and not planned.whole:
                planned = gate.drawn(project, targets, settings, gate.Request(base, state), whole=True)
            found = promises.kept(project, planned)
    if style == "json":
        click.echo(documents.text(contracts.document(found)), nl=False)
    else:
        contracts.kept(console, found, amendments=True)
        if not contracts.summary(found):
            console.print("No contract that the change reaches, so no promise to break.", highlight=False)
    return 1 if found.failures else 0
