"""The tool's settings for one project: `dataops.yml` beside `dbt_project.yml`. Every key is optional."""

from __future__ import annotations

import difflib
import re
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any

import yaml

from dataops.errors import SettingsError

FILE = "dataops.yml"

PARSERS = ("auto", "dbt", "v2")

WORK = Path("target") / "dataops"
"""Everything the tool writes for one checkout, relative to the project; `dbt clean` removes it too."""


@dataclass(frozen=True)
class Production:
    """Where production lives. `target`: dbt target; default `prod` if the profile has it, else its default target.

    `requires`: names of environment variables without which nothing is built there: secrets that have no default.
    """

    target: str | None = None
    requires: tuple[str, ...] = ()


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
class Rule:
    """What a difference may be. `models`: a name or pattern of names, `path:FOLDER` or `tag:NAME`; `columns`: names.

    Limits are a number or a share such as `0.1%`: at most so many rows `removed`, `added`, `modified`; a column's
    `total` (sum), `mean` and `nulls` may differ by so much; at least a share `match` of its values agree.
    `severity`: `error` stands in the change's way, `warn` is only shown.
    """

    name: str = ""
    models: str = "*"
    columns: str = "*"
    removed: str | None = None
    added: str | None = None
    modified: str | None = None
    total: str | None = None
    mean: str | None = None
    nulls: str | None = None
    match: str | None = None
    severity: str = "error"


@dataclass(frozen=True)
class Diff:
    """How data is compared. Tolerances and what is ignored of text: see `diff.columns.Tolerance`.

    `samples`: rows shown of each kind. `sampled_above`: larger relations are compared on a share of their rows.
    `rules` are held against each difference.
    """

    relative_tolerance: float = 1e-9
    absolute_tolerance: float = 1e-12
    ignore_case: bool = False
    ignore_space: bool = False
    samples: int = 5
    sampled_above: int = 500_000_000
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class Reaction:
    """What a failure leads to. `tests`: a name or pattern of tests' names, `build` for a node that cannot be built.

    `models`: as in `Rule`. `severity`: which results it speaks of, `error` those that fail, `warn` those that warn.
    `action`: `alert`, or `pause` what the test is about. `resume_after`: so many passes in a row end the pause.
    """

    action: str = "alert"
    tests: str = "*"
    models: str = "*"
    severity: str = "error"
    resume_after: int = 0


@dataclass(frozen=True)
class Breaker:
    """What failures lead to: of `rules`, the first that speaks of a failure. With none, an error alerts."""

    rules: tuple[Reaction, ...] = ()


@dataclass(frozen=True)
class Report:
    """Where `dataops report --send` sends to. Secrets are environment variables, never settings.

    `s3_endpoint`: of a store that is not AWS. `website`: also write the page as `index.html` of its bucket.
    """

    slack_channel: str | None = None
    s3_bucket: str | None = None
    s3_endpoint: str | None = None
    gcs_bucket: str | None = None
    azure_container: str | None = None
    website: bool = False


@dataclass(frozen=True)
class History:
    """`keep_days`: what `dataops history expire` leaves. `samples`: failing rows that are kept of a test."""

    keep_days: int = 180
    samples: int = 5


@dataclass(frozen=True)
class Alert:
    """Whom `dataops alert` tells. `to`: names of environment variables that hold apprise URLs, which are secrets.

    `site`: the address of the site, for links.
    """

    to: tuple[str, ...] = ()
    site: str | None = None


@dataclass(frozen=True)
class Settings:
    """All settings of a project. `state`: folder (relative to the project) or fsspec URL of production's state.

    `parser`: who reads a project anew, `auto`, `dbt` or `v2` (docs/dbt-2.md).
    """

    state: str = ".dataops/state"
    parser: str = "auto"
    production: Production = field(default_factory=Production)
    ci: Ci = field(default_factory=Ci)
    lint: Lint = field(default_factory=Lint)
    releases: Releases = field(default_factory=Releases)
    diff: Diff = field(default_factory=Diff)
    breaker: Breaker = field(default_factory=Breaker)
    report: Report = field(default_factory=Report)
    history: History = field(default_factory=History)
    alert: Alert = field(default_factory=Alert)


_TYPES: dict[str, type] = {"str": str, "str | None": str, "bool": bool, "int": int, "float": float}
_LISTS: dict[str, type] = {"tuple[Rule, ...]": Rule, "tuple[Reaction, ...]": Reaction, "tuple[str, ...]": str}


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
    if settings.diff.samples < 0 or settings.diff.sampled_above < 1:
        raise SettingsError(
            f"{FILE}: diff.samples or diff.sampled_above is too small", "0 samples, 1 row are the least"
        )
    if settings.history.keep_days < 1 or settings.history.samples < 0:
        raise SettingsError(
            f"{FILE}: history.keep_days or history.samples is too small", "1 day, 0 samples are the least"
        )
    if settings.parser not in PARSERS:
        raise SettingsError(f"{FILE}: parser is {settings.parser!r}", f"write one of {', '.join(PARSERS)}")
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
        if str(known[key].type) in _LISTS:
            values[key] = _listed(_LISTS[str(known[key].type)], value, path, f"{prefix}{key}")
            continue
        wanted = _TYPES[str(known[key].type)]
        if wanted is float and isinstance(value, int | float | str) and not isinstance(value, bool):
            values[key] = _number(value, f"{prefix}{key}", path)
            continue
        if prefix.startswith("diff.rules") and isinstance(value, int | float) and not isinstance(value, bool):
            # A limit of 0 is a number to YAML, one of 0.1% is text.
            values[key] = str(value)
            continue
        if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            raise SettingsError(
                f"{FILE}: `{prefix}{key}` is {value!r}, not {wanted.__name__}", f"mend the value in {path}"
            )
        values[key] = value
    return kind(**values)


def _listed(kind: type[Any], value: Any, path: Path, name: str) -> tuple[Any, ...]:
    if kind is str:
        return _variables(value, path, name)
    if not isinstance(value, list):
        raise SettingsError(f"{FILE}: `{name}` must be a list", f"write `- key: value` items in {path}")
    return tuple(_read(kind, each, path, f"{name}[{at}].") for at, each in enumerate(value))


def _variables(value: Any, path: Path, name: str) -> tuple[str, ...]:
    """Names of environment variables. What is none is not shown: it may be the secret that belongs into one."""
    names = value if isinstance(value, list) else [None]
    if not all(isinstance(each, str) and re.fullmatch(r"[A-Za-z_]\w*", each, re.ASCII) for each in names):
        raise SettingsError(
            f"{FILE}: `{name}` must be a list of names of environment variables",
            f"put each URL into a variable and its name into {path}, as in `to: [ALERT_MAIL]`",
        )
    return tuple(names)


def _number(value: float | str, key: str, path: Path) -> float:
    """A number, which YAML reads as text when it is written like 1e-9."""
    try:
        return float(value)
    except ValueError as error:
        raise SettingsError(f"{FILE}: `{key}` is {value!r}, not a number", f"mend the value in {path}") from error
