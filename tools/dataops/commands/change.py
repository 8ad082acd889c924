"""The command line's part on changes: plan them, lint them, judge them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from dataops.commands.options import (
    BASE,
    PROJECT,
    format_option,
    open_production,
    open_project,
    open_targets,
    options,
    refuse_unreadable,
    untouched,
)
from dataops.config import WORK

if TYPE_CHECKING:
    from dataops.check.findings import Checked
    from dataops.lint.findings import Linted
    from dataops.plan.untouched import Given


@click.command()
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
        from dataops.plan import planning
        from dataops.project.run import waiting

        project, settings = open_project(given)
        with waiting(console, "comparing"):
            targets = open_targets(project, settings, given["target"], builds=False)
            # Any node may be asked for, also one that the change does not reach.
            planned = planning.plan(project, targets, settings, base, state, strict, whole=bool(explain))
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


@click.command()
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
    """Judge a change: plan, lint and check it, build and test it on production's data, and write one review.

    Leaves review.md, .html and .json, junit.xml, results.sarif and gl-code-quality.json in target/dataops.
    Exit code 0: ready; 1: not ready; 2: could not run.

    \b
    Example, in a pull request's job:
      dataops ci --base origin/main
    """
    from dataops.commands import delivery
    from dataops.output import documents, markdown, terminal
    from dataops.review.verdict import untouched_review

    drawn = None if clean or full_refresh else untouched(given, base, state, rules=True)
    root = given["project_dir"].resolve()
    if drawn is not None:
        review = untouched_review(drawn)
    else:
        from dataops.history.recorder import Verdict, opening, recorded
        from dataops.orchestrate.openlineage.telling import traced
        from dataops.review import gate

        with opening("ci", given):
            project, settings = open_project(given)
            targets, engine = open_production(project, settings, given["target"])
        with gate.alone(project):
            if clean:
                removed = engine.workspace.clean(None)
                console.print("Removed what earlier runs left." if removed else "Nothing was left.")
                return 0
            delivery.clear(root)
            with (
                recorded(project, settings, "ci") as recorder,
                traced(project, settings, "ci", targets.parsing.name, recorder) as lineage,
            ):
                request = gate.Request(base, state, strict, full_refresh, allow_breaking, against.replace("-", " "))
                review, planned = gate.review(project, targets, settings, request, console)
                recorder.verdict = Verdict(review.verdict, review.exit_code == 0)
                lineage.verdict(review.exit_code == 0, review.verdict)
            if review.exit_code == 0 and review.built and not keep:
                engine.workspace.clean(planned.head if planned.whole else None)
    files = delivery.write(review, root)
    if style == "json":
        click.echo(documents.text(documents.review(review)), nl=False)
    elif style == "markdown":
        click.echo(markdown.review(review), nl=False)
    else:
        terminal.review(console, review)
        console.print(f"[dim]{WORK / files[0].name}, {', '.join(file.name for file in files[1:])}[/]", highlight=False)
    delivery.announce(review, root, lambda text: click.echo(text, err=True), comment)
    if review.built:
        refuse_unreadable(review.built.outcome)
    return review.exit_code


@click.command()
@options(PROJECT, BASE)
@format_option("text", "json", "markdown")
@click.option("--all", "every", is_flag=True, help="Every finding, not only those that the base does not have.")
@click.option("--list", "listing", is_flag=True, help="List all rules instead: what they are for, and their settings.")
@click.pass_obj
def check(
    console: Console, /, style: str, base: str | None, state: str | None, every: bool, listing: bool, **given: Any
) -> int:
    """Check the project's conventions: layers, tests of keys, documentation, names, owners, contracts.

    Only what is new since production, or since --base, is shown and counts. Exit code 1: there are new errors.

    \b
    Example:
      dataops check --base main
      dataops check --list
    """
    from dataops.check.findings import Checked
    from dataops.output import conventions, documents, markdown

    if listing:
        from dataops.check.checking import Conventions

        project, settings = open_project(given)
        rules = Conventions.of(project.root, project.name, settings.check).rules
        if style == "json":
            click.echo(documents.text(conventions.rules_document(rules)), nl=False)
        elif style == "markdown":
            click.echo(conventions.table(rules), nl=False)
        else:
            conventions.rules(console, rules)
        return 0
    if every:
        checked, _ = _checked(console, given, base, state, every)
    elif untouched(given, base, state, rules=True) is not None:
        checked = Checked()
    else:
        from dataops.check.own import FOLDER
        from dataops.review import again

        asked = _asked(given, base, state, FOLDER)
        checked = again.CHECK.once(asked, lambda: _checked(console, given, base, state, every))
    if style == "json":
        click.echo(documents.text(conventions.document(checked)), nl=False)
    elif style == "markdown":
        click.echo(markdown.checked(checked), nl=False)
    else:
        conventions.checked(console, checked)
    return 1 if checked.failures else 0


def _checked(
    console: Console, given: dict[str, Any], base: str | None, state: str | None, every: bool
) -> tuple[Checked, bool]:
    """What the rules have against the project, and not against its base; with `every` against all of it.

    And whether they say the same as long as no file, setting or version differs.
    """
    from dataops.check.checking import Base, Conventions
    from dataops.project.run import waiting
    from dataops.review import again

    project, settings = open_project(given)
    rules = Conventions.of(project.root, project.name, settings.check)
    targets = open_targets(project, settings, given["target"], builds=False)
    with waiting(console, "checking"):
        head = project.parse(targets.parsing)
        before = None if every else Base.of(project, targets, head, base, state or settings.state)
        checked = rules.check(head.manifest, before)
        return checked, not every and again.lasting_conventions(project, head.manifest, checked)


def _asked(given: dict[str, Any], base: str | None, state: str | None, *beside: str) -> Given:
    """What the command line says, for an answer that is given once more."""
    from dataops.plan.untouched import Given

    root = given["project_dir"].resolve()
    return Given(root, {**given, "project_dir": root}, base, state, beside)


@click.command()
@options(PROJECT, BASE)
@format_option("text", "json")
@click.option("--all", "every", is_flag=True, help="Every SQL file and every finding, not only what is new.")
@click.option("--fix", is_flag=True, help="Rewrite the files where that is proved harmless.")
@click.pass_obj
def lint(
    console: Console, /, style: str, base: str | None, state: str | None, every: bool, fix: bool, **given: Any
) -> int:
    """Lint the SQL files that changed, with sqlfluff and the project's own settings. Only new findings count.

    What the base has in the same place is counted and not shown. Exit code 1: there is a new finding.

    \b
    Example:
      dataops lint --base main --fix
    """
    from dataops.lint.findings import Linted
    from dataops.output import documents, terminal

    if every or fix:
        linted, _ = _linted(console, given, base, state, every, fix)
    elif untouched(given, base, state) is not None:
        linted = Linted((), ())
    else:
        from dataops.review import again

        asked = _asked(given, base, state)
        linted = again.LINT.once(asked, lambda: _linted(console, given, base, state, every, fix))
    if style == "json":
        click.echo(documents.text(documents.linted(linted)), nl=False)
    else:
        terminal.linted(console, linted)
    return 1 if linted.failures else 0


def _linted(
    console: Console, given: dict[str, Any], base: str | None, state: str | None, every: bool, fix: bool
) -> tuple[Linted, bool]:
    """What lint says, and whether it says the same as long as no file, setting or version differs."""
    from dataops.project.run import waiting
    from dataops.review import again, gate

    project, settings = open_project(given)
    targets = open_targets(project, settings, given["target"], builds=False)
    with waiting(console, "linting"):
        if every:
            return gate.lint_all(project, targets, settings, fix), False
        request = gate.Request(base, state)
        planned = gate.drawn(project, targets, settings, request)
        linted = gate.lint_changed(project, targets, settings, planned, request, fix)
        return linted, again.lasting(planned, linted)
