"""The plan: what changed and why, what that reaches, and what is left alone."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import fsspec
import pytest

from tests.shop import Shop, copied, last, lay_out, ran, reasons, refused

EVERYTHING_BELOW_FCT_ORDERS = {
    "fct_orders",
    "unique_fct_orders_order_id",
    "no_negative_amounts",
    "fct_orders.orders_without_payments_cost_nothing",
}


def test_nothing_changed(shop: Shop) -> None:
    plan = shop.plan()
    assert (plan["changes"], plan["run"], plan["exposures"]) == ([], [], [])
    assert plan["base"] == {"kind": "release", "name": shop.live, "unread": None}
    assert plan["production_data"] is True
    assert len(plan["skipped"]) == 21
    assert "Nothing of the project changed." in shop.ok("plan").out


def test_nothing_changed_since_main(shop: Shop) -> None:
    shop.git("switch", "-qc", "feature")
    plan = shop.plan("--base", "main")
    assert (plan["changes"], plan["run"]) == ([], [])
    assert plan["base"]["kind"] == "revision"
    assert plan["base"]["name"] == f"main ({shop.git('rev-parse', 'main')[:10]})"


@pytest.mark.parametrize(
    ("file", "old", "new", "changed", "why"),
    [
        ("models/marts/published.sql", "1", "2", "published", "sql"),
        ("models/intermediate/int_order_payments.sql", "sum", "max", "int_order_payments", "sql"),
        ("models/marts/fct_orders.sql", "select", "{{ config(materialized='view') }}\nselect", "fct_orders", "config"),
        ("macros/cents_to_euros.sql", "/ 100", "/ 100.0", "stg_payments", "macro"),
        ("seeds/orders.csv", "11,1,paid", "11,1,returned", "orders", "seed"),
        ("models/marts/marts.yml", "One row per order.", "One row, one order.", "fct_orders", "description"),
        ("models/marts/marts.yml", "data_type: varchar", "data_type: text", "dim_customers", "contract"),
        ("models/staging/staging.yml", "schema: app", "schema: application", "source:app.events", "source"),
        ("models/marts/marts.yml", "5 as amount", "7 as amount", "orders_without_payments_cost_nothing", "sql"),
        ("models/marts/marts.yml", "type: dashboard", "type: notebook", "sales_dashboard", "exposure"),
        (
            "snapshots/customers_history.yml",
            "check_cols: all",
            "check_cols: [customer_name]",
            "customers_history",
            "config",
        ),
        ("tests/no_negative_amounts.sql", "amount < 0", "amount < 1", "no_negative_amounts", "sql"),
        (
            "models/staging/stg_customers.sql",
            "select",
            "{{ config(alias='people') }}\nselect",
            "stg_customers",
            "relation",
        ),
    ],
)
def test_each_reason(shop: Shop, file: str, old: str, new: str, changed: str, why: str) -> None:
    shop.edit(file, old, new)
    found = {name.removeprefix("fct_orders."): each for name, each in reasons(shop.plan()).items()}
    assert changed.replace("source:", "") in found or changed in found, found
    assert why in found[changed.replace("source:", "")]
    assert len(found) == 1


def test_the_reach_of_a_change(shop: Shop) -> None:
    shop.edit("models/staging/stg_payments.sql", "    order_id", "    order_id + 0 as order_id")
    plan = shop.plan()
    assert ran(plan) == {"stg_payments", "int_order_payments"} | EVERYTHING_BELOW_FCT_ORDERS
    assert plan["exposures"] == ["sales_dashboard"]
    why = {last(decision["unique_id"]): decision["why"] for decision in plan["run"]}
    assert why["stg_payments"] == "modified: sql"
    assert why["int_order_payments"] == "reads changed column order_id of stg_payments"
    assert "int_order_payments" in why["fct_orders"]
    assert why["unique_fct_orders_order_id"].startswith("tests fct_orders")
    both = {decision["unique_id"] for decision in plan["run"]} & {each["unique_id"] for each in plan["skipped"]}
    assert both == set()
    assert len(plan["run"]) + len(plan["skipped"]) == 21


def test_seeds_snapshots_and_tests_between_models(shop: Shop) -> None:
    shop.edit("seeds/customers.csv", "Ada", "Ada L.")
    assert ran(shop.plan()) == {
        "customers",
        "stg_customers",
        "dim_customers",
        "customers_history",
        "unique_stg_customers_customer_id",
        "not_null_stg_customers_customer_id",
        "relationships_stg_orders_customer_id__customer_id__ref_stg_customers_",
    }


def test_a_source_reaches_what_reads_it(shop: Shop) -> None:
    shop.edit("models/staging/staging.yml", "schema: app", "schema: application")
    assert ran(shop.plan()) == {"stg_events", "fct_events"}


def test_added_nodes(shop: Shop) -> None:
    shop.write("models/marts/top_orders.sql", "select * from {{ ref('fct_orders') }} where amount > 10\n")
    shop.edit("models/marts/marts.yml", "data_tests: [unique]", "data_tests: [unique, not_null]")
    plan = shop.plan()
    kinds = {change["unique_id"].split(".")[2]: (change["kind"], change["reasons"]) for change in plan["changes"]}
    assert kinds == {"top_orders": ("added", ["new"]), "not_null_fct_orders_order_id": ("added", ["new"])}
    assert ran(plan) == {"top_orders", "not_null_fct_orders_order_id"}


def test_removed_nodes(shop: Shop) -> None:
    shop.remove("models/marts/published.sql")
    shop.edit("models/marts/dim_customers.sql", "select", "{{ config(enabled=false) }}\nselect")
    shop.remove("tests/no_negative_amounts.sql")
    plan = shop.plan()
    removed = {change["unique_id"].split(".")[2]: change for change in plan["changes"]}
    assert {name: (each["kind"], *each["reasons"]) for name, each in removed.items()} == {
        "published": ("removed", "removed"),
        "dim_customers": ("removed", "disabled"),
        "no_negative_amounts": ("removed", "removed"),
    }
    assert removed["published"]["relation"] == "prod.main.published"
    assert removed["no_negative_amounts"]["relation"] is None
    assert plan["run"] == []
    out = shop.ok("plan").out
    assert "no longer built, stays in production" in out


def test_removing_a_model_under_contract_is_a_change_like_any_other(shop: Shop) -> None:
    shop.remove("models/marts/dim_customers.sql")
    plan = shop.plan()
    assert {change["kind"] for change in plan["changes"]} == {"removed"}


def test_breaking_the_contract_of_a_version_is_a_change_like_any_other(shop: Shop) -> None:
    """dbt's own selector raises here, and the plan would end with it."""
    sheet = (
        "models:\n  - name: prices\n    config: {{contract: {{enforced: true}}}}\n    latest_version: 1\n"
        "    versions: [{{v: 1}}]\n    columns: [{{name: edition, data_type: {0}}}]\n"
    )
    shop.write("models/marts/prices_v1.sql", "select 1 as edition\n")
    shop.write("models/marts/prices.yml", sheet.format("integer"))
    shop.commit("a version under contract")
    shop.write("models/marts/prices.yml", sheet.format("bigint"))
    assert "contract" in reasons(shop.plan("--base", "main"))["prices.v1"]


def test_vars_that_change_a_config(shop: Shop) -> None:
    how = "{{ config(materialized=var('how', 'table')) }}"
    shop.write("models/marts/published.sql", f"{how}\nselect 1 as edition\n")
    shop.commit("a var")
    assert shop.plan("--base", "main")["changes"] == []
    assert "config" in reasons(shop.plan("--vars", "how: view"))["published"]


def test_only_a_branch_s_own_changes_count(shop: Shop) -> None:
    shop.git("switch", "-qc", "feature")
    shop.publish(2)
    shop.commit("mine")
    shop.git("switch", "-q", "main")
    shop.edit("models/staging/stg_orders.sql", "status", "upper(status) as status")
    shop.commit("theirs")
    shop.git("switch", "-q", "feature")
    assert reasons(shop.plan("--base", "main")) == {"published": ("sql",)}
    shop.edit("models/marts/dim_customers.sql", "customer_name", "trim(customer_name) as customer_name")
    assert set(reasons(shop.plan("--base", "main"))) == {"published", "dim_customers"}
    assert shop.git("worktree", "list").count("\n") == 0


def test_base_and_state_agree(shop: Shop) -> None:
    shop.edit("macros/cents_to_euros.sql", "/ 100", "/ 100.0")
    shop.edit("seeds/orders.csv", "11,1,paid", "11,1,returned")
    stored, revision = shop.plan(), shop.plan("--base", "main")
    assert stored["changes"] == revision["changes"]
    assert stored["run"] == revision["run"]


def test_history_that_is_not_shared(shop: Shop) -> None:
    shop.git("switch", "-q", "--orphan", "island")
    shop.git("checkout", "main", "--", ".")
    shop.commit("elsewhere")
    refused(shop.run("plan", "--base", "main"), "no history with main", "fetch-depth: 0")


def test_a_base_without_the_project(shop: Shop) -> None:
    shop.git("switch", "-q", "--orphan", "before")
    shop.git("rm", "-rq", "--cached", ".", "--ignore-unmatch")
    (shop.top / "README.md").write_text("soon\n", encoding="utf-8")
    shop.git("add", "README.md")
    shop.git("commit", "-qm", "empty")
    shop.git("switch", "-qc", "after")
    shop.git("checkout", "main", "--", ".")
    shop.commit("the project")
    refused(shop.run("plan", "--base", "before"), "no dbt project at before")


def test_a_project_in_a_subfolder(tmp_path: Path) -> None:
    shop = lay_out(tmp_path / "repository", "analytics/shop")
    shop.publish(2)
    assert reasons(shop.plan("--base", "main")) == {"published": ("sql",)}
    above = Shop(shop.top, shop.top)
    assert reasons(above.plan("--base", "main", "--project-dir", "analytics/shop")) == {"published": ("sql",)}


def test_dbt_s_own_artifacts_as_state(shop: Shop) -> None:
    artifacts = shop.root / "artifacts"
    artifacts.mkdir()
    shutil.copyfile(shop.root / "target" / "dataops" / "deploy" / "manifest.json", artifacts / "manifest.json")
    plan = shop.plan("--state", "artifacts")
    assert plan["base"] == {"kind": "artifacts", "name": "artifacts", "unread": None}
    shop.publish(2)
    assert "published" in reasons(shop.plan("--state", "artifacts"))


def test_state_on_an_object_store(editions: Shop, tmp_path: Path) -> None:
    """Written and read in this process: `memory://` lives no longer."""
    name = f"memory://{tmp_path.name}/state"
    on_disk = editions.pointer()
    editions.write("dataops.yml", f"state: {name}\n")
    editions.ok("deploy")
    assert fsspec.filesystem("memory").exists(f"/{tmp_path.name}/state/current.json")
    assert editions.pointer() == on_disk, "the state went to the default place too"
    assert editions.plan()["changes"] == []
    editions.publish(2)
    assert reasons(editions.plan()) == {"published": ("sql",)}
    editions.ok("deploy")
    editions.ok("rollback")
    assert editions.edition() == 1


def test_state_by_a_file_url(shop: Shop) -> None:
    place = (shop.root / ".dataops" / "state").as_uri()
    assert shop.plan("--state", place)["changes"] == []


def test_a_fresh_checkout_uses_the_stored_parse(shop: Shop, tmp_path: Path) -> None:
    shutil.rmtree(shop.root / "target")
    plan = shop.plan()
    assert plan["full_parse"] is None
    assert plan["changes"] == []


def test_a_moved_checkout_is_the_same_project(shop: Shop, tmp_path: Path) -> None:
    other = copied(shop, tmp_path / "elsewhere")
    assert other.plan()["changes"] == []
    other.edit("seeds/orders.csv", "11,1,paid", "11,1,returned")
    assert reasons(other.plan()) == {"orders": ("seed",)}


def test_markdown(shop: Shop) -> None:
    shop.publish(2)
    out = shop.ok("plan", "--format", "markdown").out
    assert out.startswith("## Plan: 1 model to run, 20 skipped\n")
    assert (
        "| `published` | modified | sql: column edition is computed differently | `models/marts/published.sql` |" in out
    )


def test_no_warehouse_is_touched(shop: Shop) -> None:
    shop.publish(2)
    files = {path: path.stat().st_mtime_ns for path in shop.root.rglob("*.duckdb")}
    shop.plan()
    shop.plan("--base", "main")
    assert {path: path.stat().st_mtime_ns for path in shop.root.rglob("*.duckdb")} == files


def test_an_unreadable_stored_parse_falls_back(shop: Shop) -> None:
    """A parse by another dbt version: the release's manifest is compared instead."""
    from dataops.store.state import Bundle, State, pack

    state = State(os.fspath(shop.root / ".dataops" / "state"))
    bundle = state.bundle()
    assert isinstance(bundle, Bundle)
    files = {name: bundle.read(name) or b"" for name in ("manifest.json", "relations.json")}
    record = next(each for each in state.releases() if each.id == shop.live)
    state.record(record, pack({**files, "parse/ci.msgpack": b"of another version"}))
    state.point(record.id)
    shutil.rmtree(shop.root / "target")
    shop.publish(2)
    assert "published" in ran(shop.plan())


def test_properties_left_of_a_model_that_is_gone_plan_no_test(shop: Shop) -> None:
    """dbt warns of them, and keeps the test in its manifest, switched off: it is not planned, and not missed."""
    shop.write("models/marts/gone.sql", "select 1 as id\n")
    shop.write("models/marts/gone.yml", "models: [{name: gone, columns: [{name: id, data_tests: [not_null]}]}]\n")
    shop.commit()
    shop.remove("models/marts/gone.sql")
    plan = shop.plan("--base", "main")
    assert [each["kind"] for each in plan["changes"] if each["unique_id"] == "model.shop.gone"] == ["removed"]
    assert plan["run"] == []
