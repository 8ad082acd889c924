"""`ci`: a change is built on production's data, beside production, and judged."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb
import pytest
import yaml
from filelock import FileLock

from dataops.project.session import Project
from tests.holding import held
from tests.shop import Shop, copied, dump, normalised, refused
from tests.written import golden, valid


def _tables(database: Path) -> set[str]:
    with duckdb.connect(str(database), read_only=True) as connection:
        found = connection.execute("select table_name from duckdb_tables() where not internal").fetchall()
        found += connection.execute("select view_name from duckdb_views() where not internal").fetchall()
    return {row[0] for row in found}


def _review(shop: Shop) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(shop.read("target/dataops/review.json"))
    valid("review", document)
    return document


def _rows(shop: Shop) -> dict[str, tuple[int | None, int | None]]:
    """Rows before and after by name."""
    return {
        each["unique_id"].split(".")[2]: tuple(side and side["rows"] for side in (each["before"], each["after"]))
        for each in _review(shop)["data"]
    }


def _busy_change(shop: Shop) -> None:
    """A change of every kind: SQL, a new model, a removed one, a failing test, a finding of lint."""
    shop.edit("models/staging/stg_payments.sql", "from {{", ", 'card' as method\nfrom {{")
    shop.write("models/marts/top_orders.sql", "select order_id FROM {{ ref('fct_orders') }} where amount > 10\n")
    shop.remove("models/marts/published.sql")
    shop.edit("tests/no_negative_amounts.sql", "amount < 0", "amount > 50")
    shop.edit("seeds/customers.csv", "3,Edsger", "3,Edsger\n4,Barbara")


# -- what is built, and where -----------------------------------------------------------------------------------------


def test_only_the_slice_is_built_and_production_is_not_touched(shop: Shop) -> None:
    before = shop.digest()
    shop.edit("models/marts/fct_orders.sql", "orders.status,", "upper(orders.status) as status,")
    shop.ok("ci", "--keep")
    assert _tables(shop.built) == {"fct_orders"}
    assert shop.query("select distinct status from fct_orders order by 1", shop.built) == [("PAID",), ("RETURNED",)]
    assert shop.digest() == before
    assert not (shop.root / "prod.duckdb.wal").exists()
    results = {each["name"]: each["status"] for each in _review(shop)["results"]}
    assert results == {
        "fct_orders": "success",
        "orders_without_payments_cost_nothing": "pass",
        "unique_fct_orders_order_id": "pass",
        "no_negative_amounts": "pass",
    }


def test_views_of_production_are_read_in_place(shop: Shop) -> None:
    """`stg_orders` is a view whose text names the database: it works under the name it has in production."""
    assert shop.query("select count(*) from duckdb_views() where view_name = 'stg_orders'") == [(1,)]
    shop.edit("models/marts/fct_orders.sql", "orders.status,", "upper(orders.status) as status,")
    shop.ok("ci")
    assert _rows(shop) == {"fct_orders": (4, 4)}


def test_a_source_in_production_s_file(shop: Shop) -> None:
    shop.edit("models/staging/stg_events.sql", "customer_id", "customer_id + 1 as customer_id")
    shop.ok("ci", "--keep")
    assert shop.query("select count(*) from fct_events", shop.built) == [(5,)]


def test_incremental_models_start_from_production(shop: Shop) -> None:
    shop.change_data("insert into app.events values (6, 2); update fct_events set customer_id = 99 where event_id = 1")
    shop.edit("models/marts/fct_events.sql", "coalesce(max(event_id), 0)", "coalesce(max(event_id), -1)")
    shop.ok("ci", "--keep")
    rows = "select customer_id from fct_events order by event_id"
    assert shop.query(rows, shop.built) == [(99,), (1,), (1,), (1,), (1,), (2,)]
    assert _review(shop)["copied"] == ["model.shop.fct_events"]
    assert _rows(shop) == {"fct_events": (5, 6)}
    assert shop.query("select count(*) from fct_events") == [(5,)]


def test_full_refresh_starts_from_nothing(shop: Shop) -> None:
    shop.change_data("update fct_events set customer_id = 99 where event_id = 1")
    shop.edit("models/marts/fct_events.sql", "coalesce(max(event_id), 0)", "coalesce(max(event_id), -1)")
    shop.ok("ci", "--keep", "--full-refresh")
    assert shop.query("select distinct customer_id from fct_events", shop.built) == [(1,)]
    assert _review(shop)["copied"] == []


def test_snapshots_start_from_production(shop: Shop) -> None:
    shop.edit("seeds/customers.csv", "1,Ada", "1,Ada Lovelace")
    shop.ok("ci", "--keep", "--full-refresh")
    history = "select customer_name, dbt_valid_to is null from customers_history where customer_id = 1 order by 2"
    assert shop.query(history, shop.built) == [("Ada", False), ("Ada Lovelace", True)]
    assert shop.query("select count(*) from customers_history") == [(3,)]


def test_a_model_that_becomes_incremental_starts_from_nothing(shop: Shop) -> None:
    shop.edit("models/marts/published.sql", "select", "{{ config(materialized='incremental') }}\nselect")
    shop.ok("ci", "--keep")
    assert shop.query("select count(*) from published", shop.built) == [(1,)]


def test_without_production_the_parents_are_built(shop: Shop) -> None:
    shop.production.unlink()
    shop.edit("models/marts/fct_orders.sql", "orders.status,", "upper(orders.status) as status,")
    shop.ok("ci", "--base", "main", "--keep")
    assert {"fct_orders", "stg_orders", "stg_payments", "orders", "payments"} <= _tables(shop.built)
    assert "published" not in _tables(shop.built)
    assert not shop.production.exists()
    review = _review(shop)
    assert review["plan"]["production_data"] is False
    assert "no production data here yet" in shop.read("target/dataops/review.md")


def test_parents_that_production_lacks_are_built(shop: Shop) -> None:
    shop.change_data("drop view stg_orders")
    shop.edit("models/marts/fct_orders.sql", "orders.status,", "upper(orders.status) as status,")
    shop.ok("ci", "--keep")
    assert _tables(shop.built) == {"fct_orders", "stg_orders"}
    assert _rows(shop)["stg_orders"] == (None, 4)


def test_what_ci_built_goes_after_success_and_stays_after_failure(shop: Shop) -> None:
    shop.publish(2)
    shop.ok("ci")
    assert not shop.built.exists()
    shop.ok("ci", "--keep")
    assert shop.built.exists()
    shop.ok("ci", "--clean")
    assert not shop.built.exists()
    assert shop.ok("ci", "--clean").out == "Nothing was left.\n"
    shop.edit("seeds/payments.csv", "100,10,1200", "100,10,-1200")
    assert shop.run("ci").code == 1
    assert shop.built.exists()
    assert shop.query("select count(*) from fct_orders where amount < 0", shop.built) == [(1,)]


def test_what_a_killed_run_left_is_no_obstacle(shop: Shop) -> None:
    shop.built.parent.mkdir(parents=True, exist_ok=True)
    shop.built.write_bytes(b"half a database")
    shop.built.with_name("ci.duckdb.wal").write_bytes(b"half a log")
    shop.publish(2)
    shop.ok("ci")


def test_a_verdict_is_what_ci_said_wherever_it_is_shown(shop: Shop) -> None:
    def said() -> list[tuple[str, str]]:
        shop.ok("site")
        page = shop.read("target/dataops/site/changes.html")
        verdicts = re.findall(r">(ready|not ready|unknown)<", page)
        summaries = re.findall(r"<bdi>((?:Not r|R)eady[^<]*|it[^<]*)</bdi>", page)
        return list(zip(verdicts, summaries, strict=True))

    # All that is built passes, and the change is refused: for its style, and for its data.
    shop.edit("models/marts/fct_orders.sql", "orders.status,", "UPPER(orders.status) as status,")
    assert shop.run("ci").code == 1
    shop.git("checkout", "-q", "models")
    shop.write("dataops.yml", "diff: {rules: [{name: as it was, models: fct_orders, modified: 0}]}\n")
    shop.edit("models/marts/fct_orders.sql", "orders.status,", "upper(orders.status) as status,")
    assert shop.run("ci").code == 1
    # Nothing is built of what breaks a reader.
    shop.git("checkout", "-q", "models")
    shop.edit("models/staging/stg_payments.sql", "as amount", "as much")
    assert shop.run("ci").code == 1
    shop.git("checkout", "-q", "models")
    shop.write("dataops.yml", "")
    shop.edit("models/marts/fct_orders.sql", "orders.status,", "upper(orders.status) as status,")
    shop.ok("ci")
    found = said()
    assert [verdict for verdict, _ in found] == ["ready", "not ready", "not ready", "not ready"]
    assert all(summary.lower().startswith(verdict) for verdict, summary in found)
    listed = shop.ok("history", "--format", "json").json["invocations"]
    assert [each["status"] for each in listed if each["command"] == "ci"] == ["failed"] * 3 + ["success"]


def test_nothing_to_build(shop: Shop) -> None:
    out = shop.ok("ci").out
    assert "Ready: nothing that production builds is changed" in out
    assert not shop.built.exists()
    review = _review(shop)
    assert (review["results"], review["data"], review["lint"]["files"]) == ([], [], [])


def test_one_at_a_time_in_a_checkout(shop: Shop) -> None:
    shop.publish(2)
    (shop.root / "target" / "dataops").mkdir(parents=True, exist_ok=True)
    with FileLock(shop.root / "target" / "dataops" / "ci.lock"):
        refused(shop.run("ci"), "another `dataops ci`", str(shop.root))


def test_a_revision_as_base_builds_on_production_too(shop: Shop) -> None:
    shop.edit("models/marts/fct_orders.sql", "orders.status,", "upper(orders.status) as status,")
    shop.ok("ci", "--base", "main", "--keep")
    assert _tables(shop.built) == {"fct_orders"}
    assert _rows(shop) == {"fct_orders": (4, 4)}


# -- profiles ---------------------------------------------------------------------------------------------------------


def _released_with(fresh: Shop, old: str, new: str) -> Shop:
    fresh.edit("profiles/profiles.yml", old, new)
    fresh.ok("deploy")
    fresh.edit("models/marts/fct_orders.sql", "orders.status,", "upper(orders.status) as status,")
    return fresh


def test_a_profile_without_a_target_for_ci(fresh: Shop) -> None:
    shop = _released_with(fresh, "    ci: {type: duckdb, path: ci.duckdb, threads: 2}\n", "")
    before = shop.digest()
    shop.ok("ci", "--keep")
    assert _tables(shop.root / "target" / "dataops" / "ci" / "prod_ci.duckdb") == {"fct_orders"}
    assert shop.digest() == before


def test_a_profile_whose_only_target_is_production(fresh: Shop) -> None:
    fresh.write(
        "profiles/profiles.yml", "shop:\n  target: prod\n  outputs:\n    prod: {type: duckdb, path: prod.duckdb}\n"
    )
    fresh.ok("deploy")
    fresh.publish(2)
    fresh.ok("ci")
    assert fresh.edition() == 1


def test_a_default_target_in_jinja(fresh: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TARGET", "live")
    fresh.edit("profiles/profiles.yml", "target: dev", "target: \"{{ env_var('SHOP_TARGET') }}\"")
    shop = _released_with(fresh, "    prod: {", "    live: {")
    before = shop.digest()
    shop.ok("ci", "--keep")
    assert _tables(shop.built) == {"fct_orders"}
    assert shop.digest() == before
    monkeypatch.delenv("SHOP_TARGET")
    refused(shop.run("ci"), "SHOP_TARGET")


def test_settings_name_the_targets(fresh: Shop) -> None:
    fresh.write("dataops.yml", "production: {target: live}\nci: {target: review}\n")
    fresh.edit("profiles/profiles.yml", "    ci: {type: duckdb, path: ci", "    review: {type: duckdb, path: review")
    shop = _released_with(fresh, "    prod: {", "    live: {")
    shop.ok("ci", "--keep")
    assert _tables(shop.root / "target" / "dataops" / "ci" / "review.duckdb") == {"fct_orders"}
    shop.write("dataops.yml", "production: {target: live}\nci: {target: live}\n")
    refused(shop.run("ci"), "same target `live`")


def test_secrets_stay_in_the_environment(fresh: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_SECRET", "777MB")
    for name in ("prod", "ci"):
        limit = "settings: {memory_limit: \"{{ env_var('SHOP_SECRET') }}\"}"
        fresh.edit("profiles/profiles.yml", f"path: {name}.duckdb", f"path: {name}.duckdb, {limit}")
    fresh.ok("deploy")
    fresh.publish(2)
    fresh.ok("ci", "--keep")
    written = list((fresh.root / "target" / "dataops" / "profiles").rglob("*.yml"))
    assert written
    assert all("777MB" not in path.read_text(encoding="utf-8") for path in written)


# -- the review -------------------------------------------------------------------------------------------------------


def test_the_review_as_written(shop: Shop) -> None:
    """Everything that a reviewer sees, in Markdown and in a terminal, for a change of every kind."""
    _busy_change(shop)
    ran = shop.run("ci", "--threads", "1")
    assert ran.code == 1
    golden("review.txt", normalised(ran.out))
    golden("review.md", normalised(shop.read("target/dataops/review.md")))


def test_the_review_of_a_good_change(shop: Shop) -> None:
    shop.publish(2)
    ran = shop.ok("ci", "--format", "markdown")
    assert ran.out == shop.read("target/dataops/review.md")
    golden("review_ready.md", normalised(ran.out))


def test_json_keeps_its_contract(shop: Shop) -> None:
    _busy_change(shop)
    plan = shop.plan()
    valid("plan", plan)
    ran = shop.run("ci", "--format", "json")
    review = ran.json
    valid("review", review)
    assert review == _review(shop)
    assert review["exit_code"] == ran.code == 1
    assert review["plan"]["changes"] == plan["changes"]
    assert {each["kind"] for each in plan["changes"]} == {"added", "modified", "removed"}


def test_the_contract_is_closed(shop: Shop) -> None:
    """A key that the schemas do not know would be found: they allow no others."""
    plan = shop.plan()
    for broken in ({**plan, "extra": 1}, {key: plan[key] for key in plan if key != "run"}, {**plan, "version": 2}):
        with pytest.raises(Exception, match=r"extra|run|1 was expected"):
            valid("plan", broken)


def test_junit(shop: Shop) -> None:
    _busy_change(shop)
    assert shop.run("ci").code == 1
    suites = {suite.get("name"): suite for suite in ElementTree.parse(shop.root / "target/dataops/junit.xml").getroot()}
    build, lint = suites["dbt build"], suites["lint"]
    results = _review(shop)["results"]
    assert build.get("tests") == str(len(results)) == str(len(build.findall("testcase")))
    assert build.get("failures") == "1"
    failed = [case for case in build if case.find("failure") is not None]
    assert [(case.get("name"), case.get("classname")) for case in failed] == [
        ("no_negative_amounts", "tests/no_negative_amounts.sql")
    ]
    assert int(lint.get("failures", "0")) == len(lint.findall("testcase/failure")) > 0


def test_an_error_in_a_model_skips_what_reads_it(shop: Shop) -> None:
    shop.edit("models/staging/stg_customers.sql", "name as", "surname as")
    ran = shop.run("ci")
    assert ran.code == 1
    assert "ERROR stg_customers models/staging/stg_customers.sql" in ran.out
    assert "surname" in ran.out
    text = shop.read("target/dataops/review.md")
    assert "### What failed" in text
    assert "Not reached because of that" in text
    assert "dim_customers" in text.split("Not reached because of that")[1].splitlines()[0]


def test_columns_that_changed_are_told(shop: Shop) -> None:
    sheet = yaml.safe_load(shop.read("models/marts/marts.yml"))
    del sheet["unit_tests"]
    shop.write("models/marts/marts.yml", dump(sheet))
    shop.write(
        "models/marts/fct_orders.sql",
        "select order_id, amount::integer as amount, 1 as extra, customer_id\n"
        "from (select 1 as order_id, 2 as amount, 3 as customer_id) as one\n",
    )
    assert "that something reads would be gone" in shop.run("ci").out
    shop.run("ci", "--allow-breaking")
    text = shop.read("target/dataops/review.md")
    row = next(line for line in text.splitlines() if line.startswith("| `fct_orders`") and "→" in line)
    assert "| 4 → 1 | +1 | −4 | 0 |" in row
    assert "`extra` added" in row
    assert "`status` removed" in row
    assert "`amount` DOUBLE → INTEGER" in row


def test_two_projects_one_after_the_other(shop: Shop, tmp_path: Path) -> None:
    """In one process: neither sees anything of the other's, and each can be parsed twice."""
    other = copied(shop, tmp_path / "other")
    other.edit("models/marts/published.sql", "1 as edition", "7 as number")
    other.edit("macros/cents_to_euros.sql", "/ 100", "/ 1000")
    shop.edit("models/marts/fct_orders.sql", "orders.status,", "upper(orders.status) as status,")
    for _ in range(2):
        shop.ok("ci", "--keep")
        assert _tables(shop.built) == {"fct_orders"}
        other.ok("ci", "--keep")
        assert _tables(other.built) == {"published", "stg_payments", "fct_orders"}
    assert shop.query("select max(amount) from fct_orders", shop.built) == [(99.0,)]
    assert other.query("select max(amount) from fct_orders", other.built) == [(9.9,)]


def test_nothing_stays_open_or_switched_off(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    import gc
    import threading

    collecting: list[bool] = []
    invoke = Project._invoke

    def noted(self: Project, command: str, *given: Any, **more: Any) -> object:
        collecting.extend([gc.isenabled()] if command == "build" else [])
        return invoke(self, command, *given, **more)

    monkeypatch.setattr(Project, "_invoke", noted)
    shop.publish(2)
    gc.unfreeze()
    shop.ok("ci")
    assert collecting == [True], "a build makes garbage that nobody looks for"
    left_out = gc.get_freeze_count()
    assert left_out > 100_000, "a build's search for garbage goes through all that was loaded before it"
    shop.ok("deploy")
    assert gc.get_freeze_count() <= left_out, "a process keeps what more than its first command loaded"
    assert gc.isenabled()
    with duckdb.connect(str(shop.production)) as connection:  # a writer, which any open reader would shut out
        connection.execute("select 1")
    assert {thread.name for thread in threading.enumerate()} >= {"MainThread"}


def test_a_checkout_elsewhere_reads_its_own_seeds(shop: Shop, tmp_path: Path) -> None:
    """The stored parse was made in another folder, whose files are still there."""
    other = copied(shop, tmp_path / "elsewhere")
    shutil.rmtree(other.root / "target")
    other.edit("seeds/customers.csv", "3,Edsger", "3,Edsger\n4,Barbara")
    other.ok("ci", "--keep")
    assert other.query("select count(*) from customers", other.built) == [(4,)]


def test_a_reader_of_production_is_no_obstacle(shop: Shop) -> None:
    shop.edit("models/marts/fct_orders.sql", "orders.status,", "upper(orders.status) as status,")
    with held(shop.production, read_only=True):
        shop.ok("ci")


def test_a_fresh_checkout_with_the_stored_state(shop: Shop) -> None:
    shutil.rmtree(shop.root / "target")
    shop.publish(2)
    shop.ok("ci")
    assert _rows(shop) == {"published": (1, 1)}
