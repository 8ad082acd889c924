"""One range of dbt versions, in every place that names it; and nothing of ours is what dbt is going to drop."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import yaml
from dbt.cli.main import dbtRunner
from dbt.deprecations import reset_deprecations
from dbt.jsonschemas import jsonschemas

from dataops.project import versions
from tests.applications.sample import SALT, Copy
from tests.shop import PROJECTS

ROOT = Path(__file__).resolve().parents[3]
LOW, HIGH = re.fullmatch(r"dbt-core>=([\d.]+),<([\d.]+)", versions.SUPPORTED).groups()  # type: ignore[union-attr]


def test_every_place_names_the_same_range() -> None:
    assert f'"{versions.SUPPORTED}",' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for name in ("dbt_project.yml", "tools/dataops/package/dbt_project.yml"):
        document = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
        assert document["require-dbt-version"] == [f">={LOW}.0", f"<{HIGH}.0"], name
    highest = f"{HIGH.split('.')[0]}.{int(HIGH.split('.')[1]) - 1}"
    for name in ("docs/getting-started.md", "docs/versions.md"):
        assert f"{LOW} to {highest}" in (ROOT / name).read_text(encoding="utf-8"), name
    named = re.compile(r"dbt-core ?>=")
    files = [each for each in (ROOT / "tools" / "dataops").rglob("*.py") if named.search(each.read_text("utf-8"))]
    assert files == [Path(versions.__file__)]


def deprecated(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a parse ends with where dbt's deprecations are errors; empty where it ends well.

    dbt holds YAML against its schemas where a warehouse of some kinds is used; DuckDB is none of them.
    """
    monkeypatch.setattr(jsonschemas, "_JSONSCHEMA_SUPPORTED_ADAPTERS", {"duckdb"})
    monkeypatch.chdir(folder)
    # dbt tells of each once in a process, and an earlier test may have been told.
    reset_deprecations()
    profiles = "profiles" if (folder / "profiles").exists() else "."
    strict = ["--warn-error-options", '{"error": ["Deprecations"]}', "--no-partial-parse"]
    ran = dbtRunner().invoke(["parse", *strict, "--profiles-dir", profiles, "--quiet", "--log-level-file", "none"])
    return "" if ran.success else str(ran.exception)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("columns: [{name: edition, data_tests: [{accepted_values: {values: [1]}}]}]", "MissingArguments"),
        pytest.param(
            "config: {made_up: 1}",
            "CustomKeyInConfig",
            marks=pytest.mark.skipif(versions.installed() < (1, 11), reason="dbt 1.11 holds YAML against its schemas"),
        ),
    ],
)
def test_what_dbt_is_going_to_drop_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, name: str
) -> None:
    shutil.copytree(PROJECTS / "editions", tmp_path / "editions")
    (tmp_path / "editions" / "models" / "legacy.yml").write_text(f"models: [{{name: published, {text}}}]\n")
    assert name in deprecated(tmp_path / "editions", monkeypatch)


@pytest.mark.parametrize("name", ["", "shop", "editions"])
def test_neither_this_project_nor_its_package_nor_the_suites_have_any_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    if name:
        shutil.copytree(PROJECTS / name, tmp_path / "copy")
    else:
        Copy.of(tmp_path / "copy")
    monkeypatch.setenv("DATAOPS_WAREHOUSE", ".")
    monkeypatch.setenv("DATAOPS_HASH_SALT", SALT)
    assert not deprecated(tmp_path / "copy", monkeypatch)
