"""The command line's part on data: `diff`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from dataops.commands.options import BASE, PROJECT, format_option, open_project, open_targets, options
from dataops.errors import SettingsError

if TYPE_CHECKING:
    from dataops.review.verdict import Ruling


@click.command()
@click.argument("relations", nargs=-1, metavar="[BEFORE AFTER]")
@options(PROJECT, BASE)
@format_option("text", "json", "markdown")
@click.option("--select", "-s", multiple=True, help="Which of the models that `ci` built, in dbt's selection syntax.")
@click.option("--key", multiple=True, metavar="COLUMN", help="Columns that identify a row; commas or several times.")
@click.option("--base-query", metavar="SQL", help="Compare a query's result instead of a relation.")
@click.option("--head-query", metavar="SQL", help="The query on the other side.")
@click.option("--event-time", metavar="COLUMN", help="Compare only the time that both sides cover.")
@click.option("--sample-above", type=click.IntRange(1), help="Compare a share of the rows of larger relations.")
@click.option(
    "--against", type=click.Choice(["production", "base-code"]), default="production", help="What to compare with."
)
@click.pass_obj
def diff(
    console: Console,
    /,
    relations: tuple[str, ...],
    style: str,
    select: tuple[str, ...],
    key: tuple[str, ...],
    base_query: str | None,
    head_query: str | None,
    event_time: str | None,
    sample_above: int | None,
    against: str,
    base: str | None,
    state: str | None,
    **given: Any,
) -> int:
    """Compare data: what the last `ci --keep` built with production, or any two relations or queries.

    Exit code 1: two relations differ, or a rule of dataops.yml is broken.

    \b
    Example:
      dataops diff --select fct_orders
      dataops diff prod.main.orders ci.main.orders --key order_id
      dataops diff --base-query "select …" --head-query "select …" --key id
    """
    from dataops.output import documents, markdown, terminal_data
    from dataops.review.data import Asked

    queries = _queries(base_query, head_query)
    sides = queries or relations
    if len(sides) not in (0, 2) or (queries and relations):
        raise SettingsError("a comparison has two sides", "name two relations, or --base-query and --head-query")
    names = tuple(name.strip() for each in key for name in each.split(",") if name.strip())
    asked = Asked(names, event_time, sample_above)
    project, settings = open_project(given)
    rulings: tuple[Ruling, ...] = ()
    if sides:
        from dataops.project.run import waiting
        from dataops.review.data import relations as compared

        with waiting(console, "comparing"):
            found = [compared(project, settings, sides[0], sides[1], bool(queries), asked)]
        failed = not found[0].alike
    else:
        from dataops.review import gate

        targets = open_targets(project, settings, given["target"])
        with gate.alone(project):
            request = gate.Request(base, state, against=against.replace("-", " "))
            evidence = gate.left_by_ci(project, targets, settings, request, list(select), asked, console)
        found, rulings = list(evidence.diffs), evidence.rulings
        failed = any(ruling.blocks for ruling in rulings)
    if style == "json":
        click.echo(documents.text(documents.diffs(found, rulings)), nl=False)
    elif style == "markdown":
        click.echo("\n".join(markdown.diff(each) for each in found), nl=False)
    else:
        for each in found:
            terminal_data.diff(console, each)
        terminal_data.rules(console, rulings)
    return int(failed)


def _queries(base: str | None, head: str | None) -> tuple[str, ...]:
    return tuple(each for each in (base, head) if each is not None)
