"""Whose a node is: one rule, and the nearest wins."""

from __future__ import annotations

from typing import Any

import pytest

from dataops.project.owners import owners

ORDERS, EVENTS = "model.shop.orders", "model.shop.events"
GROUPS = {"group.shop.fin": {"name": "fin", "owner": {"name": "Finance", "email": "fin@example.com"}}}
ANN, BOB, FIN = {"meta": {"owner": "@ann"}}, {"meta": {"owner": "@bob"}}, {"group": "fin"}


def node(key: str, **given: Any) -> dict[str, Any]:
    return {"resource_type": key.split(".", maxsplit=1)[0], "config": given, "depends_on": {"nodes": []}}


def test(attached: str | None, *read: str, kind: str = "test", **given: Any) -> dict[str, Any]:
    return {**node(f"{kind}.shop.t", **given), "attached_node": attached, "depends_on": {"nodes": list(read)}}


test.__test__ = False  # type: ignore[attr-defined]


def said(of: dict[str, Any], orders: dict[str, Any], events: dict[str, Any] | None = None) -> tuple[str, ...]:
    nodes = {ORDERS: node(ORDERS, **orders), EVENTS: node(EVENTS, **(events or {}))}
    return owners({"nodes": nodes, "sources": {}, "unit_tests": {}, "groups": GROUPS}, of)


@pytest.mark.parametrize(
    ("of", "orders", "whose"),
    [
        (test(ORDERS, ORDERS, **BOB, **FIN), {**ANN, **FIN}, "@bob"),
        # dbt gives a test the group of its model: the model's own word is nearer.
        (test(ORDERS, ORDERS, **FIN), {**ANN, **FIN}, "@ann"),
        (test(ORDERS, ORDERS, **FIN), FIN, "Finance"),
        (test(ORDERS, ORDERS), FIN, "Finance"),
        (test(ORDERS, ORDERS), {}, ""),
        (test(None, ORDERS), {**ANN, **FIN}, "@ann"),
        (test(None, ORDERS, EVENTS), ANN, ""),
        (test(None, ORDERS, EVENTS, **BOB), ANN, "@bob"),
        (test(None, ORDERS, EVENTS, kind="unit_test"), ANN, "@ann"),
        (node(ORDERS, **ANN, **FIN), {}, "@ann"),
        (node(ORDERS, **FIN), {}, "Finance"),
        # A model is nobody's because of what it reads.
        ({**node(EVENTS), "depends_on": {"nodes": [ORDERS]}}, ANN, ""),
    ],
)
def test_the_nearest_wins(of: dict[str, Any], orders: dict[str, Any], whose: str) -> None:
    assert ", ".join(said(of, orders)) == whose


def test_a_test_of_several_nodes_is_theirs_if_they_agree() -> None:
    both = test(None, ORDERS, EVENTS)
    assert said(both, ANN, ANN) == ("@ann",)
    assert said(both, ANN, BOB) == ()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("ann, bob,", ("ann", "bob")),
        (["ann", " bob ", "ann"], ("ann", "bob")),
        ({"name": "Ann", "email": "ann@example.com"}, ("Ann",)),
        ([{"email": ["ann@example.com", "bob@example.com"]}, "cy"], ("ann@example.com", "bob@example.com", "cy")),
        ("", ()),
        (None, ()),
        ([], ()),
    ],
)
def test_owners_as_people_write_them(written: Any, read: tuple[str, ...]) -> None:
    for name in ("owner", "owners"):
        assert said(node(ORDERS, meta={name: written}), {}) == read
    assert said(node(ORDERS, meta={"owner": written}, **FIN), {}) == (read or ("Finance",))
