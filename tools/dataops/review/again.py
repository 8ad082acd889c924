"""The answer of lint and of check once more, without dbt, for a checkout in which nothing has moved since it was given.

Kept under a digest of all that the answer rests on: the commit that is checked out and the content of each file that
differs from it, what it is compared with, installed packages, profile, lint settings, options, the environment, and the
version of everything that is installed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from hashlib import blake2b
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import yaml

from dataops import config
from dataops.check import findings as check
from dataops.check.findings import Checked
from dataops.config import WORK
from dataops.environment import git
from dataops.errors import DataopsError
from dataops.lint.findings import Finding, Linted
from dataops.plan.untouched import FILES, Given, inputs
from dataops.project import env_file, packages, profiles
from dataops.project.jinja import ANY_MACRO, GRAPH, INTROSPECTIVE, VOLATILE
from dataops.store.memory import keep, recall
from dataops.store.state import State

if TYPE_CHECKING:
    from dataops.plan.planning import Planned
    from dataops.project.session import Project

T = TypeVar("T", Linted, Checked)

MOST = 50
_SETTINGS = (".sqlfluff", ".sqlfluffignore", "setup.cfg", "tox.ini", "pep8.ini", "pyproject.toml")
_ELSEWHERE = ("~", "~/.config/sqlfluff", "~/Library/Application Support/sqlfluff")
_OF_SHELLS = frozenset({"_", "SHLVL", "OLDPWD", "PWD", "COLUMNS", "LINES", "TERM", "COLORTERM", "WINDOWID", "NO_COLOR"})
"""Variables of the environment that are others in each shell, and that no Jinja of a sound mind reads."""
_MOVING = VOLATILE | INTROSPECTIVE | GRAPH | ANY_MACRO


def key(given: Given) -> str | None:
    """The digest; None where that cannot be told here."""
    try:
        env_file.load()
        paths = [*inputs(given)]
        top = git.top(given.root).resolve()
        if not paths or any(not (given.root / path).resolve().is_relative_to(top) for path in paths):
            return None
        head = git.revision(given.root)
        base = _base(given)
        differing = git.differing(given.root, "HEAD", [*paths, *given.beside])
        if head is None or base is None or differing is None:
            return None
        if any((given.root / each).is_symlink() or (given.root / each).is_dir() for each in differing):
            # What is behind a link, or in a repository of its own, git does not tell.
            return None
        parts = [
            head.removesuffix("-dirty"),
            [base, given.base, given.state],
            [(each, _content(given.root / each)) for each in sorted(differing)],
            packages.content(given.root / packages.install_path(given.root)),
            [(str(each), _content(each)) for each in _beside(given)],
            {name: str(value) for name, value in sorted(given.options.items())},
            {name: value for name, value in sorted(os.environ.items()) if name not in _OF_SHELLS},
            sorted(f"{each.name}=={each.version}" for each in distributions()),
        ]
        return blake2b(json.dumps(parts).encode("utf-8", "backslashreplace"), digest_size=20).hexdigest()
    except (DataopsError, OSError, ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError):
        # Whatever is wrong is told by the ordinary way, which looks closer.
        return None


@dataclass(frozen=True)
class Answers(Generic[T]):
    """The last answers of a command: where they are kept, and what makes one of its JSON."""

    place: Path
    restored: Callable[[dict[str, Any]], T]

    def once(self, given: Given, ask: Callable[[], tuple[T, bool]]) -> T:
        """What was said, if nothing has moved since; else what `ask` says now, kept for the next time if that lasts."""
        if not (given.root / FILES[0]).is_file():
            return ask()[0]
        here = Path.cwd()
        os.chdir(given.root)
        try:
            before = key(given)
            if before is not None and (said := self.recall(given.root, before)) is not None:
                return said
        finally:
            os.chdir(here)
        now, lasts = ask()
        if lasts and before is not None and before == key(given):
            self._keep(given.root, before, now)
        return now

    def recall(self, root: Path, key: str) -> T | None:
        """What was said under this digest; None where nothing was."""
        try:
            return self.restored(recall(root / self.place)[key])
        except (TypeError, KeyError, ValueError):
            return None

    def _keep(self, root: Path, key: str, said: T) -> None:
        found = recall(root / self.place)
        known: dict[str, Any] = found if isinstance(found, dict) else {}
        known.pop(key, None)
        keep(root / self.place, json.dumps(dict([*known.items(), (key, asdict(said))][-MOST:])))


def _linted(said: dict[str, Any]) -> Linted:
    findings = tuple(Finding(**each) for each in said["findings"])
    skipped = tuple((file, why) for file, why in said["skipped"])
    return Linted(tuple(said["files"]), findings, skipped, known=int(said["known"]))


def _checked(said: dict[str, Any]) -> Checked:
    findings = tuple(check.Finding(**each) for each in said["findings"])
    excepted = tuple(check.Excepted(**each) for each in said["excepted"])
    return Checked(**{**said, "findings": findings, "excepted": excepted})


LINT = Answers(WORK / "lint-again.json", _linted)
CHECK = Answers(WORK / "check-again.json", _checked)


def lasting(planned: Planned, linted: Linted) -> bool:
    """Whether nothing but what the digest holds decides what dbt makes of the files that were linted."""
    files, nodes = set(linted.files), planned.head.manifest.nodes.items()
    reads = planned.comparison.dependencies
    return not any(reads.text(uid).flags & _MOVING for uid, node in nodes if node.original_file_path in files)


def lasting_conventions(project: Project, manifest: Any, checked: Checked) -> bool:
    """Whether nothing but what the digest holds decides what the rules were told, and what they say to it."""
    from dataops.check.own import contained
    from dataops.project import moment

    return (
        not checked.unread
        and contained(project.root)
        and moment.configured(project, manifest)
        and moment.told(manifest)
    )


def _base(given: Given) -> str | None:
    if given.base is not None:
        return git.fork_point(given.root, given.base)
    location = given.state or config.load(given.root).state
    return None if (given.root / location / "manifest.json").exists() else State(location).current()


def _beside(given: Given) -> Iterator[Path]:
    """Files outside of what dbt reads of the project: the profile, and where sqlfluff looks for its settings."""
    named = given.options.get("profiles_dir")
    yield profiles.find(given.root, Path(named) if named else None) / profiles.FILE
    for folder in (given.root, *given.root.parents, *(Path(each).expanduser() for each in _ELSEWHERE)):
        for name in _SETTINGS:
            yield folder / name


def _content(place: Path) -> str | None:
    try:
        return blake2b(place.read_bytes(), digest_size=16).hexdigest()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return None
