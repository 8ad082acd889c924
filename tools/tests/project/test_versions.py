"""One range of dbt versions, in every place that names it; and nothing of ours is what dbt is going to drop."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from dbt.jsonschemas import jsonschemas

from dataops.project import versions
from tests.applications.sample import Copy
from tests.shop import Shop, refused

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


@pytest.fixture
def schemas(monkeypatch: pytest.MonkeyPatch) -> None:
    """dbt holds YAML against its schemas where a warehouse of some kinds is used; DuckDB is none of them."""
    monkeypatch.setattr(jsonschemas, "_JSONSCHEMA_SUPPORTED_ADAPTERS", {"duckdb"})


@pytest.mark.usefixtures("schemas")
@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("columns: [{name: edition, data_tests: [{accepted_values: {values: [1]}}]}]", "MissingArguments"),
        ("config: {made_up: 1}", "CustomKeyInConfig"),
    ],
)
def test_what_dbt_is_going_to_drop_is_an_error(editions: Shop, text: str, name: str) -> None:
    editions.write("models/legacy.yml", f"models: [{{name: published, {text}}}]\n")
    refused(editions.run("plan"), name)


@pytest.mark.usefixtures("schemas")
def test_this_project_and_its_package_have_nothing_of_it(tmp_path: Path) -> None:
    copy = Copy.of(tmp_path)
    assert "Deprecations" in (tmp_path / "dbt_project.yml").read_text(encoding="utf-8")
    copy.dbt("parse")
