"""What holds of every model of the project, whatever its application."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest

from tests.applications.sample import Copy

APPLICATIONS = ("fraud", "healthcare", "recommendations", "supply_chain")
KINDS = ("model", "seed", "snapshot")


@pytest.fixture(scope="module")
def manifest(built: Copy) -> Any:
    return built.artifact("manifest")


def relations(manifest: Any, *kinds: str) -> list[Any]:
    found = [node for node in manifest["nodes"].values() if node["resource_type"] in kinds]
    assert found
    return found


def test_every_relation_and_every_column_is_described(built: Copy, manifest: Any) -> None:
    columns: dict[tuple[str, str], set[str]] = defaultdict(set)
    for schema, table, column in built.rows(
        "select table_schema, table_name, lower(column_name) from information_schema.columns"
    ):
        columns[schema, table].add(column)
    for node in relations(manifest, *KINDS):
        described = {name.lower() for name, column in node["columns"].items() if column["description"].strip()}
        assert node["description"].strip(), node["name"]
        assert described == columns[node["schema"], node["alias"]], node["name"]


def test_every_model_has_an_owner(manifest: Any) -> None:
    owners = {group["name"]: group["owner"] for group in manifest["groups"].values()}
    assert set(owners) == set(APPLICATIONS)
    for node in relations(manifest, "model", "snapshot"):
        assert owners[node["group"]]["email"], node["name"]
    for exposure in manifest["exposures"].values():
        assert exposure["owner"]["email"], exposure["name"]
        assert exposure["depends_on"]["nodes"], exposure["name"]


WITHOUT_KEY = {"stg_paysim__transactions": "two rows alike may both be real; int_transactions_keyed tells which"}


def test_every_model_has_a_tested_key(manifest: Any) -> None:
    """One column that is unique and never blank, or columns that are unique together."""
    unique, whole, together = set(), set(), set()
    for node in manifest["nodes"].values():
        if node["resource_type"] != "test" or not node.get("test_metadata"):
            continue
        kind, column, on = node["test_metadata"]["name"], node.get("column_name"), node["attached_node"]
        if kind == "unique":
            unique.add((on, column))
        elif kind == "not_null":
            whole.add((on, column))
        elif kind == "has_unique_rows":
            together.add(on)
    keyed = {on for on, column in unique & whole} | together
    unkeyed = {node["name"] for node in relations(manifest, "model") if node["unique_id"] not in keyed}
    assert unkeyed == set(WITHOUT_KEY)


def test_marts_are_under_contract_and_may_be_built_upon(manifest: Any) -> None:
    marts = [node for node in relations(manifest, "model") if "/marts/" in node["original_file_path"]]
    assert len(marts) > 30
    for node in marts:
        assert node["contract"]["enforced"], node["name"]
        assert node["access"] == "public", node["name"]
        if node["config"]["materialized"] != "view":
            assert any(each["type"] == "primary_key" for each in _constraints(node)), node["name"]


def _constraints(node: Any) -> list[Any]:
    return [*node["constraints"], *(each for column in node["columns"].values() for each in column["constraints"])]


def test_everything_ran_and_only_planted_defects_warn(built: Copy) -> None:
    statuses = {each["status"] for each in built.artifact("run_results")["results"]}
    assert statuses <= {"success", "pass", "warn", "no-op"}
    assert all(built.warnings(application) for application in APPLICATIONS)


@pytest.mark.parametrize("application", APPLICATIONS)
def test_each_application_has_what_a_project_should(manifest: Any, application: str) -> None:
    def of(kind: str) -> int:
        nodes = [*manifest["nodes"].values(), *manifest["unit_tests"].values(), *manifest["exposures"].values()]
        return sum(each["resource_type"] == kind and each["fqn"][1] == application for each in nodes)

    assert of("unit_test") >= 15
    assert of("exposure") >= 2
    assert of("snapshot") >= 1
    incremental = {
        node["fqn"][1] for node in relations(manifest, "model") if node["config"]["materialized"] == "incremental"
    }
    assert application in incremental
