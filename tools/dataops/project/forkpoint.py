"""An earlier revision made from the parse of this one: laid out as far as git says that it differs, and no further.

Only where all that dbt reads is in git's sight, and what it reads first (settings, packages, profile) is the same.
Otherwise there is nothing nearby, and the revision has to be laid out whole.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dataops.environment import git
from dataops.errors import GitError
from dataops.project import env_file, packages, profiles
from dataops.project.differing import reading
from dataops.project.invocation import Parsed
from dataops.project.session import Project
from dataops.project.targets import Targets

_FIRST = (
    "dbt_project.yml",
    "packages.yml",
    "dependencies.yml",
    "vars.yml",
    "catalogs.yml",
    "selectors.yml",
    ".dbtignore",
)
"""What dbt reads before anything else, in the project's folder."""

_LOCK = "package-lock.yml"

_OSI = ("osi", "OSI")
"""Where dbt looks for models of other tools, as JSON, unless it is told where. It reads them anew each time."""


@dataclass(frozen=True)
class Difference:
    """`laid`: what to lay out of a revision, relative to the checkout's top. `named`: which files are not as they are
    here, relative to the project; those that only one side has are among them.
    """

    laid: frozenset[str]
    named: frozenset[str]


@dataclass(frozen=True)
class Sight:
    """What git knows of a commit beside this checkout. `whole`: all that dbt reads of the commit is in the commit.

    `difference`: how it differs, where that is an ordinary change.
    """

    whole: bool
    difference: Difference | None = None


def look(project: Project, targets: Targets, head: Parsed, commit: str) -> Sight:
    """What of the project differs from a commit."""
    try:
        return _look(project, targets, head, commit)
    except GitError:
        # What git refuses, it refuses where all is laid out, too.
        return Sight(whole=False)


def _look(project: Project, targets: Targets, head: Parsed, commit: str) -> Sight:
    top = git.top(project.root).resolve()
    inside = project.root.relative_to(top)
    folders = _folders(project.root, inside)
    if folders is None or project.profile.output(targets.production.name).get("module_paths"):
        return Sight(whole=False)
    profile = project.profiles_dir / profiles.FILE
    first = {str(inside / name) for name in _FIRST if (project.root / name).exists()}
    if profile.is_relative_to(top):
        first.add(str(profile.relative_to(top)))
    watched = {*first, *(str(inside / name) for name in (*_FIRST, _LOCK))}
    found = git.changes(project.root, commit, sorted({*folders, *watched, *(str(inside / name) for name in _OSI)}))
    if found is None:
        return Sight(whole=False)
    files = [each for each in head.manifest.files.values() if each.project_name == project.name]
    here = {os.path.normpath(inside / each.original_file_path) for each in files}
    ordinary = (
        first <= found.files
        and not any(path in watched or Path(path).name == ".gitattributes" for path in found.other)
        and not any(path.endswith(".json") for path in (*found.files, *here))
        and not env_file.moved(project.root, commit)
        and _same_packages(project.root, top, commit)
    )
    if not ordinary:
        return Sight(whole=True)
    laid = {*(found.other & found.files), *first, *({str(inside / _LOCK)} & found.files)}
    other = {*found.other, *(here - found.files)}
    return Sight(True, Difference(frozenset(laid), frozenset(os.path.relpath(path, inside) for path in other)))


def _folders(root: Path, inside: Path) -> set[str] | None:
    """The folders in which dbt reads the project's files, relative to the top; None where one of them is elsewhere."""
    document = {str(key).replace("_", "-"): value for key, value in packages.document(root).items()}
    named = {key: value for key, value in document.items() if key.endswith("-paths")}
    written = [each for value in named.values() for each in (value if isinstance(value, list) else [value])]
    written += [usual for key, usual in packages.PATHS.items() if usual and key not in named]
    if any(not isinstance(each, str) or "{" in each for each in written):
        return None
    found = {os.path.normpath(inside / each) for each in written}
    return None if any(each.startswith(os.pardir) or Path(each).is_absolute() for each in found) else found


def _same_packages(root: Path, top: Path, commit: str) -> bool:
    """Whether all packages that are installed here are those of a commit which asks for the same ones."""
    found = packages.installed(root)
    local = {place.resolve() for place in packages.local(root)}
    there = {path.resolve() for path in found.values()}
    if not local <= there:
        return False
    for path in found.values():
        place = path.resolve()
        own = path.is_symlink() or place in local or git.holds(root, os.path.relpath(path, root))
        if own and not (place.is_relative_to(top) and git.same(root, commit, [os.path.relpath(place, root)])):
            return False
    return True


@contextmanager
def parsed(
    project: Project, targets: Targets, head: Parsed, commit: str, what: Difference
) -> Iterator[tuple[Project, Parsed]]:
    """The project at a commit, parsed from the parse of `head`, which is its cache's.

    Raises:
        DataopsError, OSError: it cannot be, this way.
    """
    with git.laid_out(project.root, commit, what.laid) as tree:
        _link(packages.installed(project.root), tree.folder / packages.install_path(project.root))
        earlier = project.at(tree.folder)
        cache = tree.folder / head.cache.relative_to(project.root)
        cache.parent.mkdir(parents=True, exist_ok=True)
        cache.symlink_to(head.cache)
        with earlier.entered(), reading(tree.folder, what.named, project.root):
            found = earlier.parse(targets.parsing)
        for node in found.manifest.nodes.values():
            own = node.resource_type == "seed" and node.package_name == project.name
            if own and not (tree.folder / node.original_file_path).is_file():
                node.root_path = str(project.root)
        yield earlier, found


def _link(installed: dict[str, Path], folder: Path) -> None:
    for name, path in installed.items():
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / name).exists():
            (folder / name).symlink_to(path.resolve(), target_is_directory=True)
