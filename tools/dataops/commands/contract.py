"""The command line's part on contracts: what a change takes of them, and how they are written down."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from dataops.commands.options import BASE, PROJECT, format_option, open_project, open_targets, options, untouched

if TYPE_CHECKING:
    from dataops.project.session import Project
    from dataops.sheets.files import File

_WRITING = (
    click.option("--dry-run", is_flag=True, help="Only show what would be written."),
    click.option("--yes", "-y", is_flag=True, help="Write without asking."),
)


@click.group()
def contract() -> None:
    """Contracts of models: what a change takes of them, what production keeps, and their exchange with others.

    \b
    Example:
      dataops contract infer fct_orders
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
            console.print("The change touches no contract: no promise is broken.", highlight=False)
    return 1 if found.failures else 0


@contract.command()
@options(PROJECT, _WRITING)
@click.argument("nodes", nargs=-1, required=True, metavar="NODE…")
@click.pass_obj
def infer(console: Console, /, nodes: tuple[str, ...], dry_run: bool, yes: bool, **given: Any) -> int:
    """Write contracts that production keeps already.

    That is types, NOT NULL and the key of its relations.

    Shows a diff of the models' YAML files, and asks. What is declared and does not hold in production is said, and is
    neither written nor changed.

    \b
    Example:
      dataops contract infer fct_orders dim_customers --dry-run
    """
    from dataops.contract import infer as inferring
    from dataops.contract.writing import sheets
    from dataops.output import contracts
    from dataops.project.run import waiting

    project, settings = open_project(given)
    targets = open_targets(project, settings, given["target"])
    with waiting(console, "looking at production"):
        found = inferring.infer(project, targets, nodes)
        manifest = project.parse(targets.production).manifest
    for each in found:
        contracts.inferred(console, each)
    files = sheets(project.root, manifest, {each.unique_id: each.entry for each in found if each.entry})
    _write(console, project, files, dry_run, yes)
    return 0


@contract.command()
@options(PROJECT)
@click.argument("nodes", nargs=-1, metavar="[NODE]…")
@click.option("--to", "folder", required=True, type=click.Path(path_type=Path), help="The folder to write into.")
@click.pass_obj
def export(console: Console, /, nodes: tuple[str, ...], folder: Path, **given: Any) -> int:
    """Write contracts as files of ODCS 3.1.

    The Open Data Contract Standard: a file for each model, and for each version of one.
    Without NODE those of all models whose contract is enforced.

    \b
    Example:
      dataops contract export fct_orders --to contracts
    """
    import datetime

    from dataops.contract import exporting

    project, settings = open_project(given)
    manifest = project.parse(open_targets(project, settings, given["target"]).parsing).manifest
    chosen = exporting.chosen(manifest, project.name, nodes)
    today = datetime.datetime.now(datetime.timezone.utc).date()
    folder.mkdir(parents=True, exist_ok=True)
    for unique_id in chosen:
        made = exporting.document(manifest, unique_id, today)
        (folder / f"{made.name}.odcs.yaml").write_text(made.to_yaml(), encoding="utf-8")
    console.print(f"Wrote {len(chosen):,} contracts to {folder}" if chosen else "No model has an enforced contract.")
    return 0


@contract.command(name="import")
@options(PROJECT, _WRITING)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@click.pass_obj
def importing(console: Console, /, files: tuple[Path, ...], dry_run: bool, yes: bool, **given: Any) -> int:
    """Read contracts from files of ODCS.

    The Open Data Contract Standard: what they say is written into the models' YAML files.
    Shows a diff, and asks. What dbt has no place for is said.

    \b
    Example:
      dataops contract import contracts/fct_orders.odcs.yaml --dry-run
    """
    from dataops.contract import importing as reading

    documents = [(path, reading.read(path)) for path in files]
    project, settings = open_project(given)
    manifest = project.parse(open_targets(project, settings, given["target"]).parsing).manifest
    found = reading.imported(manifest, project.name, documents)
    for each in found.notes:
        console.print(each, style="yellow", markup=False, highlight=False, soft_wrap=True)
    _write(console, project, found.files(project.root), dry_run, yes)
    return 0


def _write(console: Console, project: Project, files: list[File], dry_run: bool, yes: bool) -> None:
    """Show what would be written, ask, and write it."""
    from dataops.output import contracts
    from dataops.sheets.files import write

    contracts.difference(console, files)
    if not files:
        console.print("Nothing to write: all of it is there.")
    elif dry_run:
        console.print("Nothing was written: this was --dry-run")
    elif yes or (sys.stdin.isatty() and console.is_terminal and click.confirm("Write this?", default=True)):
        write(project.root, files)
        console.print(f"Wrote {', '.join(str(each.path) for each in files)}", highlight=False)
    else:
        asked = sys.stdin.isatty() and console.is_terminal
        why = "you said no" if asked else "there is no terminal to ask on; --yes writes it"
        console.print(f"Nothing was written: {why}")
