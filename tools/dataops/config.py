"""The tool's settings for one project: `dataops.yml` beside `dbt_project.yml`. Every key is optional."""

from __future__ import annotations

import difflib
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any

import yaml

from dataops.errors import SettingsError

FILE = "dataops.yml"

WORK = Path("target") / "dataops"
"""Everything the tool writes for one checkout, relative to the project; `dbt clean` removes it too."""


@dataclass(frozen=True)
class Production:
    """Where production lives. `target`: dbt target; default `prod` if the profile has it, else its default target."""

    target: str | None = None


@dataclass(frozen=True)
class Ci:
    """Where pull requests are built. `target`: dbt target; default `ci` if the profile has it."""

    target: str | None = None


@dataclass(frozen=True)
class Lint:
    """`blocking`: whether findings fail `dataops ci` (exit code 1) or are only shown."""

    blocking: bool = True


@dataclass(frozen=True)
class Releases:
    """`keep`: how many superseded releases stay on disk for `dataops rollback`."""

    keep: int = 5


@dataclass(frozen=True)
class Settings:
    """All settings of a project. `state`: folder (relative to the project) or fsspec URL of production's state."""

    state: str = ".dataops/state"
    production: Production = field(default_factory=Production)
    ci: Ci = field(default_factory=Ci)
    lint: Lint = field(default_factory=Lint)
    releases: Releases = field(default_factory=Releases)


_TYPES: dict[str, type] = {"str": str, "str | None": str, "bool": bool, "int": int}


def load(project_dir: Path) -> Settings:
    """Read `dataops.yml` of a project; the defaults when there is none.

    Raises:
        SettingsError: the file is not YAML, or has an unknown key or a value of the wrong type.
    """
    path = project_dir / FILE
    if not path.exists():
        return Settings()
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"{FILE} is not valid YAML: {error}", f"mend {path}") from error
    settings: Settings = _read(Settings, raw, path, prefix="")
    if settings.releases.keep < 1:
        raise SettingsError(
            f"{FILE}: releases.keep is {settings.releases.keep}", "keep at least 1, the release that a rollback needs"
        )
    return settings


def _read(kind: type[Any], raw: Any, path: Path, prefix: str) -> Any:
    """One section of the file as its dataclass, refusing what is unknown or mistyped."""
    if not isinstance(raw, dict):
        raise SettingsError(
            f"{FILE}: {prefix.rstrip('.') or 'the file'} must be a mapping", f"write `key: value` lines in {path}"
        )
    known = {each.name: each for each in fields(kind)}
    values: dict[str, Any] = {}
    for key, value in raw.items():
        if key not in known:
            close = difflib.get_close_matches(str(key), known, 1)
            hint = f"did you mean `{close[0]}`? " if close else ""
            raise SettingsError(f"{FILE}: unknown key `{prefix}{key}`", f"{hint}known here: {', '.join(sorted(known))}")
        section: Any = known[key].default_factory
        if section is not MISSING:
            values[key] = _read(section, value if value is not None else {}, path, f"{prefix}{key}.")
            continue
        wanted = _TYPES[str(known[key].type)]
        if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            raise SettingsError(
                f"{FILE}: `{prefix}{key}` is {value!r}, not {wanted.__name__}", f"mend the value in {path}"
            )
        values[key] = value
    return kind(**values)
