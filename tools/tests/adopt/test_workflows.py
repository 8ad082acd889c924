"""The workflow files: each system's own schema takes them, and GitHub's steps run in a clean clone."""

from __future__ import annotations

import dataclasses
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import check_jsonschema
import pytest
import yaml

from dataops.adopt import workflows
from dataops.adopt.look import look
from dataops.adopt.services import SERVICES
from dataops.adopt.survey import Survey
from tests.shop import Shop, lay_out

SCHEMAS = {
    "github": "vendor.github-workflows",
    "gitlab": "vendor.gitlab-ci",
    "azure": "vendor.azure-pipelines",
    "bitbucket": "vendor.bitbucket-pipelines",
}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Survey:
    """A project at the top of its repository, production a file of it."""
    return look(lay_out(tmp_path_factory.mktemp("plain") / "shop", with_events=False).root, None, None, None)


@pytest.fixture(scope="module")
def deep(tmp_path_factory: pytest.TempPathFactory) -> Survey:
    """A project in a folder, on a warehouse without releases, with packages, secrets and its profile elsewhere."""
    shop = lay_out(tmp_path_factory.mktemp("deep"), inside="data/our-shop", with_events=False)
    shutil.move(shop.root / "profiles", shop.top / "connections")
    shop.write("packages.yml", "packages: []\n")
    (shop.top / "connections" / "profiles.yml").write_text(
        "shop:\n  target: live\n  outputs:\n    live:\n      type: snowflake\n      account: a\n"
        "      password: \"{{ env_var('DBT_PASSWORD') }}\"\n      role: \"{{ env_var('DBT_ROLE', 'loader') }}\"\n",
        encoding="utf-8",
    )
    return look(shop.root, shop.top / "connections", None, None)


@pytest.fixture(scope="module")
def alone(deep: Survey) -> Survey:
    """The same where nobody's profile is in the repository."""
    return dataclasses.replace(deep, profiles_dir=Path.home() / ".dbt")


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("kind", ["plain", "deep", "alone"])
def test_its_own_schema_takes_a_workflow(
    service: str, kind: str, request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    survey: Survey = request.getfixturevalue(kind)
    file = tmp_path / "workflow.yml"
    file.write_text(workflows.workflow(survey, service, releases=kind == "plain"), encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        check_jsonschema.main(["--regex-variant", "python", "--builtin-schema", SCHEMAS[service], str(file)])
    assert ended.value.code == 0, capsys.readouterr().out
    text = file.read_text(encoding="utf-8")
    assert "%%" not in text
    assert not re.search(r"^[?*]", text, re.MULTILINE)
    assert "dataops ci --base origin/main" in text
    assert f"dbt-dataops=={survey.versions['dbt-dataops']} dbt-core=={survey.versions['dbt-core']}" in text


@pytest.mark.parametrize("service", SERVICES)
def test_what_was_found_decides_what_is_in_it(service: str, plain: Survey, deep: Survey, alone: Survey) -> None:
    text = workflows.workflow(plain, service, releases=True)
    assert "dataops deploy" in text
    assert "dbt deps" not in text
    assert "DBT_PROFILES" not in text
    assert ("prod.duckdb" in text) == (service in ("github", "gitlab"))
    text = workflows.workflow(deep, service, releases=False)
    assert "dataops build --target live" in text
    assert "dbt deps" in text
    assert "data/our-shop" in text
    assert re.search(r"DBT_PROFILES_DIR[:=] ?\.\./\.\./connections$", text, re.MULTILINE)
    assert "DBT_PASSWORD" in text
    assert "DBT_ROLE" not in text, "an empty secret would take the place of its default"
    assert "dbt-snowflake" in text
    text = workflows.workflow(alone, service, releases=False)
    assert "printf '%s' \"$DBT_PROFILES_YML\" > ~/.dbt/profiles.yml" in text
    assert "DBT_PROFILES_DIR" not in text


def test_secrets_are_only_named(deep: Survey) -> None:
    steps = _steps(deep, "judge")
    told = [step["env"]["DBT_PASSWORD"] for step in steps if "DBT_PASSWORD" in step.get("env", {})]
    assert told == ["${{ secrets.DBT_PASSWORD }}"]
    assert all(re.fullmatch(r"actions/[\w/-]+@v\d+", step["uses"]) for step in steps if "uses" in step)


def _steps(survey: Survey, job: str, releases: bool = False) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = yaml.safe_load(workflows.workflow(survey, "github", releases))["jobs"][job]["steps"]
    return steps


def _commands(survey: Survey, job: str) -> Iterator[str]:
    for step in _steps(survey, job, releases=True):
        if "run" in step and step["name"] != "Install":
            yield step["run"]


def test_the_jobs_run_in_a_clean_clone(fresh: Shop, tmp_path: Path) -> None:
    """What the workflow stores between jobs is brought along; what it installs is installed."""
    fresh.ok("init", "--yes", "--ci", "github")
    fresh.commit("adopt")
    survey = look(fresh.root, None, None, None)
    fresh.git("switch", "-q", "-c", "change")
    fresh.publish(2)
    fresh.commit("edition 2")
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", fresh.top, clone], check=True)
    stored = next(step for step in _steps(survey, "judge", releases=True) if "cache" in step.get("uses", ""))
    for path in stored["with"]["path"].split():
        if (fresh.top / path).is_file():
            shutil.copy(fresh.top / path, clone / path)
    job = Shop(clone, clone)
    for name in ("judge", "deploy"):
        for script in _commands(survey, name):
            command, *words = shlex.split(script)
            assert command == "dataops"
            job.ok(*words)
    assert job.edition() == 2
    assert "Ready" in (clone / "target" / "dataops" / "review.md").read_text(encoding="utf-8")
    assert not job.git("status", "--porcelain")
