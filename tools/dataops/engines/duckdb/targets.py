"""Production's DuckDB file with what is attached to it, and the other files that a project is built in beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dataops.config import WORK
from dataops.project import databases
from dataops.project.databases import Attached
from dataops.project.profiles import Target
from dataops.project.session import Project
from dataops.project.targets import Targets

ADAPTER = "duckdb"


@dataclass(frozen=True)
class FileTargets(Targets):
    """Production in a DuckDB file, and a change in another.

    `database`: production's file; `ci_database`: the one that `ci` builds and may delete. `name`, `ci_name`: what SQL
    calls the two; `attached`: the further databases of production's target, `ci_attached` those of the change's.
    """

    database: Path
    ci_database: Path
    name: str
    ci_name: str
    attached: tuple[Attached, ...] = ()
    ci_attached: tuple[Attached, ...] = ()

    @property
    def ci_files(self) -> dict[str, Path]:
        """The change's own DuckDB files by their names in SQL: one in place of each database that it might write to."""
        moved = (name for _, name in self.parsing.moves)
        return {name: self.ci_database.with_name(f"{name}.duckdb") for name in (self.ci_name, *moved)}


def resolve(project: Project, production: Target, credentials: Any, named_ci: str | None) -> FileTargets:
    """Decide where a change is built. `named_ci`: the profile's own target for pull requests, if it has one.

    Raises:
        SettingsError: production is no file, or one whose name dbt-duckdb or DuckDB cannot work with.
    """
    profile = project.profile
    database, name = databases.production_file(project.root, production.name, credentials)
    others = databases.attached(project.root, credentials)
    source, ci_name, own, ci_others = production.name, named_ci or "ci", f"{name}_ci", others
    if named_ci is not None:
        source = named_ci
        theirs = project.credentials(profile.target(named_ci))
        ci_others = databases.attached(project.root, theirs)
        if not (str(theirs.path).startswith(":memory:") or databases.is_remote(str(theirs.path))):
            own = databases.production_file(project.root, named_ci, theirs)[1]
    taken = {name.lower(), *(each.name.lower() for each in (*others, *ci_others))}
    own = _free(own, taken)
    # What names a database of production's is built in one of the change's own. A file that only the target for pull
    # requests names is theirs to write to.
    served = {_real(database), *(_real(each.file) for each in others)}
    theirs_alone = {each.name for each in ci_others if each.file is not None and _real(each.file) not in served}
    moves = {name: own}
    for each in (*others, *ci_others):
        if each.name not in theirs_alone and each.name not in moves:
            moves[each.name] = _free(f"{each.name}_ci", taken)
    # Relative to the project: an absolute path would make dbt discard a parse from any other folder.
    path = WORK / "ci" / f"{own}.duckdb"
    (project.root / path).parent.mkdir(parents=True, exist_ok=True)
    parsing = profile.pointed(source, ci_name, {"path": str(path)}, project.root / WORK / "profiles" / "ci")
    moved = replace(parsing, moves=tuple(moves.items()))
    return FileTargets(ADAPTER, production, moved, database, project.root / path, name, own, others, ci_others)


def _free(name: str, taken: set[str]) -> str:
    """A name that nothing else has; it is taken then."""
    while name.lower() in taken:
        name = f"{name}_ci"
    taken.add(name.lower())
    return name


def beside(
    project: Project, targets: FileTargets, attach_production: bool, copies: Mapping[str, Path] | None = None
) -> Target:
    """The target in which `ci` runs: its own files, with production's attached under their own names, read-only.

    `copies` are attached, by name, in place of databases that something in the run itself writes to.
    """
    name = targets.parsing.name
    source = name if name in project.profile.outputs else targets.production.name
    written = project.profile.outputs[source].get("attach")
    theirs = frozenset(each.name for each in targets.ci_attached) - {moved for moved, _ in targets.parsing.moves}
    attach = databases.attachments(written, targets.ci_attached, copies or {}, theirs)
    for other, file in targets.ci_files.items():
        if other != targets.ci_name:
            attach.append(databases.entry(file, other, read_only=False))
    if attach_production:
        attach.append(databases.entry(targets.database, targets.name, read_only=True))
    changes: dict[str, Any] = {"path": str(targets.ci_database), "attach": attach}
    beside = project.profile.pointed(source, name, changes, project.root / WORK / "profiles" / "run")
    return replace(beside, moves=targets.parsing.moves)


def with_production(project: Project, targets: FileTargets, name: str) -> Target:
    """The target `name` with production attached read-only, for a build that reads production's relations."""
    if name == targets.production.name:
        return project.profile.target(name)
    own = project.credentials(project.profile.target(name))
    if own.type == ADAPTER and _real(databases.on_disk(project.root, str(own.path))) == _real(targets.database):
        # Another schema of production's own file: it is there already.
        return project.profile.target(name)
    written = project.profile.outputs[name].get("attach")
    theirs = databases.attached(project.root, own) if own.type == ADAPTER else ()
    # DuckDB opens a file twice for reading only: no attachment of the user's may hold production for writing.
    writable = frozenset(each.name for each in theirs if each.file and _real(each.file) != _real(targets.database))
    attach = databases.attachments(written, theirs, {}, writable)
    if targets.name not in {each.name for each in theirs}:
        attach.append(databases.entry(targets.database, targets.name, read_only=True))
    return project.profile.pointed(name, name, {"attach": attach}, project.root / WORK / "profiles" / "deferring")


def in_file(project: Project, targets: FileTargets, database: Path, copies: Mapping[str, Path]) -> Target:
    """Production's target with another DuckDB file of the same name, so that relations keep their full names.

    Of what it attaches, `copies` take the place of what this release writes to; the rest is read-only.
    """
    target = targets.production
    folder = project.root / WORK / "profiles" / "next"
    changes: dict[str, Any] = {"path": str(database)}
    if targets.attached:
        written = project.profile.outputs[target.name].get("attach")
        changes["attach"] = databases.attachments(written, targets.attached, copies)
    return project.profile.pointed(target.name, target.name, changes, folder)


def _real(path: Path | None) -> str:
    """A file's one name, whichever links, relative paths and spellings lead to it."""
    if path is None:
        return ""
    try:
        facts = path.stat()
    except OSError:
        return str(path.resolve())
    return f"{facts.st_dev}:{facts.st_ino}"
