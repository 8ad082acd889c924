"""A workflow file for a CI system: its template, filled in with what was found.

Templates are text with three marks: `%%{name}` is a value; a line that begins with `?name|` is only there where that is
something; a line that begins with `*name|` is there once for each of several values, which it calls `%%{each}`.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path, PurePosixPath
from string import Template

from dataops.adopt.services import SERVICES
from dataops.adopt.survey import Survey
from dataops.config import WORK

_LINE = re.compile(r"(?:(?P<mark>[?*])(?P<fact>[a-z_]+)\|)?(?P<text>.*)")

SECRET_PROFILE = "DBT_PROFILES_YML"  # noqa: S105 - the name of a variable
"""Holds all of profiles.yml, where that is not in the checkout."""

Value = str | tuple[str, ...]


class _Marked(Template):
    """YAML, shells and the systems themselves have `$` for their own use."""

    delimiter = "%%"


def place(survey: Survey, service: str) -> Path:
    """Where the workflow of a CI system is written, relative to the checkout's top."""
    known = SERVICES[service]
    taken = (survey.top / known.file).exists() and known.beside and not _ours(survey.top / known.file)
    return Path((known.beside if taken else known.file).format(name=name(survey)))


def _ours(path: Path) -> bool:
    return "Written by `dataops init`" in path.read_text(encoding="utf-8", errors="replace")


def workflow(survey: Survey, service: str, releases: bool) -> str:
    """The workflow file of a CI system. `releases`: whether `dataops deploy` works on production's warehouse."""
    template = files("dataops.adopt") / "templates" / f"{service}.yml"
    return "".join(f"{line}\n" for line in _filled(template.read_text("utf-8"), _values(survey, service, releases)))


def name(survey: Survey) -> str:
    """What jobs and hooks of a project are called: two projects of one checkout have two names."""
    return "dataops" if survey.inside == "." else f"dataops-{re.sub(r'[^a-zA-Z0-9]+', '-', survey.name).strip('-')}"


def secrets(survey: Survey) -> tuple[str, ...]:
    """The names of the secret variables that a job needs."""
    return (*survey.variables, *(() if survey.profile_is_shared else (SECRET_PROFILE,)))


def _filled(template: str, values: Mapping[str, Value]) -> Iterator[str]:
    for line in template.splitlines():
        found = _LINE.fullmatch(line)
        assert found is not None  # noqa: S101 - it matches any line
        value = values[found["fact"]] if found["mark"] else ("",)
        if found["mark"] == "?":
            value = ("",) if value else ()
        for each in value:
            yield _Marked(found["text"]).substitute(values, each=each)


def _values(survey: Survey, service: str, releases: bool) -> dict[str, Value]:
    inside = survey.inside
    within = PurePosixPath(inside)
    branch = survey.branch
    stored = _stored(survey, within) if releases else ()
    target = shlex.quote(survey.production or "prod")
    return {
        "name": name(survey),
        "branch": branch,
        "base": shlex.quote(f"origin/{branch}"),
        "refspec": shlex.quote(f"+refs/heads/{branch}:refs/remotes/origin/{branch}"),
        "folder": "" if inside == "." else inside,
        "inside": inside,
        "quoted": shlex.quote(inside),
        "file": place(survey, service).as_posix(),
        "work": (within / WORK.as_posix()).as_posix(),
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "install": " ".join(map(shlex.quote, survey.installs)),
        "profiles": profiles(survey),
        "secret": "" if survey.profile_is_shared else SECRET_PROFILE,
        "secrets": secrets(survey),
        "variables": survey.variables,
        "packages": "yes" if survey.packages else "",
        "state": "yes" if stored else "",
        "stored": stored,
        "deploy": "dataops deploy" if releases else f"dataops build --target {target}",
    }


def profiles(survey: Survey) -> str:
    """The folder of profiles.yml relative to the project, where it is not found without being named."""
    folder = survey.profiles_dir
    if folder is None or not survey.profile_is_shared or folder in (survey.root, survey.root / "profiles"):
        return ""
    return PurePosixPath(*_up(survey.root, folder)).as_posix()


def _up(start: Path, folder: Path) -> Iterator[str]:
    """The steps from one folder of a checkout to another."""
    shared = next(each for each in (start, *start.parents) if folder.is_relative_to(each))
    yield from [".."] * len(start.relative_to(shared).parts)
    yield from folder.relative_to(shared).parts


def _stored(survey: Survey, within: PurePosixPath) -> tuple[str, ...]:
    """What has to outlive a job: the state of releases, and production itself where that is a file of the project."""
    found = [within / ".dataops" / "state"]
    if survey.database_here:
        database = within / survey.database_here
        found += [database, database.parent / ".dataops"]
    outer = [each for each in found if not any(each != other and each.is_relative_to(other) for other in found)]
    return tuple(dict.fromkeys(each.as_posix() for each in outer))
