"""What every command starts from: dbt's own options, the project that they name, and its targets."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dataops.errors import ProjectError

if TYPE_CHECKING:
    from dataops.config import Settings
    from dataops.engines.engine import Engine
    from dataops.plan.plan import Plan
    from dataops.project.outcome import Outcome
    from dataops.project.session import Project
    from dataops.project.targets import Targets

F = TypeVar("F", bound=Callable[..., Any])

_FOLDER = click.Path(file_okay=False, path_type=Path)
_PROJECT = (
    click.option("--project-dir", type=_FOLDER, default=Path(), help="Folder of dbt_project.yml."),
    click.option("--profiles-dir", type=_FOLDER, help="Folder of profiles.yml."),
    click.option("--profile", help="Profile to use instead of the project's."),
    click.option("--vars", help="Variables for dbt, as YAML."),
    click.option("--threads", type=click.IntRange(1), help="Threads for dbt."),
)
PROJECT = (*_PROJECT, click.option("--target", "-t", help="Production's target."))
"""dbt's options for a command that works on production."""

OWN = (*_PROJECT, click.option("--target", "-t", help="The target to build in."))
"""dbt's options for a command that works in a person's own target."""

PLACE = (
    _PROJECT[0],
    click.option("--target", "-t", help="Production's target. Default: `prod`, or where the last deploy or build ran."),
)
"""The options of a command that reads records alone, and asks dbt nothing."""

EVENTS = (
    click.option(
        "--events",
        metavar="FILE",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Add to FILE what happens as it happens, as JSON lines.",
    ),
)
"""For an orchestrator."""

BASE = (
    click.option("--base", metavar="REV", help="Compare with where this branch left a git revision."),
    click.option("--state", metavar="PLACE", help="Stored state: a folder, a URL, or a folder of dbt's artifacts."),
)
"""What to compare with."""


_MANY = {"--select", "-s", "--exclude", "--resource-type"}


class ManyWords(click.Command):
    """A command whose options of choice take several words each, as dbt's do: `--select a b`. It has no arguments."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Name the option before each of its words."""
        spread: list[str] = []
        option, words = "", 0
        for each in args:
            if each.startswith("-"):
                option, words = (each if each in _MANY else ""), 0
            else:
                spread += [option] if option and words else []
                words += 1
            spread.append(each)
        return super().parse_args(ctx, spread)


def options(*groups: tuple[Callable[[F], F], ...]) -> Callable[[F], F]:
    """All options of some groups, in their order."""

    def add(command: F) -> F:
        for option in reversed([option for group in groups for option in group]):
            command = option(command)
        return command

    return add


def format_option(*choices: str) -> Callable[[F], F]:
    """`--format` with the given choices."""
    return click.option("--format", "style", type=click.Choice(choices), default="text", help="How to print.")


def open_project(given: dict[str, Any]) -> tuple[Project, Settings]:
    """The project and its settings from the shared options, with the project's folder as working directory."""
    from dataops import config
    from dataops.project.session import Options, Project

    names = ("project_dir", "profiles_dir", "profile", "target", "vars", "threads")
    project = Project(Options(**{name: given[name] for name in names}))
    os.chdir(project.root)
    settings = config.load(project.root)
    project.parser = settings.parser
    return project, settings


def settings_of(project_dir: Path) -> tuple[Path, Settings]:
    """A project's folder, which becomes the working directory, and its settings, without dbt.

    Raises:
        ProjectError: there is no dbt project.
    """
    from dataops import config

    root = project_dir.resolve()
    if not (root / "dbt_project.yml").is_file():
        raise ProjectError(f"no dbt project in {root}", "run in the folder of dbt_project.yml (--project-dir)")
    os.chdir(root)
    return root, config.load(root)


def untouched(given: dict[str, Any], base: str | None, state: str | None, rules: bool = False) -> Plan | None:
    """The plan in which nothing changes, where that can be told without dbt. `rules`: its own are the same, too."""
    from dataops.check.own import FOLDER
    from dataops.plan.untouched import Given, answer

    root = given["project_dir"].resolve()
    if not (root / "dbt_project.yml").is_file():
        return None
    with entered(root):
        return answer(Given(root, given, base, state, (FOLDER,) if rules else ()))


@contextmanager
def entered(folder: Path) -> Iterator[None]:
    """Work in a folder, and go back."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def open_targets(project: Project, settings: Settings, named: str | None, builds: bool = True) -> Targets:
    """The project's targets, once an interrupted release has been settled: what is read next agrees with itself.

    `builds`: false for who needs no target of pull requests to build in.
    """
    return open_production(project, settings, named, builds)[0]


def open_production(
    project: Project, settings: Settings, named: str | None, builds: bool = True
) -> tuple[Targets, Engine]:
    """As `open_targets`, with the engine that serves production."""
    from dataops.engines.registry import engine_of, resolve
    from dataops.store.state import State

    targets = resolve(project, settings, named, builds)
    engine = engine_of(project, targets)
    engine.settle_if_idle(State(settings.state))
    return targets, engine


def refuse_unreadable(outcome: Outcome) -> None:
    """End with an error if the warehouse could not read a file's SQL; all results have been shown by then."""
    for result in outcome.results:
        if result.unreadable:
            raise ProjectError(
                f"{result.file}: {result.kind} {result.name}: {result.message}", "mend the SQL there and run again"
            )
