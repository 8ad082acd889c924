"""What commands tell OpenLineage: what is true of production, by the official schemas, whatever the collector does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dataops import config
from dataops.orchestrate.openlineage.facets import _SCHEMAS, facet
from dataops.orchestrate.openlineage.spool import FOLDER, pending
from tests.orchestrate.collector import Collector, collecting
from tests.orchestrate.official import documents, valid_event
from tests.shop import Shop

RUN = "3f5e83fa-3480-44ff-99c5-ff943904e5e8"


@pytest.fixture(autouse=True)
def _unset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("OPENLINEAGE")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with collecting() as found:
        monkeypatch.setenv("OPENLINEAGE_URL", found.url)
        yield found


def _short(event: dict[str, Any]) -> str:
    """`model.fct_orders`, or the command."""
    parts = event["job"]["name"].split(".")
    assert parts[0] == "shop"
    return parts[2] if len(parts) == 3 else f"{parts[2]}.{parts[-1]}"


def _states(events: list[dict[str, Any]]) -> dict[str, list[str]]:
    """The states of each job's runs, in their order; every event is held to its schema on the way."""
    found: dict[str, list[str]] = {}
    for event in events:
        valid_event(event)
        found.setdefault(_short(event), []).append(event["eventType"])
    return found


def _written(events: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The datasets that were told as written, by name."""
    return {each["name"]: each for event in events for each in event["outputs"]}


def _end(events: list[dict[str, Any]]) -> dict[str, Any]:
    return events[-1]


def _facet(event: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = event["run"]["facets"][name]
    return found


# -- a release ------------------------------------------------------------------------------------------------------


def test_a_release_tells_what_is_live(fresh: Shop, collector: Collector) -> None:
    fresh.ok("deploy")
    told = collector.events
    states = _states(told)
    assert states.pop("deploy") == ["START", "RUNNING", "COMPLETE"]
    assert set(states) == {
        "model.dim_customers", "model.fct_events", "model.fct_orders", "model.published", "model.stg_customers",
        "model.stg_events", "model.stg_orders", "model.stg_payments", "seed.customers", "seed.orders", "seed.payments",
        "snapshot.customers_history",
    }  # fmt: skip
    assert all(each == ["START", "RUNNING", "COMPLETE"] for each in states.values()), states
    namespace = f"duckdb://{fresh.production}"
    written = _written(told)
    assert {each["namespace"] for each in written.values()} == {namespace}
    assert set(written) == {f"prod.main.{name.split('.')[1]}" for name in states}
    orders = written["prod.main.fct_orders"]
    assert [each["name"] for each in orders["facets"]["schema"]["fields"]] == [
        "order_id", "customer_id", "status", "amount",
    ]  # fmt: skip
    assert orders["outputFacets"]["outputStatistics"]["rowCount"] == 4
    of_amount = orders["facets"]["columnLineage"]["fields"]["amount"]["inputFields"]
    assert [(each["namespace"], each["name"], each["field"]) for each in of_amount] == [
        (namespace, "prod.main.stg_payments", "amount")
    ]
    [event] = [each for each in told if each["outputs"] and _short(each) == "model.fct_orders"]
    # Through a model that is ephemeral.
    assert [each["name"] for each in event["inputs"]] == ["prod.main.stg_orders", "prod.main.stg_payments"]
    [event] = [each for each in told if each["outputs"] and _short(each) == "model.stg_events"]
    assert [each["name"] for each in event["inputs"]] == ["prod.app.events"]
    # An incremental model's rows are not all of them its own writing.
    assert written["prod.main.fct_events"]["outputFacets"] == {}
    release = _facet(_end(told), "dataops_release")
    assert (release["release"], release["became"], release["target"]) == (fresh.live, "published", "prod")
    assert release["revision"] == fresh.git("rev-parse", "HEAD")
    assert _facet(_end(told), "processing_engine")["name"] == "dbt"
    assert pending(fresh.root) == []


def test_tests_are_assertions_of_what_they_are_about(shop: Shop, collector: Collector) -> None:
    shop.write("tests/no_strangers.sql", "select 1 from {{ ref('orders') }}, {{ ref('customers') }} limit 0\n")
    shop.ok("deploy")
    end = _end(collector.events)
    tests = {each["name"]: each for each in _facet(end, "test")["tests"]}
    assert tests["no_strangers"] == {
        "name": "no_strangers", "status": "pass", "severity": "error", "type": "custom_sql",
        "expected": "0", "actual": "0",
    }  # fmt: skip
    assert tests["orders_without_payments_cost_nothing"]["type"] == "unit_test"
    about = {each["name"]: each["inputFacets"]["dataQualityAssertions"]["assertions"] for each in end["inputs"]}
    named = {name: {each["name"] for each in several} for name, several in about.items()}
    assert named["prod.main.fct_orders"] == {"unique_fct_orders_order_id", "no_negative_amounts"}
    assert not any("no_strangers" in several for several in named.values()), "it is about two"
    [unique] = [each for each in about["prod.main.fct_orders"] if each["assertion"] == "unique"]
    assert (unique["column"], unique["success"], unique["actual"]) == ("order_id", True, "0")


def test_a_refused_release_tells_of_no_dataset(shop: Shop, collector: Collector) -> None:
    shop.edit("seeds/payments.csv", "100,10,1200", "100,10,-1200")
    assert shop.run("deploy").code == 1
    told = collector.events
    states = _states(told)
    assert states.pop("deploy") == ["START", "RUNNING", "FAIL"]
    assert states["model.fct_orders"] == ["START", "RUNNING", "ABORT"]
    assert all(each[-1] == "ABORT" for each in states.values()), states
    assert not any(each["outputs"] or each["inputs"] for each in told)
    assert _facet(_end(told), "errorMessage")["message"] == "Not released: no_negative_amounts failed"
    [failed] = [each for each in _facet(_end(told), "test")["tests"] if each["status"] == "fail"]
    assert (failed["name"], failed["actual"]) == ("no_negative_amounts", "1")
    assert _facet(_end(told), "dataops_release")["became"] == "refused"


def test_a_node_that_cannot_be_built_fails_without_its_values(shop: Shop, collector: Collector) -> None:
    shop.write("models/marts/published.sql", "select cast('anna@example.com' as integer) as edition\n")
    assert shop.run("deploy").code == 1
    states = _states(collector.events)
    assert states["model.published"] == ["START", "FAIL"]
    [failed] = [each for each in collector.events if _short(each) == "model.published" and each["eventType"] == "FAIL"]
    assert "Conversion" in _facet(failed, "errorMessage")["message"]
    assert "anna" not in json.dumps(collector.events)


def test_what_waits_is_written_when_it_is_published(shop: Shop, collector: Collector) -> None:
    shop.publish(2)
    shop.ok("deploy", "--hold")
    held = collector.events[:]
    assert _states(held).pop("deploy")[-1] == "COMPLETE"
    assert not any(each["outputs"] or each["inputs"] for each in held)
    assert _facet(_end(held), "dataops_release")["became"] == "waiting"
    shop.ok("publish")
    told = collector.events[len(held) :]
    states = _states(told)
    assert states.pop("publish") == ["START", "COMPLETE"]
    assert all(each == ["START", "COMPLETE"] for each in states.values()), states
    assert "prod.main.published" in _written(told)
    assert _facet(_end(told), "dataops_release")["release"] == shop.live
    names = {each["name"] for several in _end(told)["inputs"] for each in _assertions(several)}
    assert "unique_fct_orders_order_id" in names


def _assertions(dataset: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = dataset["inputFacets"]["dataQualityAssertions"]["assertions"]
    return found


def test_what_a_pause_holds_is_not_told_as_written(shop: Shop, collector: Collector) -> None:
    shop.ok("pause", "fct_orders", "--reason", "late data")
    assert shop.run("deploy").code == 1
    told = collector.events
    states = _states(told)
    assert states["model.fct_orders"] == ["START", "RUNNING", "ABORT"], "it was built, judged and thrown away"
    assert states["model.stg_orders"] == ["START", "RUNNING", "ABORT", "START", "RUNNING", "COMPLETE"]
    written = _written(told)
    assert "prod.main.fct_orders" not in written
    assert "prod.main.stg_orders" in written
    assert states["deploy"][-1] == "COMPLETE"
    assert _facet(_end(told), "dataops_release")["held"] == [{"unique_id": "model.shop.fct_orders", "why": "late data"}]
    assert "prod.main.fct_orders" not in {each["name"] for each in _end(told)["inputs"]}


# -- a person's own build, a change, sources ------------------------------------------------------------------------


def test_a_build_in_place_tells_what_it_wrote_there(shop: Shop, collector: Collector) -> None:
    shop.ok("build", "--target", "dev", "-s", "+fct_orders", "+stg_customers")
    told = collector.events
    states = _states(told)
    assert states["build"] == ["START", "RUNNING", "COMPLETE"]
    assert {each["job"]["name"].split(".")[1] for each in told} == {"dev"}
    written = _written(told)
    assert {each["namespace"] for each in written.values()} == {f"duckdb://{shop.root / 'dev.duckdb'}"}
    fields = next(each for name, each in written.items() if name.endswith(".fct_orders"))["facets"]
    assert fields["schema"]["fields"][0]["name"] == "order_id"
    assert fields["columnLineage"]["fields"]["order_id"]["inputFields"][0]["field"] == "order_id"


def test_a_change_is_built_in_a_file_of_its_own_and_reads_production(shop: Shop, collector: Collector) -> None:
    shop.git("switch", "-q", "-c", "change")
    shop.edit("models/marts/fct_orders.sql", "select", "select 1 as more,")
    shop.run("ci", "--base", "main")
    told = collector.events
    states = _states(told)
    assert states["ci"][-1] in ("COMPLETE", "FAIL")
    written = _written(told)
    assert {each["namespace"] for each in written.values()} == {f"duckdb://{shop.built}"}
    [event] = [each for each in told if each["outputs"] and _short(each) == "model.fct_orders"]
    assert {each["namespace"] for each in event["inputs"]} == {f"duckdb://{shop.production}"}


def test_sources_are_asserted_to_be_fresh(shop: Shop, collector: Collector) -> None:
    shop.write(
        "models/staging/staging.yml",
        shop.read("models/staging/staging.yml").replace(
            "      - name: events\n",
            "      - name: events\n        loaded_at_field: current_timestamp\n"
            "        freshness: {warn_after: {count: 1, period: day}}\n",
            1,
        ),
    )
    shop.ok("freshness", "--target", "prod")
    assert _states(collector.events) == {"freshness": ["START", "RUNNING", "COMPLETE"]}
    [source] = _end(collector.events)["inputs"]
    assert source["name"] == "prod.app.events"
    [fresh] = _assertions(source)
    assert (fresh["assertion"], fresh["success"]) == ("freshness", True)


# -- the surroundings -----------------------------------------------------------------------------------------------


def test_an_orchestrators_run_is_the_parent(shop: Shop, collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENLINEAGE_PARENT_ID", f"airflow://prod/nightly.deploy/{RUN}")
    monkeypatch.setenv("OPENLINEAGE_NAMESPACE", "shop-jobs")
    shop.ok("deploy")
    first = collector.events[0]
    assert first["job"]["namespace"] == "shop-jobs"
    parent = _facet(first, "parent")
    assert parent["job"] == {"namespace": "airflow://prod", "name": "nightly.deploy"}
    assert parent["run"] == {"runId": RUN}
    node = next(each for each in collector.events if _short(each) == "model.fct_orders")
    assert _facet(node, "parent")["run"]["runId"] == first["run"]["runId"]
    assert _facet(node, "parent")["root"]["run"]["runId"] == RUN


def test_no_event_shows_a_secret(shop: Shop, collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_SALT", "hunter2-salt")
    monkeypatch.setenv("SHOP_PASSWORD", "hunter2-password")
    shop.write("models/marts/published.sql", "select md5('{{ env_var(\"SHOP_SALT\") }}' || 'x') as edition\n")
    shop.write(
        "models/marts/leaking.sql",
        "{% if execute %}{{ exceptions.raise_compiler_error('no ' ~ env_var('SHOP_PASSWORD')) }}{% endif %}"
        "select 1 as x\n",
    )
    assert shop.run("deploy").code == 1
    told = json.dumps(collector.events)
    assert "errorMessage" in told
    assert "hunter2" not in told
    collector.mode = "500"
    shop.run("deploy")
    assert "hunter2" not in "".join(each.read_text(encoding="utf-8") for each in pending(shop.root))


def test_without_a_setting_nothing_is_imported_or_written(shop: Shop) -> None:
    code = (
        "import sys; from dataops.cli import main\ntry: main(['deploy'])\nfinally: print('openlineage' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=shop.root, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"
    assert not (shop.root / FOLDER).exists()


@pytest.mark.parametrize("mode", ["500", "hang"])
def test_a_collector_that_fails_costs_a_deploy_two_seconds_at_most(
    mode: str, shop: Shop, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    collector.mode = mode
    shop.publish(2)
    ended: list[float] = []
    from dataops.orchestrate.openlineage import delivery

    close = delivery.Delivery.close

    def timed(self: delivery.Delivery) -> int:
        began = time.monotonic()
        left = close(self)
        ended.append(time.monotonic() - began)
        return left

    monkeypatch.setattr(delivery.Delivery, "close", timed)
    ran = shop.run("deploy")
    assert ran.code == 0, ran.err
    assert shop.edition() == 2
    assert "lineage events wait in .dataops/openlineage: `dataops orchestrate resend`" in ran.err
    assert ended[0] < delivery.PATIENCE + 1
    collector.mode = "ok"
    ran = shop.ok("orchestrate", "resend")
    assert "events sent" in ran.out
    # What was on its way when nobody answered in time is sent again.
    distinct = {(each["run"]["runId"], each["eventTime"], each["eventType"]): each for each in collector.events}
    states = _states(list(distinct.values()))
    assert states.pop("deploy") == ["START", "RUNNING", "COMPLETE"]
    assert all(each == ["START", "RUNNING", "COMPLETE"] for each in states.values())
    assert shop.ok("orchestrate", "resend").out == "Nothing was to be sent\n"


def test_what_goes_wrong_while_telling_stops_no_deploy(
    shop: Shop, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataops.orchestrate.openlineage import teller

    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("the address is http://anna:hunter2@host")

    monkeypatch.setattr(teller.Teller, "_finish", fails)
    ran = shop.ok("deploy")
    assert ran.err.count("not all lineage is told: RuntimeError (test_openlineage.py:") == 1
    assert "hunter2" not in ran.err
    assert _end(collector.events)["eventType"] == "COMPLETE"


def test_doctor_says_where_lineage_is_told(shop: Shop, collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    def line() -> dict[str, str]:
        found: dict[str, str] = next(
            each for each in shop.run("doctor", "--format", "json").json["checks"] if each["name"] == "lineage"
        )
        return found

    assert line()["finding"] == f"told to {collector.url} (OPENLINEAGE_URL)"
    monkeypatch.delenv("OPENLINEAGE_URL")
    assert line()["finding"].startswith("told to nobody")


# -- the schemas ----------------------------------------------------------------------------------------------------


def test_every_facet_names_a_schema_that_is_published() -> None:
    """The versions that the installed client writes are those that events are held to here."""
    for name, url in _SCHEMAS.items():
        uri, pointer = url.split("#/$defs/")
        assert pointer in documents()[uri]["$defs"], name
    assert config.FILE  # the settings have no key for this: the client has its own


def test_a_facet_that_is_not_as_its_schema_says_is_found() -> None:
    event = {
        "eventType": "START",
        "eventTime": "2026-01-01T00:00:00Z",
        "producer": "urn:x",
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "job": {"namespace": "a", "name": "b"},
        "run": {"runId": RUN, "facets": {"dataops_release": facet("dataops_release")}},
    }
    with pytest.raises(Exception, match="'target' is a required property"):
        valid_event(event)
