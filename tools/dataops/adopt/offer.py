"""What a project is offered: the files that nobody has written yet, and in words what is left to be done by hand."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from dataops import config
from dataops.adopt import workflows
from dataops.adopt.draft import Draft, appended
from dataops.adopt.services import SERVICES
from dataops.adopt.style import style
from dataops.adopt.survey import PROJECT, Survey
from dataops.environment import git
from dataops.project.versions import SUPPORTED
from dataops.sql.dialects import lint_dialect

HOOKS = ".pre-commit-config.yaml"


@dataclass(frozen=True)
class Warehouse:
    """What production's warehouse can do. `releases`: `deploy` works there; `own`: `ci` needs no target of its own."""

    releases: bool
    own: bool


@dataclass(frozen=True)
class Offer:
    """Files to write, and notes: what is left by hand or is missing, one sentence each, with lines to copy below it."""

    drafts: tuple[Draft, ...]
    notes: tuple[tuple[str, tuple[str, ...]], ...]


def offer(survey: Survey, service: str | None, warehouse: Warehouse) -> Offer:
    """Everything for one project. `service`: the CI system, None for no workflow file."""
    drafts = [Draft(survey.root / config.FILE, settings(survey))]
    if service:
        path = survey.top / workflows.place(survey, service)
        drafts.append(Draft(path, workflows.workflow(survey, service, warehouse.releases)))
    if survey.lint is None and survey.sql:
        drafts.append(Draft(survey.root / ".sqlfluff", lint_settings(survey)))
    drafts.append(Draft(survey.top / HOOKS, f"{_HOOKS_HEAD}{hooks(survey)}"))
    new = [each for each in drafts if not each.path.exists()]
    if lines := list(_unignored(survey)):
        new.append(appended(survey.root / ".gitignore", ["# What dbt and dataops leave.", *lines]))
    return Offer(tuple(new), tuple(_notes(survey, service, warehouse)))


def settings(survey: Survey) -> str:
    """A `dataops.yml` that says no more than what has been found."""
    lines = [f"# yaml-language-server: $schema={schema}"] if (schema := _schema(survey)) else []
    lines.append("# Settings of dataops for this project, written by `dataops init`. Every key is optional.")
    if survey.production and "{{" not in survey.production:
        lines += ["production:", f"  target: {survey.production}"]
    if "ci" in survey.targets and survey.production != "ci":
        lines += ["ci:", "  target: ci"]
    return "".join(f"{line}\n" for line in lines)


def _schema(survey: Survey) -> str:
    """Where an editor finds the schema, relative to the file; "" where that would be a folder of one machine only."""
    place = Path(os.path.abspath(str(files("dataops") / "schemas" / "settings.json")))  # noqa: PTH100 - links are kept
    inside = place.is_relative_to(survey.top)
    return Path(os.path.relpath(place, survey.root)).as_posix() if inside else ""


def lint_settings(survey: Survey) -> str:
    """A `.sqlfluff` of what most of the project's SQL does."""
    found = style(file.read_text(encoding="utf-8", errors="replace") for file in survey.sql)
    lines = [
        f"# Written by `dataops init`: what most of the project's {found.files:,} SQL files do. It is yours to change.",
        "[sqlfluff]",
        *([f"dialect = {lint_dialect(survey.adapter)}"] if survey.adapter else []),
        "templater = dbt",
        f"max_line_length = {found.length}",
    ]
    folder = survey.profiles_dir
    if folder and folder != survey.root and folder.is_relative_to(survey.root):
        lines += ["", "[sqlfluff:templater:dbt]", f"profiles_dir = {folder.relative_to(survey.root).as_posix()}"]
    for section, keys in found.sections:
        lines += ["", f"[sqlfluff:{section}]", *(f"{key} = {value}" for key, value in keys)]
    return "".join(f"{line}\n" for line in lines)


_HOOKS_HEAD = """\
# Written by `dataops init`. They run what is installed: `pre-commit install`, in the environment of dataops.
default_install_hook_types: [pre-commit, pre-push]
repos:
"""


def hooks(survey: Survey) -> str:
    """The hooks as pre-commit's settings hold them: lint before a commit, the plan before a push."""
    inside = survey.inside
    here = "" if inside == "." else f"{re.escape(inside)}/"
    words = [] if inside == "." else ["--project-dir", inside]
    if workflows.profiles(survey):
        # pre-commit starts them at the top.
        words += ["--profiles-dir", os.path.relpath(survey.profiles_dir or survey.root, survey.top)]
    options = "".join(f" {shlex.quote(word)}" for word in words)
    folders = "|".join(re.escape(each) for each in survey.folders if each)
    files = f"^{here}(?:(?:{folders})/|{re.escape(PROJECT)}$|\\.sqlfluff$)"
    name = workflows.name(survey)
    return f"""\
  - repo: local
    hooks:
      - id: {name}-lint
        name: {name} lint
        entry: dataops lint --base {survey.base}{options}
        language: system
        files: '{files}'
        pass_filenames: false
      - id: {name}-plan
        name: {name} plan
        entry: dataops plan --base {survey.base}{options}
        language: system
        files: '{files}'
        pass_filenames: false
        stages: [pre-push]
        verbose: true
"""


def _unignored(survey: Survey) -> Iterator[str]:
    """What runs leave in the project and git would take for its files."""
    left = {"target/": "target/dataops/review.md", "logs/": "logs/dbt.log"}
    if survey.packages:
        left["dbt_packages/"] = "dbt_packages/a/dbt_project.yml"
    for path in survey.databases_here:
        left |= {each: each for each in (path, f"{path}.wal")}
    for line, example in left.items():
        if not git.ignored(survey.root, example):
            yield line


def _versions(survey: Survey) -> Iterator[str]:
    """What is to be said of what jobs install."""
    if not survey.requires.possible():
        yield f"`require-dbt-version` of {PROJECT} takes no dbt that dataops runs on, which is {SUPPORTED}"
    elif not survey.fits:
        here = survey.versions["dbt-core"]
        yield f"{PROJECT} does not take dbt {here}, which is installed here: jobs install {survey.installs[1]}"
    absent = [name for name, version in survey.versions.items() if version is None]
    if absent:
        yield f"Not installed here, so without a version in the workflow: {', '.join(absent)}"


def _notes(survey: Survey, service: str | None, warehouse: Warehouse) -> Iterator[tuple[str, tuple[str, ...]]]:
    if survey.missing:
        near = os.path.relpath(survey.nearby, survey.root) if survey.nearby else ""
        yield (
            f"The profile `{survey.profile}` is missing here: {survey.missing}",
            ((f"{near} has it: dataops init --profiles-dir {near}",) if near else ()),
        )
    elif not survey.adapter:
        yield f"The profile `{survey.profile}` does not say plainly which adapter it is for: the workflow lacks it", ()
    elif not warehouse.own and "ci" not in survey.targets:
        yield "Pull requests need a target of their own: add `ci`, with a schema of its own, to profiles.yml", ()
    yield from ((text, ()) for text in _versions(survey))
    hooked = survey.top / HOOKS
    if hooked.exists() and "dataops lint" not in hooked.read_text(encoding="utf-8", errors="replace"):
        yield (
            f"{HOOKS} is there already. Below its `repos:` these lines add the hooks:",
            tuple(hooks(survey).splitlines()),
        )
    if service is None:
        yield f"No workflow file: no CI system is told by files or remote. --ci takes {', '.join(SERVICES)}", ()
        return
    known, path = SERVICES[service], workflows.place(survey, service)
    if then := known.then if path.as_posix() == known.file.format(name=workflows.name(survey)) else known.then_beside:
        yield then.format(file=path.as_posix()), ()
    if secrets := workflows.secrets(survey):
        yield f"{known.title} needs the secret variables {', '.join(secrets)}", ()
