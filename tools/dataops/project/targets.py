"""The three places a project is built in: production, a pull request's own, and the next release beside production."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataops.config import WORK, Settings
from dataops.errors import SettingsError
from dataops.project.profiles import Target
from dataops.project.session import Project

DUCKDB = "duckdb"


@dataclass(frozen=True)
class Targets:
    """Where production is and where a change is built.

    `database`: production's DuckDB file, None on a warehouse. `parsing`: the change's target while parsing;
    `ci_database`: the DuckDB file that `ci` builds and may delete.
    """

    adapter: str
    production: Target
    database: Path | None
    parsing: Target
    ci_database: Path | None


def production_target(project: Project, settings: Settings, named: str | None) -> Target:
    """Production's target: as the command line names it, as the settings do, else by its usual name."""
    usual = "prod" if "prod" in project.profile.outputs else project.default_target
    return project.profile.target(named or settings.production.target or usual)


def resolve(project: Project, settings: Settings, named: str | None) -> Targets:
    """Decide both targets from the settings, the profile, and the name that the user gave production's target.

    Raises:
        SettingsError: production is an in-memory database, or a warehouse has no target of its own for `ci`.
    """
    profile = project.profile
    production = production_target(project, settings, named)
    ci_name = settings.ci.target or ("ci" if "ci" in profile.outputs else None)
    if ci_name == production.name:
        if settings.ci.target:
            raise SettingsError(
                f"production and ci are the same target `{ci_name}`", "name two different targets in dataops.yml"
            )
        ci_name = None
    credentials = project.credentials(production)
    if credentials.type != DUCKDB:
        if ci_name is None:
            raise SettingsError(
                f"profile `{profile.name}` has no target for pull requests",
                f"add a target `ci` with a schema of its own to {project.profiles_dir / 'profiles.yml'}",
            )
        return Targets(credentials.type, production, None, profile.target(ci_name), None)
    database = _file(project, production, credentials)
    if ci_name is None:
        source, stem = production.name, f"{database.stem}_ci"
    else:
        source, stem = (
            ci_name,
            _file(project, profile.target(ci_name), project.credentials(profile.target(ci_name))).stem,
        )
        if stem == database.stem:
            stem = f"{stem}_ci"
    # Relative to the project: an absolute path would make dbt discard a parse from any other folder.
    own = WORK / "ci" / f"{stem}.duckdb"
    (project.root / own).parent.mkdir(parents=True, exist_ok=True)
    parsing = profile.pointed(source, ci_name or "ci", {"path": str(own)}, project.root / WORK / "profiles" / "ci")
    return Targets(DUCKDB, production, database, parsing, project.root / own)


def beside(project: Project, targets: Targets, attach_production: bool) -> Target:
    """The target in which `ci` runs: its own file, with production attached read-only under its own name."""
    if targets.database is None or targets.ci_database is None:
        return targets.parsing
    name = targets.parsing.name
    source = name if name in project.profile.outputs else targets.production.name
    changes: dict[str, Any] = {"path": str(targets.ci_database)}
    if attach_production:
        changes["attach"] = _attached(project, source, targets.database)
    return project.profile.pointed(source, name, changes, project.root / WORK / "profiles" / "run")


def with_production(project: Project, targets: Targets, name: str) -> Target:
    """The target `name` with production attached read-only, for a build that reads production's relations."""
    if targets.database is None or name == targets.production.name:
        return project.profile.target(name)
    own = project.credentials(project.profile.target(name))
    if own.type == DUCKDB and (project.root / str(own.path)).resolve() == targets.database.resolve():
        # Another schema of production's own file: it is there already.
        return project.profile.target(name)
    changes = {"attach": _attached(project, name, targets.database)}
    return project.profile.pointed(name, name, changes, project.root / WORK / "profiles" / "deferring")


def _attached(project: Project, source: str, database: Path) -> list[Any]:
    production = {"path": str(database), "alias": database.stem, "read_only": True}
    return [*(project.profile.outputs[source].get("attach") or []), production]


def in_file(project: Project, target: Target, database: Path) -> Target:
    """`target` with another DuckDB file of the same name, so that relations keep their full names."""
    folder = project.root / WORK / "profiles" / "next"
    return project.profile.pointed(target.name, target.name, {"path": str(database)}, folder)


def _file(project: Project, target: Target, credentials: Any) -> Path:
    path = str(credentials.path)
    if path == ":memory:" or "://" in path or path.startswith("md:"):
        raise SettingsError(
            f"target `{target.name}` is {path}, not a DuckDB file",
            "give it a `path:` on disk, or name another target in dataops.yml",
        )
    return project.root / path
