"""The command line's part on adopting an existing project: `init`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from dataops.adopt.services import SERVICES
from dataops.commands.options import PROJECT, open_project, options
from dataops.errors import DataopsError, SettingsError

if TYPE_CHECKING:
    from dataops.adopt.offer import Offer
    from dataops.adopt.survey import Survey
    from dataops.config import Settings
    from dataops.lint.findings import Linted
    from dataops.project.profiles import Target
    from dataops.project.session import Project
    from dataops.project.targets import Targets

_QUICK = 20_000
"""Lint runs at once where a project's SQL has at most so many characters: some five seconds."""


@click.command()
@options(PROJECT)
@click.option(
    "--ci", "service", type=click.Choice([*SERVICES, "none"]), help="The CI system. Default: what files or remote say."
)
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@click.option("--yes", "-y", is_flag=True, help="Write without asking.")
@click.pass_obj
def init(console: Console, /, service: str | None, dry_run: bool, yes: bool, **given: Any) -> int:
    """Adopt an existing dbt project: settings, a workflow file, lint settings and hooks that fit it.

    Looks at the project, shows all that it would write as a diff, and asks. No file that is there is overwritten;
    `.gitignore` gets lines at its end. Without a terminal nothing is asked: --yes writes.

    \b
    Example:
      dataops init --dry-run
      dataops init --ci gitlab
    """
    from dataops.adopt import draft
    from dataops.adopt.look import look
    from dataops.output import adoption

    seen = look(given["project_dir"], given["profiles_dir"], given["profile"], given["target"])
    asks = sys.stdin.isatty() and console.is_terminal and not yes and not dry_run
    chosen = _service(seen, service, asks)
    adoption.found(console, seen, chosen)
    made = _offer(seen, chosen)
    adoption.diff(console, made.drafts, seen.top)
    if dry_run or not made.drafts:
        adoption.unwritten(console, made.drafts, "this was --dry-run")
    elif yes or (asks and click.confirm("Write this?", default=True)):
        draft.write(made.drafts)
        adoption.written(console, made.drafts, seen.top)
    else:
        why = "you said no" if asks else "there is no terminal to ask on; --yes writes it"
        adoption.unwritten(console, made.drafts, why)
        return 0
    adoption.notes(console, made.notes)
    if not dry_run:
        _describe(console, seen, given)
    return 0


def _service(seen: Survey, named: str | None, asks: bool) -> str | None:
    if named is None and seen.service is None and asks:
        named = click.prompt("Which CI system?", type=click.Choice([*SERVICES, "none"]), default="none")
    chosen = named or seen.service
    return None if chosen == "none" else chosen


def _offer(seen: Survey, service: str | None) -> Offer:
    from dataops.adopt.offer import Warehouse, offer
    from dataops.engines import adapters

    adapter = seen.adapter or ""
    return offer(seen, service, Warehouse(adapters.releases(adapter), adapters.shares_target(adapter)))


def _describe(console: Console, seen: Survey, given: dict[str, Any]) -> None:
    """The project as dbt reads it. That it cannot yet is told, and is no failure of what was written."""
    from dataops.adopt.portrait import portrait
    from dataops.output import adoption
    from dataops.project.run import waiting

    files = len(seen.sql)
    try:
        with waiting(console, "reading the project"):
            project, settings = open_project(given)
            target, targets = _targets(project, settings, given["target"])
            manifest = project.parse(target).manifest
            linted = _linted(seen, project, targets, settings)
    except DataopsError as error:
        adoption.unread(console, files, error.message, error.remedy)
    else:
        adoption.portrait(console, portrait(manifest, project.name, project.root / "target"), linted, files)
    named = [(f"--{name.replace('_', '-')}", given[name]) for name in ("project_dir", "profiles_dir", "profile")]
    words = [f"{option} {value}" for option, value in named if value not in (None, Path())]
    adoption.following(console, " ".join(["dataops ci", "--base", seen.base, *words]))


def _targets(project: Project, settings: Settings, named: str | None) -> tuple[Target, Targets | None]:
    """Where to parse: as `ci` does, or in production's target where there is none for pull requests yet."""
    from dataops.engines.registry import resolve
    from dataops.project.targets import production_target

    try:
        targets = resolve(project, settings, named)
    except SettingsError:
        return production_target(project, settings, named), None
    return targets.parsing, targets


def _linted(seen: Survey, project: Project, targets: Targets | None, settings: Settings) -> Linted | str:
    """Lint's findings, or why there are none."""
    from dataops.review import gate

    if targets is None or sum(file.stat().st_size for file in seen.sql) > _QUICK:
        return "`dataops lint --all` does"
    try:
        return gate.lint_all(project, targets, settings)
    except DataopsError as error:
        return error.message
