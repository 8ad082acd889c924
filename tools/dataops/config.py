"""The tool's settings for one project: `dataops.yml` beside `dbt_project.yml`. Every key is optional.

The classes below are what the file may hold: pydantic reads it by them, and makes of them the schema that editors use,
in which the text under a key is its description.
"""

from __future__ import annotations

import json
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, get_args

import yaml
from annotated_types import Ge

from dataops.errors import SettingsError
from dataops.notation import NULLABLE, Mistakes, limit, line_of, number, rule_setting, variables

FILE = "dataops.yml"

Parser = Literal["auto", "dbt", "v2"]
PARSERS: tuple[Parser, ...] = get_args(Parser)

Severity = Literal["error", "warn"]
"""dbt's words for how much a failing test matters."""

Number = Annotated[float, number]
Limit = Annotated[str | None, limit]
Variables = Annotated[tuple[str, ...], variables]

WORK = Path("target") / "dataops"
"""Everything the tool writes for one checkout, relative to the project; `dbt clean` removes it too."""


_DESCRIBED = "use_attribute_docstrings"


class _Closed:
    """What pydantic is told of every section: no other keys, no other types."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "strict": True, _DESCRIBED: False}


@dataclass(frozen=True)
class Production(_Closed):
    """Where production lives."""

    target: str | None = None
    """dbt's target of production. Not set: `prod` if the profile has it, else the profile's default target."""
    requires: Variables = ()
    """Names of environment variables without which nothing is built in production: secrets that have no default."""
    release_every_hours: Annotated[int, Ge(1)] | None = None
    """How often a release is due; `dataops status` calls production late without one. Not set: none is due."""


@dataclass(frozen=True)
class Ci(_Closed):
    """Where pull requests are built."""

    target: str | None = None
    """dbt's target of pull requests. Not set: `ci` if the profile has it."""


@dataclass(frozen=True)
class Lint(_Closed):
    """How lint counts."""

    blocking: bool = True
    """Whether lint findings fail `dataops ci` (exit code 1), or are only shown."""


Preset = Literal["light", "standard", "strict"]


@dataclass(frozen=True)
class Layers(_Closed):
    """Which folders hold which layer of models."""

    staging: tuple[str, ...] = ("staging",)
    """Folders of models that read sources, one each."""
    intermediate: tuple[str, ...] = ("intermediate",)
    """Folders of models on the way."""
    marts: tuple[str, ...] = ("marts",)
    """Folders of models that people read."""


@dataclass(frozen=True)
class Checks(_Closed):
    """Which conventions hold; docs/check.md lists the rules."""

    preset: Preset = "light"
    """How many rules hold, and how strictly: `light`, `standard` or `strict`."""
    layers: Annotated[Layers, NULLABLE] = field(default_factory=Layers)
    """Folders whose models make a layer, wherever they are in the project."""
    rules: dict[str, Annotated[dict[str, Any], rule_setting]] = field(default_factory=dict)
    """Single rules by name: `off`, `warn`, `error`, or their parameters with a `severity`."""


@dataclass(frozen=True)
class Releases(_Closed):
    """What is kept of releases."""

    keep: Annotated[int, Ge(1)] = 5
    """How many replaced releases stay on disk for `dataops rollback`."""
    hold_hours: Annotated[int, Ge(1)] = 48
    """For how long a release that `dataops deploy --hold` made can be published."""


@dataclass(frozen=True)
class Rule(_Closed):
    """What a difference may be. Limits are a number, or a share such as `0.1%`."""

    name: str = ""
    """What the rule is called where it is broken."""
    models: str = "*"
    """Which models: a name or a pattern of names, `path:FOLDER` or `tag:NAME`."""
    columns: str = "*"
    """Which columns: a name or a pattern of names."""
    removed: Limit = None
    """At most so many rows are removed."""
    added: Limit = None
    """At most so many rows are added."""
    modified: Limit = None
    """At most so many rows are modified."""
    total: Limit = None
    """By so much a column's sum may differ."""
    mean: Limit = None
    """By so much a column's mean may differ."""
    nulls: Limit = None
    """By so much a column's number of nulls may differ."""
    match: Limit = None
    """At least this share of a column's values agree."""
    severity: Severity = "error"
    """`error` stands in the change's way, `warn` is only shown."""


@dataclass(frozen=True)
class Diff(_Closed):
    """How data is compared."""

    relative_tolerance: Number = 1e-9
    """Floats are the same within this share of the larger magnitude, or within `absolute_tolerance`."""
    absolute_tolerance: Number = 1e-12
    """Floats are the same within this difference, or within `relative_tolerance`."""
    ignore_case: bool = False
    """Whether text is the same although its letter case differs."""
    ignore_space: bool = False
    """Whether text is the same although white space at either end differs."""
    samples: Annotated[int, Ge(0)] = 5
    """How many rows of each kind (added, removed, modified) are shown."""
    sampled_above: Annotated[int, Ge(1)] = 500_000_000
    """Relations of more rows are compared on a share of them."""
    rules: tuple[Rule, ...] = ()
    """What a difference may be; held against each."""


@dataclass(frozen=True)
class Reaction(_Closed):
    """What a failure leads to."""

    action: Literal["alert", "pause"] = "alert"
    """`alert`, or `pause` what the test is about."""
    tests: str = "*"
    """Which tests: a name or a pattern of names, or `build` for a node that cannot be built."""
    models: str = "*"
    """Which models: a name or a pattern of names, `path:FOLDER` or `tag:NAME`."""
    severity: Severity = "error"
    """Which results: `error` those that fail, `warn` those that warn."""
    resume_after: Annotated[int, Ge(0)] = 0
    """So many passes in a row end the pause; 0 for never."""


@dataclass(frozen=True)
class Breaker(_Closed):
    """What failures lead to. With no rule, an error alerts."""

    rules: tuple[Reaction, ...] = ()
    """The first that speaks of a failure counts."""


@dataclass(frozen=True)
class Report(_Closed):
    """Where `dataops report --send` sends the page. Secrets are environment variables, never settings."""

    slack_channel: str | None = None
    """A channel of Slack."""
    s3_bucket: str | None = None
    """A bucket of S3."""
    s3_endpoint: str | None = None
    """The address of an S3 store that is not AWS."""
    gcs_bucket: str | None = None
    """A bucket of Google Cloud Storage."""
    azure_container: str | None = None
    """A container of Azure Blob Storage."""
    website: bool = False
    """Whether the page is also written as the bucket's `index.html`."""


@dataclass(frozen=True)
class History(_Closed):
    """What is kept of what ran."""

    keep_days: Annotated[int, Ge(1)] = 180
    """The days that `dataops history expire` leaves."""
    samples: Annotated[int, Ge(0)] = 5
    """How many failing rows of a test are kept."""


@dataclass(frozen=True)
class Alert(_Closed):
    """Whom `dataops alert` tells."""

    to: Variables = ()
    """Names of environment variables that hold apprise URLs. The URLs are secrets and never stand here."""
    site: str | None = None
    """Where `dataops site` is published, for links."""


@dataclass(frozen=True)
class Orchestrate(_Closed):
    """What orchestrators are told."""

    assets: tuple[str, ...] = ()
    """Models that are assets besides public ones and exposures: names, patterns, `path:FOLDER` or `tag:NAME`."""


@dataclass(frozen=True)
class Settings(_Closed):
    """All settings of a project."""

    state: str = ".dataops/state"
    """Where production's state is kept: a folder, relative to the project, or a URL that fsspec opens."""
    parser: Parser = "auto"
    """Who reads a project of which no earlier parse can be used; docs/dbt-2.md says why."""
    production: Annotated[Production, NULLABLE] = field(default_factory=Production)
    ci: Annotated[Ci, NULLABLE] = field(default_factory=Ci)
    lint: Annotated[Lint, NULLABLE] = field(default_factory=Lint)
    check: Annotated[Checks, NULLABLE] = field(default_factory=Checks)
    releases: Annotated[Releases, NULLABLE] = field(default_factory=Releases)
    diff: Annotated[Diff, NULLABLE] = field(default_factory=Diff)
    breaker: Annotated[Breaker, NULLABLE] = field(default_factory=Breaker)
    report: Annotated[Report, NULLABLE] = field(default_factory=Report)
    history: Annotated[History, NULLABLE] = field(default_factory=History)
    alert: Annotated[Alert, NULLABLE] = field(default_factory=Alert)
    orchestrate: Annotated[Orchestrate, NULLABLE] = field(default_factory=Orchestrate)


def load(project_dir: Path) -> Settings:
    """Read `dataops.yml` of a project; the defaults when there is none.

    Raises:
        SettingsError: the file is not YAML, or has an unknown key or a value that is not as it must be.
    """
    path = project_dir / FILE
    if not path.exists():
        return Settings()
    try:
        text = path.read_text(encoding="utf-8")
        raw = yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"{FILE} is not valid YAML: {error}", f"mend {path}") from error
    if not raw:
        return Settings()
    from pydantic import TypeAdapter, ValidationError  # a tenth of a second, which is nothing without a file

    if isinstance(raw, dict):
        sections = {each.name for each in fields(Settings) if each.default_factory is not MISSING}
        raw = {key: value for key, value in raw.items() if value is not None or key not in sections}
    adapter = TypeAdapter(Settings)
    try:
        # As JSON, whose lists and mappings may be ours; of what JSON has not, no setting is made.
        return adapter.validate_json(json.dumps(raw, default=lambda _: {}))
    except ValidationError as error:
        raise Mistakes(FILE, text, raw, Settings, schema()).first(error.errors(include_url=False)) from None


def line(project_dir: Path, place: tuple[str | int, ...]) -> int:
    """The line of a key in a project's `dataops.yml`, from 1."""
    return line_of((project_dir / FILE).read_text(encoding="utf-8"), place)


def schema() -> dict[str, Any]:
    """The JSON schema of the file: `schemas/settings.json`."""
    from pydantic import TypeAdapter
    from pydantic.json_schema import GenerateJsonSchema

    class Untitled(GenerateJsonSchema):
        """A key is its own title."""

        def field_title_should_be_set(self, schema: Any) -> bool:
            return False

    told = _Closed.__pydantic_config__
    told[_DESCRIBED] = True  # read from the source, which takes as long as all else: for those who look at them
    try:
        made = TypeAdapter(Settings).json_schema(schema_generator=Untitled)
    finally:
        told[_DESCRIBED] = False
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:dbt-dataops:settings:1",
        **made,
        "title": FILE,
        "description": "Settings of dataops for one dbt project. Every key is optional.",
    }
