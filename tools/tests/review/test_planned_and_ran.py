"""What was planned is what ran: dbt's flags, selectors, unit tests, empty files, hooks, results that are missing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from dataops.project.outcome import Outcome
from dataops.project.session import Project
from tests.shop import Shop, dump, refused


def _without(monkeypatch: pytest.MonkeyPatch, names: Sequence[str]) -> None:
    """Let dbt lose the results of some nodes."""
    real = Project.run

    def run(self: Project, *given: Any, **more: Any) -> Outcome:
        outcome = real(self, *given, **more)
        return replace(outcome, results=tuple(each for each in outcome.results if each.name not in names))

    monkeypatch.setattr(Project, "run", run)


def _account(shop: Shop) -> dict[str, Any]:
    account: dict[str, Any] = json.loads(shop.read("target/dataops/review.json"))["account"]
    return account


def test_no_flag_and_no_default_selector_thins_a_release_out(editions: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them at once. Then the review of a change that a test has to refuse."""
    flags = {
        "DBT_EXCLUDE_RESOURCE_TYPES": "test",
        "DBT_RESOURCE_TYPES": "model",
        "DBT_EMPTY": "true",
        "DBT_ENGINE_SAMPLE": "1 day",
        "DBT_STORE_FAILURES": "true",
        "DBT_DEFER": "true",
        "DBT_STATE": "nowhere",
        "DBT_WRITE_JSON": "false",
        # Kept: whatever is chosen here has to be there, or dbt warns.
        "DBT_WARN_ERROR": "true",
        "DBT_PARTIAL_PARSE_FILE_DIFF": "false",
    }
    for name, value in flags.items():
        monkeypatch.setenv(name, value)
    editions.edit("dbt_project.yml", "flags:\n", "flags:\n  indirect_selection: empty\n  fail_fast: true\n")
    chosen = {"name": "nightly", "default": True, "definition": {"method": "fqn", "value": "published"}}
    editions.write("selectors.yml", dump({"selectors": [chosen]}))
    editions.publish(2)
    assert "Built and tested 3 models, 1 test: 4 passed" in editions.ok("deploy").out
    assert editions.edition() == 2
    noted = editions.run("doctor").out
    assert all(each in noted for each in ("DBT_EXCLUDE_RESOURCE_TYPES", "DBT_ENGINE_SAMPLE", "flags: fail_fast"))
    editions.edit("models/marts/bound.sql", "}}", "}} union all select edition from {{ ref('printed') }}")
    ran = editions.run("ci")
    assert ran.code == 1
    assert "Built and tested 1 model, 1 test: 1 passed, 1 failed" in ran.out
    assert "Not ready: 1 test failed" in ran.out
    monkeypatch.setenv("DBT_DEFER_TO_STATE", "true")
    refused(editions.run("deploy"), "DBT_DEFER_TO_STATE")


def test_a_build_says_what_chose_with_it(editions: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a person's own target dbt's flags and its default selector count, and are named."""
    editions.edit("profiles.yml", "outputs:\n", "outputs:\n    dev: {type: duckdb, path: dev.duckdb}\n")
    chosen = {"name": "nightly", "default": True, "definition": {"method": "fqn", "value": "published"}}
    editions.write("selectors.yml", dump({"selectors": [chosen]}))
    out = editions.ok("build", "--target", "dev").out
    assert "Built and tested 1 model: 1 passed" in out
    assert "Only what the default selector `nightly` of selectors.yml chooses" in out
    monkeypatch.setenv("DBT_EMPTY", "1")
    out = editions.ok("build", "--target", "dev", "-s", "+bound").out
    assert "dbt's own flags took part: DBT_EMPTY" in out
    assert editions.query("select count(*) from bound", editions.root / "dev.duckdb") == [(0,)]
    # In production it would leave a table without rows.
    editions.ok("build", "--target", "prod", "-s", "bound")
    assert editions.query("select count(*) from bound") == [(1,)]


def test_a_unit_test_runs_without_its_model(editions: Shop) -> None:
    """Of an incremental model, and only a fixture's file differs: production is read, and nothing is built."""
    editions.write("models/marts/prices.sql", "select 1 as id, 5 as v\n")
    editions.write(
        "models/marts/doubled.sql",
        "{{ config(materialized='incremental') }}\nselect id, v * 2 as w from {{ ref('prices') }}\n"
        "{% if is_incremental() %} where id > (select max(id) from {{ this }}) {% endif %}\n",
    )
    editions.write("tests/fixtures/given.csv", "id,v\n1,3\n2,4\n")
    unit = {
        "name": "doubles",
        "model": "doubled",
        "overrides": {"macros": {"is_incremental": False}},
        "given": [{"input": "ref('prices')", "format": "csv", "fixture": "given"}],
        "expect": {"rows": [{"id": 1, "w": 6}, {"id": 2, "w": 8}]},
    }
    editions.write("models/marts/doubled.yml", dump({"unit_tests": [unit]}))
    editions.commit()
    editions.ok("deploy")
    editions.write("tests/fixtures/given.csv", "id,v\n1,3\n2,5\n")
    ran = editions.run("ci")
    assert ran.code == 1
    assert "Runs 1 unit test" in ran.out
    assert "FAIL doubled.doubles" in ran.out
    assert "Not ready: 1 test failed" in ran.out
    editions.edit("models/marts/doubled.yml", "w: 8", "w: 10")
    ran = editions.ok("ci", "--base", "main")
    assert "Built and tested 1 unit test: 1 passed" in ran.out
    assert "Ready: every test that this change reaches passed; nothing had to be built" in ran.out
    assert "1 unit test: 1 passed" in editions.ok("build", "-s", "doubles").out


def test_an_empty_file_is_told_and_a_hook_counts(editions: Shop) -> None:
    editions.write("models/marts/hollow.sql", "")
    editions.write("tests/hollow_test.sql", "\n")
    ran = editions.run("ci")
    assert ran.code == 1
    assert "Runs nothing" in ran.out
    assert "Not ready: 2 changed files are empty" in ran.out
    deployed = editions.ok("deploy").out
    assert "dbt does nothing for empty files: hollow, hollow_test" in deployed
    editions.edit("dbt_project.yml", "models:\n", "on-run-end: select * from nowhere\n\nmodels:\n")
    editions.publish(2)
    ran = editions.run("ci")
    assert (ran.code, "Not ready: 1 hook failed" in ran.out) == (1, True), ran.out
    ran = editions.run("deploy")
    assert (ran.code, "1 hook failed" in ran.out, editions.edition()) == (1, True, 1), ran.out


def test_a_result_that_is_not_there_is_no_success(editions: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    editions.publish(2)
    _without(monkeypatch, ["unique_bound_edition"])
    ran = editions.run("ci")
    assert ran.code == 1
    assert "NOT AS PLANNED unique_bound_edition it was planned and did not run" in ran.out
    assert "Not ready: 1 node was planned and did not run" in ran.out
    assert [each.split(".")[2] for each in _account(editions)["missing"]] == ["unique_bound_edition"]
    ran = editions.run("deploy")
    assert ran.code == 1
    assert "1 node was planned and did not run" in ran.out
    assert "Not released:" in ran.out
    assert editions.edition() == 1
    assert editions.run("build", "--target", "prod").code == 1
