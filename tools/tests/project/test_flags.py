"""Every flag of dbt is known, and none of the environment or of `flags:` changes what a run means."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import click
import pytest
from dbt.cli.main import cli
from dbt.contracts.project import ProjectFlags

from dataops.errors import SettingsError
from dataops.project import flags
from dataops.project.versions import installed

PAGE = Path(__file__).parents[3] / "docs" / "flags.md"


def _parameters(command: Any) -> set[str]:
    found = {str(each.name) for each in command.params}
    return found.union(*(_parameters(each) for each in getattr(command, "commands", {}).values()))


def test_every_flag_of_dbt_has_a_decision() -> None:
    """A newer dbt's flag is in no list until somebody has decided what it may do."""
    known = _parameters(cli) | {each.name for each in fields(ProjectFlags)}
    names = [flag.name for flag in flags.TABLE]
    assert known - set(names) == set()
    assert len(names) == len(set(names))
    assert isinstance(cli, click.Group)


def test_the_page_lists_them_all() -> None:
    rows = [f"| `{flag.name}` | {flag.use} | {flag.why} |" for flag in flags.TABLE]
    page = PAGE.read_text(encoding="utf-8")
    table = "| flag | | why |\n| --- | --- | --- |\n" + "\n".join(rows) + "\n"
    assert table in page, f"docs/flags.md needs this table:\n{table}"


def test_what_is_set_aside_and_what_is_left() -> None:
    ours = flags.overrides("build", ["--full-refresh"])
    assert {
        name: ours[name] for name in ("empty", "resource_types", "exclude_resource_types", "indirect_selection")
    } == {
        "empty": False,
        "resource_types": (),
        "exclude_resource_types": (),
        "indirect_selection": "eager",
    }
    assert "full_refresh" not in ours
    assert {"empty", "sample", "defer"} <= flags.overrides("build", [], flags.IN_PRODUCTION).keys()
    assert flags.overrides("build", [], flags.OWN).keys().isdisjoint(flags.OWN)
    assert flags.overrides("parse", [])["partial_parse_file_diff"] is True


def test_a_flag_that_cannot_be_set_aside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBT_ARTIFACT_STATE_PATH", "elsewhere")
    with pytest.raises(SettingsError, match="DBT_ARTIFACT_STATE_PATH"):
        flags.overrides("build", [])


def test_what_is_set_outside_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    prefix = "DBT_ENGINE" if installed() >= (1, 11) else "DBT"
    monkeypatch.setenv(f"{prefix}_EMPTY", "1")
    monkeypatch.setenv("DBT_DEFER", "false")
    monkeypatch.setenv("DBT_INDIRECT_SELECTION", "eager")
    assert set(flags.set_outside(flags.OWN, {"fail_fast": True})) == {f"{prefix}_EMPTY", "flags: fail_fast"}
