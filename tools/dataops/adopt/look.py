"""Look at what is there: project, profile, git, CI system, lint settings. Files are read, and dbt is not run."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import yaml

from dataops.adopt.services import SERVICES
from dataops.adopt.survey import PROJECT, Survey
from dataops.environment import git
from dataops.errors import DataopsError, GitError, ProjectError
from dataops.project import packages, profiles
from dataops.project.lint_files import lint_file
from dataops.project.versions import Requirement

_PACKAGES = ("packages.yml", "dependencies.yml")
_NOT_OURS = {"dbt_packages", "dbt_modules", "node_modules", "target", "venv", "site-packages"}
_LINTED = ("model-paths", "snapshot-paths", "analysis-paths", "test-paths")
_VARIABLE = re.compile(r"""env_var\(\s*['"](\w+)['"]\s*(,)?""")


def look(folder: Path, profiles_dir: Path | None, profile: str | None, target: str | None) -> Survey:
    """Look at the dbt project in `folder`.

    Raises:
        ProjectError: there is none, or `dbt_project.yml` cannot be read.
        GitError: it is in no git checkout.
    """
    root = folder.resolve()
    if not (root / PROJECT).is_file():
        raise _no_project(root)
    document = _mapping(root / PROJECT)
    if not document.get("name"):
        raise ProjectError(f"{root / PROJECT} has no `name:`", "add the project's name")
    refused = git.refusal(root)
    if refused is not None:
        raise _no_git(refused, root)
    top = git.top(root).resolve()
    connection = _connection(root, profiles_dir, profile or str(document.get("profile", document["name"])), target)
    nearby = _nearby(top, connection["profile"]) if connection["missing"] else None
    folders = _folders(document)
    branch, local = git.default_branch(root)
    return Survey(
        root=root,
        top=top,
        name=str(document["name"]),
        **connection,
        nearby=nearby,
        packages=any((root / name).is_file() for name in _PACKAGES),
        lint=_lint(root, top),
        service=_service(root, top),
        branch=branch,
        local=local,
        versions=_versions(connection["adapter"]),
        requires=Requirement.of(document.get("require-dbt-version") or document.get("require_dbt_version")),
        folders=tuple(dict.fromkeys(each for places in folders.values() for each in places)),
        sql=tuple(sorted(_sql(root, folders))),
    )


def _no_project(root: Path) -> ProjectError:
    found = [os.path.relpath(each, root) for each in sorted(_projects(root))]
    if not found:
        return ProjectError(
            f"no dbt project in {root}", f"run in the folder of {PROJECT} (--project-dir); `dbt init` starts a new one"
        )
    if len(found) == 1:
        return ProjectError(f"{root} is no dbt project, {found[0]} is", f"cd {found[0]}, or --project-dir {found[0]}")
    return ProjectError(
        f"{root} holds several dbt projects: {', '.join(found)}",
        f"choose one, and adopt each by itself: dataops init --project-dir {found[0]}",
    )


def _projects(root: Path) -> Iterator[Path]:
    """Folders of dbt projects below `root`, without installed packages and what is hidden; none inside another."""
    for here, folders, files in os.walk(root):
        if PROJECT in files:
            yield Path(here)
            folders.clear()
        folders[:] = [each for each in folders if not each.startswith(".") and each not in _NOT_OURS]


def _no_git(refused: GitError, root: Path) -> GitError:
    if "in no git repository" not in refused.message:
        return refused
    return GitError(refused.message, f"git -C {root} init, commit what is there, and run `dataops init` again")


def _mapping(path: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ProjectError(f"{path} is not valid YAML: {error}", f"mend {path}") from error
    return document if isinstance(document, dict) else {}


def _connection(root: Path, folder: Path | None, name: str, target: str | None) -> dict[str, Any]:
    """What the profile tells; where there is none, why not."""
    found: dict[str, Any] = {
        "profile": name,
        "adapter": None,
        "targets": (),
        "production": None,
        "database": None,
        "databases": (),
        "profiles_dir": None,
        "missing": "",
        "variables": _variables((root / PROJECT).read_text(encoding="utf-8")),
    }
    try:
        place = profiles.find(root, folder)
        profile = profiles.Profile.read(place, name)
    except DataopsError as error:
        return {**found, "missing": f"{error.message}: {error.remedy}"}
    usual = target or ("prod" if "prod" in profile.outputs else profile.default)
    output = profile.output(usual) or next(filter(None, map(profile.output, profile.outputs)), {})
    used = [output, profile.output("ci"), {"target": profile.default}]
    kind = str(output.get("type", ""))
    return {
        **found,
        "adapter": kind if kind and "{{" not in kind else None,
        "targets": tuple(profile.outputs),
        "production": usual,
        "database": str(output["path"]) if output.get("path") else None,
        "databases": _paths(profile),
        "profiles_dir": place,
        "variables": _variables((root / PROJECT).read_text(encoding="utf-8"), *map(str, used)),
    }


def _paths(profile: profiles.Profile) -> tuple[str, ...]:
    """The files that its targets build in, where they do."""
    written = (profile.output(name).get("path") for name in profile.outputs)
    return tuple(dict.fromkeys(str(each) for each in written if each))


def _variables(*texts: str) -> tuple[str, ...]:
    """What a job has to set. Of one with a default nothing is said: an empty secret would take the default's place."""
    asked = [found for text in texts for found in _VARIABLE.findall(text)]
    return tuple(dict.fromkeys(name for name, default in asked if not default))


def _lint(root: Path, top: Path) -> Path | None:
    """The nearest file that sqlfluff would read settings from."""
    for folder in (root, *root.parents):
        found = lint_file(folder)
        if found is not None or folder == top:
            return found
    return None


def _service(root: Path, top: Path) -> str | None:
    """By files first: what runs jobs today may not be where the code is."""
    for name, each in SERVICES.items():
        if any((top / place).exists() for place in each.signs):
            return name
    remote = git.remote(root) or ""
    return next((name for name, each in SERVICES.items() if any(host in remote for host in each.hosts)), None)


def _folders(document: Mapping[str, Any]) -> dict[str, list[str]]:
    """Each of dbt's kinds of folder with those that the project has for it."""
    found: dict[str, list[str]] = {}
    for key, usual in packages.PATHS.items():
        named = document.get(key) or document.get(key.replace("-", "_")) or ([usual] if usual else [])
        found[key] = [str(each).rstrip("/") for each in named if "{{" not in str(each)]
    return found


def _sql(root: Path, folders: Mapping[str, list[str]]) -> Iterator[Path]:
    """Files of models, snapshots, analyses and singular tests; what only defines macros has no style of SQL."""
    for key in _LINTED:
        for folder in folders[key]:
            for file in (root / folder).rglob("*.sql"):
                if "generic" not in file.relative_to(root).parts or key != "test-paths":
                    yield file


def _nearby(top: Path, name: str) -> Path | None:
    """A folder of the checkout with that profile, the nearest to its top."""
    for file in sorted(top.rglob(profiles.FILE), key=lambda each: (len(each.parts), each)):
        with contextlib.suppress(DataopsError):
            return profiles.Profile.read(file.parent, name).folder
    return None


def _versions(adapter: str | None) -> dict[str, str | None]:
    """What a job has to install, each with the version that is installed here; None where it is not."""
    found: dict[str, str | None] = {}
    for name in ("dbt-dataops", "dbt-core", *([f"dbt-{adapter}"] if adapter else [])):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found
