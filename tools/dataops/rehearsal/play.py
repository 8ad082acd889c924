"""The project that a rehearsal releases: each relation says which edition it is of."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

NAME = "dataops_rehearsal"
"""Of the project, and what the name of everything begins with that a rehearsal makes."""

PRODUCTION, CHANGE, READER = "prod", "ci", "reader"
"""The targets: production, a pull request's, and that of who only reads."""

EDITIONED = ("edition_table", "edition_view", "edition_copy", "edition_log")
"""The models that have an edition."""

TABLE, COPY, LOG = "edition_table", "edition_copy", "edition_log"

_PROJECT = f"""\
name: {NAME}
version: "1.0"
config-version: 2
profile: {NAME}
models:
  {NAME}:
    edition_copy:
      +schema: two
"""

_FILES = {
    "dbt_project.yml": _PROJECT,
    "dataops.yml": f"production: {{target: {PRODUCTION}}}\nreleases: {{keep: 2}}\n",
    "models/edition_view.sql": "select edition from {{ ref('edition_table') }}\n",
    "models/edition_copy.sql": "{{ config(materialized='table') }}\nselect edition from {{ ref('edition_view') }}\n",
    "models/edition_log.sql": (
        "{{ config(materialized='incremental') }}\n"
        "select edition from {{ ref('edition_table') }}\n"
        "{% if is_incremental() %}where edition not in (select edition from {{ this }}){% endif %}\n"
    ),
    "seeds/languages.csv": "code,name\nde,German\nen,English\n",
    "tests/editions_are_positive.sql": (
        "-- Fails where an edition is negative.\nselect edition from {{ ref('edition_table') }} where edition < 0\n"
    ),
}

_TABLE = "{{{{ config(materialized='table') }}}}\nselect cast({} as integer) as edition\n"


def write(folder: Path, outputs: Mapping[str, Mapping[str, Any]], variables: str | None) -> None:
    """Lay the project out, with a profile of these targets. `variables`: dbt's, as YAML: a profile may need them."""
    for name, text in _FILES.items():
        _write(folder / name, text)
    profile = {NAME: {"target": PRODUCTION, "outputs": {name: dict(each) for name, each in outputs.items()}}}
    _write(folder / "profiles.yml", yaml.safe_dump(profile, sort_keys=False, allow_unicode=True))
    _write(folder / "vars.yml", variables or "{}")
    set_edition(folder, 1)


def outputs(folder: Path) -> dict[str, dict[str, Any]]:
    """The targets of a profile that was written."""
    found: dict[str, dict[str, Any]] = yaml.safe_load((folder / "profiles.yml").read_text(encoding="utf-8"))[NAME][
        "outputs"
    ]
    return found


def set_edition(folder: Path, edition: int) -> None:
    """Let the project be another edition. One below zero fails its test."""
    _write(folder / "models" / "edition_table.sql", _TABLE.format(edition))


def break_model(folder: Path) -> None:
    """Let a model fail while it is built."""
    text = "{{ config(materialized='table') }}\nselect edition from {{ target.schema }}.dataops_has_no_such_table\n"
    _write(folder / "models" / "edition_table.sql", text)


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
