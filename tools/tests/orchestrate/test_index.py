"""The index: what a graph is made of, the same for the same project, in an order without circles."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dataops.orchestrate.index import _groups
from tests.shop import Shop, refused
from tests.written import valid


def _index(shop: Shop, *words: str) -> dict[str, Any]:
    shop.ok("orchestrate", "index", *words)
    document: dict[str, Any] = json.loads(shop.read("dataops-index.json"))
    valid("index", document)
    return document


def _names(document: dict[str, Any], numbers: list[int]) -> set[str]:
    return {document["nodes"][each]["name"] for each in numbers}


def test_nodes_edges_groups_and_assets(fresh: Shop) -> None:
    document = _index(fresh)
    assert document["project"] == "shop"
    nodes = {node["name"]: node for node in document["nodes"]}
    assert _names(document, nodes["stg_orders"]["parents"]) == {"orders"}
    assert "int_order_payments" not in nodes, "what is inlined is built with what reads it"
    assert "stg_payments" in _names(document, nodes["fct_orders"]["parents"])
    # A test between two is told with the one that it is defined on; one of many with the last of them.
    assert any("relationships" in each for each in nodes["fct_orders"]["tests"] + nodes["stg_orders"]["tests"])
    assert "test.shop.no_negative_amounts" in nodes["fct_orders"]["tests"]
    tests = [test for node in document["nodes"] for test in node["tests"]]
    assert len(tests) == len(set(tests)) == 8

    folders = {group["name"]: group for group in document["groups"]["folder"]}
    assert set(folders) == {"models/staging", "models/marts", "seeds", "snapshots"}
    assert folders["models/staging"]["after"] == ["seeds"]
    assert "models/staging" in folders["models/marts"]["after"]
    for by in ("folder", "tag", "exposure"):
        grouped = {each for group in document["groups"][by] for each in group["nodes"]}
        assert grouped == set(range(len(document["nodes"]))), "each node is in a group"

    exposed = {group["name"]: group for group in document["groups"]["exposure"]}
    assert "fct_orders" in _names(document, exposed["sales_dashboard"]["nodes"])
    assert "stg_orders" in _names(document, exposed["sales_dashboard"]["nodes"])
    [asset] = [each for each in document["assets"] if each["name"] == "shop.exposure.sales_dashboard"]
    assert asset["uri"] == "dataops://shop/exposure/sales_dashboard"
    assert "fct_orders" in _names(document, asset["nodes"])


def test_the_same_project_gives_the_same_bytes(fresh: Shop, tmp_path: Path) -> None:
    fresh.ok("orchestrate", "index", "-o", str(tmp_path / "deep" / "one.json"))
    fresh.ok("orchestrate", "index", "--output", str(tmp_path / "two.json"))
    assert (tmp_path / "deep" / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()


def test_settings_name_further_assets(fresh: Shop) -> None:
    fresh.write("dataops.yml", "orchestrate:\n  assets: [fct_*, path:models/staging]\n")
    names = {each["name"] for each in _index(fresh)["assets"]}
    assert {"shop.fct_orders", "shop.fct_events", "shop.stg_orders"} <= names
    assert "shop.dim_customers" not in names
    fresh.edit("models/marts/marts.yml", "- name: dim_customers", "- name: dim_customers\n    access: public")
    assert "shop.dim_customers" in {each["name"] for each in _index(fresh)["assets"]}


def test_a_file_that_cannot_be_written(fresh: Shop) -> None:
    refused(fresh.run("orchestrate", "index", "-o", str(fresh.root / "dbt_project.yml" / "x.json")), "cannot write")


@pytest.mark.parametrize(
    ("names", "parents", "after"),
    [
        ([("a",), ("b",)], [[], [0]], {"a": [], "b": ["a"]}),
        ([("a",), ("b",), ("a",)], [[], [0], [1]], {"a": [], "b": []}),  # a circle
        ([("a",), ("b",), ("a",), ("c",)], [[], [0], [1], [2]], {"a": [], "b": [], "c": ["a"]}),
        ([("a",), ("a", "b"), ("b",)], [[], [0], [1]], {"a": [], "b": []}),  # a node of both
    ],
)
def test_the_order_of_groups(names: Any, parents: Any, after: dict[str, list[str]]) -> None:
    assert {group["name"]: group["after"] for group in _groups(names, parents)} == after
