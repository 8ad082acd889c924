"""A slice runs what was chosen, reads the rest from production, and leaves the project's manifest as it was."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from dataops import config
from dataops.engines.engine import Workspace
from dataops.engines.registry import engine_of
from dataops.project.invocation import Parsed
from dataops.project.session import Project
from dataops.project.slices import STAND_IN, Place, cut, exactly, places
from dataops.project.targets import Targets
from dataops.store.state import State
from tests.shop import Shop


def _content(manifest: Any) -> dict[str, Any]:
    """Everything in a manifest that a run could read, as plain values that nothing shares."""
    groups = ("nodes", "sources", "unit_tests", "exposures")
    return copy.deepcopy(
        {group: {uid: node.to_dict() for uid, node in getattr(manifest, group).items()} for group in groups}
        | {"macros": {uid: macro.macro_sql for uid, macro in manifest.macros.items()}}
    )


class Opened:
    """The shop as the package sees it, with its stored relations."""

    def __init__(self, shop: Shop) -> None:
        self.project: Project = shop.project()
        self.targets: Targets = shop.targets(self.project)
        self.workspace: Workspace = engine_of(self.project, self.targets).workspace
        self.head: Parsed = self.project.parse(self.targets.parsing)
        bundle = State(config.load(shop.root).state).bundle()
        from dataops.project import baseline

        self.live: Mapping[str, Place] = baseline.read_places(bundle) if bundle else {}

    def cut(self, *names: str) -> Any:
        chosen = self.ids(*names)
        return cut(self.head.manifest, chosen, self.workspace.stand_ins(self.head, self.live, chosen))

    def ids(self, *names: str) -> set[str]:
        every = [*self.head.manifest.nodes, *self.head.manifest.unit_tests]
        found = {uid for uid in every if uid.split(".")[2] in names or uid.split(".")[-1] in names}
        assert found
        return found

    def build(self, manifest: Any) -> dict[str, str]:
        """Status by name of what ran."""
        target = self.workspace.target()
        outcome = self.project.run("build", target, manifest, exactly(manifest))
        return {each.name: each.status for each in outcome.results}


@pytest.fixture
def opened(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    monkeypatch.chdir(shop.root)
    yield Opened(shop)


def _reopened(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Opened:
    """After a change of the project."""
    monkeypatch.chdir(shop.root)
    return Opened(shop)


def test_the_project_s_manifest_is_left_as_it_was(opened: Opened) -> None:
    before = _content(opened.head.manifest)
    manifest = opened.cut("fct_orders", "no_negative_amounts", "orders_without_payments_cost_nothing")
    assert opened.build(manifest)["fct_orders"] == "success"
    assert _content(opened.head.manifest) == before


def test_a_slice_holds_the_chosen_and_their_parents_only(opened: Opened) -> None:
    manifest = opened.cut("fct_orders")
    names = {node.name: node for node in manifest.nodes.values()}
    assert set(names) == {"fct_orders", "stg_orders", "int_order_payments", "stg_payments"}
    assert {name for name, node in names.items() if STAND_IN in node.tags} == {"stg_orders", "stg_payments"}
    assert names["stg_orders"].relation_name is None or "prod" in names["stg_orders"].relation_name
    assert (names["stg_orders"].database, names["stg_orders"].schema) == ("prod", "main")
    assert names["stg_orders"].depends_on.nodes == []
    assert names["fct_orders"].database == "ci"


def test_stand_ins_are_never_built(opened: Opened) -> None:
    assert opened.build(opened.cut("fct_orders", "dim_customers", "customers_history")) == {
        "fct_orders": "success",
        "dim_customers": "success",
        "customers_history": "success",
        "orders_without_payments_cost_nothing": "pass",
    }


def test_a_chain_of_ephemeral_models(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.write("models/intermediate/int_paid.sql", "select * from {{ ref('int_order_payments') }} where amount > 0\n")
    shop.write(
        "models/intermediate/int_paid_twice.sql", "select order_id, amount * 2 as amount from {{ ref('int_paid') }}\n"
    )
    shop.write("models/marts/doubled.sql", "select * from {{ ref('int_paid_twice') }}\n")
    opened = _reopened(shop, monkeypatch)
    assert opened.build(opened.cut("doubled")) == {"doubled": "success"}
    assert shop.query("select sum(amount) from doubled", shop.built) == [(313.0,)]


def test_a_relationship_with_a_model_that_is_not_chosen(opened: Opened) -> None:
    name = "relationships_stg_orders_customer_id__customer_id__ref_stg_customers_"
    assert opened.build(opened.cut(name)) == {name: "pass"}
    assert opened.build(opened.cut(name, "stg_orders")) == {name: "pass", "stg_orders": "success"}


def test_versions_of_a_model(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for version in (1, 2):
        shop.write(f"models/marts/prices_v{version}.sql", f"select {version} as edition\n")
    shop.write(
        "models/marts/prices.yml",
        "models: [{name: prices, latest_version: 2, versions: [{v: 1}, {v: 2}],"
        " columns: [{name: edition, data_tests: [not_null]}]}]\n",
    )
    shop.write("models/marts/latest.sql", "select * from {{ ref('prices') }}\n")
    shop.write("models/marts/first.sql", "select * from {{ ref('prices', v=1) }}\n")
    shop.ok("deploy")
    shop.write("models/marts/prices_v1.sql", "select 10 as edition\n")
    opened = _reopened(shop, monkeypatch)
    assert opened.build(opened.cut("latest", "first")) == {"latest": "success", "first": "success"}
    assert shop.query("select edition from latest union all select edition from first", shop.built) == [(2,), (1,)]
    shop.ok("ci", "--keep")
    assert shop.query("select edition from first", shop.built) == [(10,)]


def test_hooks_of_the_run(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    hooks = 'on-run-start: ["create table if not exists began as select 1 as n"]\n'
    hooks += 'on-run-end: ["{{ wrote(results) }}"]\n\nmodels:\n'
    shop.edit("dbt_project.yml", "models:\n", hooks)
    shop.write(
        "macros/wrote.sql",
        "{% macro wrote(results) %}create table ended as select {{ results | length }} as n{% endmacro %}\n",
    )
    opened = _reopened(shop, monkeypatch)
    assert opened.build(opened.cut("published"))["published"] == "success"
    assert shop.query("select n from began", shop.built) == [(1,)]
    assert shop.query("select n from ended", shop.built)[0][0] >= 1


@pytest.mark.parametrize("where", ["model", "macro", "hook"])
def test_a_project_that_reads_the_graph_gets_all_of_it(shop: Shop, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = "{{ graph.nodes | length }}"
    shop.write("macros/nodes.sql", "{% macro nodes() %}" + counted + "{% endmacro %}\n")
    shop.write("macros/through.sql", "{% macro through() %}{{ nodes() }}{% endmacro %}\n")
    text = {"model": counted, "macro": "{{ through() }}", "hook": "1"}[where]
    shop.write("models/marts/counted.sql", f"select {text} as n\n")
    if where == "hook":
        hook = 'on-run-end: ["create table counted_nodes as select {{ through() }} as n"]\n\nmodels:\n'
        shop.edit("dbt_project.yml", "models:\n", hook)
    opened = _reopened(shop, monkeypatch)
    before = _content(opened.head.manifest)
    manifest = opened.cut("counted")
    assert set(manifest.nodes) == set(opened.head.manifest.nodes)
    ran = opened.build(manifest)
    assert {name for name in ran if not name.startswith("shop-on-run")} == {"counted"}
    table = "counted_nodes" if where == "hook" else "counted"
    assert shop.query(f"select n from {table}", shop.built) == [(len(opened.head.manifest.nodes),)]
    assert _content(opened.head.manifest) == before


def test_the_graph_of_dbt_s_own_macros_does_not_count(opened: Opened) -> None:
    """`dbt` itself mentions `graph` in places; that is no reason to carry everything along."""
    assert len(opened.cut("published").nodes) == 1


NAMES = """
select
    1 as "Größe",
    2 as "select",
    3 as "it's",
    'a' as "Straße €"
"""


def test_names_that_need_quotes(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.write("dataops.yml", "lint: {blocking: false}\n")
    shop.write("models/marts/Prices_IN_Euro.sql", "{{ config(materialized='incremental') }}" + NAMES)
    shop.write("models/marts/below.sql", 'select "Größe", "select" from {{ ref(\'Prices_IN_Euro\') }}\n')
    shop.write(
        "models/marts/quoted.yml",
        "models:\n  - name: Prices_IN_Euro\n    columns:\n"
        "      - {name: Größe, quote: true, data_tests: [not_null]}\n"
        "      - {name: select, quote: true, data_tests: [not_null]}\n",
    )
    shop.ok("deploy")
    shop.edit("models/marts/Prices_IN_Euro.sql", "3 as", "4 as")
    shop.ok("ci", "--keep")
    assert shop.query('select "it\'s" from "Prices_IN_Euro" order by 1', shop.built) == [(3,), (4,)]
    assert "| `Prices_IN_Euro` | 1 → 2 | +1 | 0 | 0 |" in shop.read("target/dataops/review.md")
    opened = _reopened(shop, monkeypatch)
    assert opened.build(opened.cut("below")) == {"below": "success"}


def test_places(opened: Opened) -> None:
    found = {uid.split(".", 2)[2]: place for uid, place in places(opened.head.manifest).items()}
    assert "int_order_payments" not in found
    assert str(found["fct_orders"]) == "ci.main.fct_orders"
    assert str(found["app.events"]) == "ci.app.events"
    tables = {name for name, place in found.items() if place.table}
    assert {"fct_orders", "customers", "customers_history", "fct_events"} <= tables
    assert not {"stg_orders", "app.events"} & tables


def test_without_production_nothing_stands_in(fresh: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh.production.unlink()
    opened = _reopened(fresh, monkeypatch)
    live = {"model.shop.stg_orders": Place("prod", "main", "x", "model", "view", "x")}
    assert opened.workspace.stand_ins(opened.head, live, set()) == {}


def test_the_same_project_twice(opened: Opened, shop: Shop, tmp_path: Path) -> None:
    again = opened.project.parse(opened.targets.parsing)
    assert again.full is None
    assert set(again.manifest.nodes) == set(opened.head.manifest.nodes)
    shop.publish(9)
    changed = opened.project.parse(opened.targets.parsing)
    assert changed.manifest.nodes["model.shop.published"].raw_code == "select 9 as edition"
    assert again.manifest.nodes["model.shop.published"].raw_code == "select 1 as edition"
