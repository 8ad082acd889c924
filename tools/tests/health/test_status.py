"""`dataops status`: what the site's Home says, on a terminal, as JSON and for Prometheus."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import duckdb
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as textfile

from dataops.breaker.ledger import Ledger
from dataops.health import production, results
from dataops.health.health import Health, Known, Last, Problem, Status
from dataops.history.reader import History, recent
from dataops.history.records import Freshness
from dataops.output import health as rendering
from dataops.output.openmetrics import text
from tests.history.past import NOW, ORDERS, UNIQUE, VOLUME, Past, points, result
from tests.written import valid

STATE = "state: state\n"


def status(past: Past) -> Status:
    return production.status(past.root, past.settings, None, NOW, lambda: pytest.fail("dbt was asked"))


def figures(found: Status) -> dict[str, list[Any]]:
    """Samples by name, as Prometheus reads them in either format."""
    lines = text(found)
    assert lines.endswith("\n# EOF\n")
    families = list(openmetrics(lines))
    assert [each.samples for each in families if each.samples] == [
        each.samples for each in textfile(lines) if each.samples
    ]
    return {each.name: each.samples for each in families}


def node(key: str, *parents: str) -> dict[str, Any]:
    kind, _, name = key.split(".")[:3]
    facts = {
        "name": name,
        "resource_type": kind,
        "config": {},
        "columns": {},
        "depends_on": {"nodes": parents},
        "source_name": "app",
    }
    return {key: facts}


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Past:
    """One of each kind of problem, none of which was there three days ago; a damaged file; a run that was killed."""
    past = Past(tmp_path_factory.mktemp("status"))
    past.root.joinpath("dbt_project.yml").write_text("name: shop\n")
    past.root.joinpath("dataops.yml").write_text(STATE)
    own = {"tested": ORDERS, "owners": ("@dåta",)}
    past.add("z", 96, result(UNIQUE, "fail", 96, **own), status="failed")
    past.add("a", 72, result(ORDERS, "success", 72), result(UNIQUE, "pass", 72, **own), result(VOLUME, "pass", 72))
    for key, hours in (("b", 48.0), ("c", 24.0)):
        past.add(
            key,
            hours,
            result(UNIQUE, "fail", hours, failures=12, **own),
            result(VOLUME, "warn", hours, **own),
            *points(300.0, "beyond_limit", 2),
            Freshness("", "source.shop.app.événements", "événements", "warn", max_loaded_at=datetime(2026, 3, 1)),
            status="failed",
        )
    past.add("ci", 3, result(ORDERS, "error", 3), command="ci", target="ci", status="failed")
    past.add("gone", 1, result(ORDERS, "success", 1), status="running", seconds=None)
    Ledger(past.settings.state).pause(ORDERS, "sent twice", "bob")
    Ledger(past.settings.state).pause(ORDERS, "and again", "bob")
    history = past.root / "state" / "history" / "v1"
    next(history.glob("*-ci-*")).write_bytes(b"damaged")
    manifest = {
        "metadata": {"project_name": "shop", "adapter_type": "duckdb"},
        "nodes": {
            **node(ORDERS),
            **node("model.shop.fct_orders", ORDERS),
            **node(UNIQUE, ORDERS),
            **node(VOLUME, ORDERS),
        },
        "sources": node("source.shop.app.événements"),
        "exposures": node("exposure.shop.sales", "model.shop.fct_orders"),
    }
    past.root.joinpath("target").mkdir()
    past.root.joinpath("target", "manifest.json").write_text(json.dumps(manifest))
    return past


def test_status_and_the_site_say_the_same(bad: Past) -> None:
    found = status(bad)
    site = bad.site()
    assert found.health == site.health
    assert [(each.kind, each.name, each.message) for each in found.health.problems] == [
        ("failing", "unique_orders", "12 rows fail"),
        ("failing", "deploy", "it was interrupted; 3 in a row came to nothing"),
        ("anomalous", "volume_orders", "row_count at 2026-02-20 00:00 UTC: beyond limit"),
        ("late", "app.événements", "newest row of 2026-03-01 00:00 UTC"),
        ("paused", "orders", "sent twice (by bob)"),
        ("paused", "orders", "and again (by bob)"),
    ]
    failing, deploy, anomalous = found.health.problems[:3]
    assert (deploy.since, deploy.node) == (NOW - timedelta(hours=48), None)
    assert (failing.since, failing.owner, failing.chart) == (NOW - timedelta(hours=48), "@dåta", None)
    assert anomalous.chart == site.monitors[0].key
    assert (found.health.tests, found.health.passing, found.exit_code) == (2, 1, 1)
    assert found.health.last == Last("gone", "deploy", NOW - timedelta(hours=1), None, "interrupted")
    assert found.health.last.status == site.runs[0].status
    # What a pause holds is told by the manifest that is at hand.
    assert found.holds[0].holds == (
        "exposure.shop.sales", "model.shop.fct_orders", ORDERS, UNIQUE, VOLUME
    )  # fmt: skip


def test_a_terminal_says_what_is_wrong_without_importing_dbt(bad: Past) -> None:
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "dataops", "status", "--target", "prod"],
        cwd=bad.root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 1, ran.stderr
    said = ran.stdout.splitlines()
    assert said[:3] == [
        "Production is not healthy: 2 failing, 1 late, 1 anomalous, 2 paused",
        "Last run in prod: deploy 2026-03-10 11:00 UTC, interrupted; 1 of 2 tests pass",
        "Live release: none yet",
    ]
    assert said[3].startswith("Left out: state/history/v1/20260310T090000000000Z-ci-")
    assert said[6] == "FAILING deploy: it was interrupted; 3 in a row came to nothing"
    assert said[4:6] == ["FAILING unique_orders: 12 rows fail", "  since 2026-03-08 12:00 UTC, owner @dåta"]
    assert "  holds orders, fct_orders, exposure sales" in said
    imported = {line.rsplit("|", 1)[-1].strip() for line in ran.stderr.splitlines()}
    assert not imported & {"dbt", "pyarrow", "sqlglot"}


def test_json_keeps_its_contract(bad: Past) -> None:
    document = rendering.document(status(bad))
    valid("status", document)
    assert (document["healthy"], document["project"], document["target"]) == (False, "shop", "prod")
    kinds = ["failing", "failing", "anomalous", "late", "paused", "paused"]
    assert [each["kind"] for each in document["problems"]] == kinds
    assert [each["node"] for each in document["problems"][:2]] == [UNIQUE, None]
    assert document["last_run"]["started_at"] == "2026-03-10T11:00:00.000000Z"
    [damaged] = document["damaged"]
    assert "-ci-" in damaged["file"]


def test_prometheus_reads_it(bad: Past) -> None:
    found = figures(status(bad))
    values = {name: samples[0].value for name, samples in found.items() if samples}
    assert values == {
        "dataops_healthy": 0,
        "dataops_failing_nodes": 2,
        "dataops_late_sources": 1,
        "dataops_anomalous_monitors": 1,
        "dataops_paused_nodes": 1,
        "dataops_tests": 2,
        "dataops_passing_tests": 1,
        "dataops_unrun_tests": 0,
        "dataops_damaged_history_files": 1,
        "dataops_last_run_timestamp_seconds": (NOW - timedelta(hours=1)).timestamp(),
        "dataops_last_run_ok": 0,
        "dataops_problem": 1,
    }
    labels = [each.labels for each in found["dataops_problem"]]
    assert labels[0] == {
        "project": "shop", "target": "prod", "kind": "failing", "node": UNIQUE, "name": "unique_orders",
        "owner": "@dåta",
    }  # fmt: skip
    assert [each["kind"] for each in labels] == ["failing", "failing", "late", "anomalous", "paused"]


HOSTILE = 'a "quoted" \\ back\\n slash,\nnew} line = 見積 \ud800'


def test_any_name_is_a_label() -> None:
    problem = Problem("failing", HOSTILE, HOSTILE, HOSTILE, owner=HOSTILE)
    many = tuple(replace(problem, kind="late", key=f"source.{each}") for each in range(150))
    found = figures(Status(HOSTILE, Health("prod", (problem, *many)), None, ()))
    read = HOSTILE.replace("\ud800", "?")
    [first, *others] = found["dataops_problem"]
    assert {first.labels[each] for each in ("project", "node", "name", "owner")} == {read}
    # The rest is counted: each sample is a time series in whatever collects them.
    assert (len(others), found["dataops_late_sources"][0].value) == (100, 150)


def test_nothing_known_is_not_healthy(tmp_path: Path) -> None:
    past = Past(tmp_path)
    found = status(past)
    document = rendering.document(found)
    valid("status", document)
    assert (found.exit_code, document["last_run"], document["live"], document["tests"]) == (1, None, None, 0)
    assert rendering.verdict(found.health) == "Nothing is known of production yet"
    assert figures(found)["dataops_last_run_timestamp_seconds"] == []
    past.add("a", 1, result(ORDERS, "success", 1))
    assert (status(past).exit_code, rendering.verdict(status(past).health)) == (0, "Production is healthy")


def test_thirty_days_are_read_and_fifty_invocations_at_least(tmp_path: Path) -> None:
    past = Past(tmp_path)
    past.add("old", 24 * 90, result(UNIQUE, "fail", 24 * 90))
    past.add("new", 24 * 40, result(ORDERS, "success", 24 * 40))
    state = past.settings.state
    assert recent(state, NOW, 30, 1) == datetime(2026, 1, 29)
    assert recent(state, NOW, 60, 1) == datetime(2026, 1, 9, 12)
    assert recent(str(tmp_path / "none"), NOW, 30, 1) == datetime(2026, 2, 8, 12)
    assert [each.name for each in status(past).health.problems] == ["unique_orders"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(production, "INVOCATIONS", 1)
        assert status(past).health.problems == past.site().health.problems == ()


# -- a long history ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stored:
    """Results of `runs`, of which any can be asked for by invocation; `asked` counts those that were."""

    connection: duckdb.DuckDBPyConnection
    asked: list[int]

    def of(self, kind: str, invocations: Collection[str]) -> str:
        assert kind == "result"
        self.asked.append(len(invocations))
        return f"select * from results where invocation_id in ({', '.join(repr(each) for each in invocations)})"


def _newest(
    runs: list[tuple[str, datetime, float | None]], ran: list[tuple[Any, ...]], present: frozenset[str] | None
) -> tuple[dict[str, tuple[Any, ...]], list[int]]:
    with duckdb.connect() as connection:
        connection.execute("create table runs (invocation_id varchar, started_at timestamp, seconds double)")
        names = "invocation_id varchar, unique_id varchar, kind varchar, status varchar, started_at timestamp"
        connection.execute(f"create table results ({names})")
        for table, rows in (("runs", runs), ("results", ran)):
            marks = ", ".join("?" * len(rows[0]))
            every = ", ".join([f"({marks})"] * len(rows))
            connection.execute(f"insert into {table} values {every}", [value for row in rows for value in row])
        connection.execute("alter table runs add column is_placed boolean default true")
        stored = Stored(connection, [])
        results.newest(cast(History, stored), None if present is None else Known(present))
        found = connection.execute("select unique_id, status, invocation_id, bad_since from newest").fetchall()
        return {row[0]: row[1:] for row in found}, stored.asked


@pytest.mark.parametrize("seed", range(12))
def test_what_is_newest_does_not_depend_on_how_much_is_read(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "_FIRST", 2)
    dice = random.Random(seed)
    start = datetime(2026, 3, 1)
    runs: list[tuple[str, datetime, float | None]] = []
    ran: list[tuple[Any, ...]] = []
    for number in range(30):
        began = start + timedelta(minutes=60 * number + dice.randrange(50))
        # Some overlap those that follow, and of one that was killed nobody knows how long it took.
        minutes = dice.choice([5, 30, 400])
        runs.append((f"run-{number}", began, None if dice.random() < 0.05 else minutes * 60.0))
        for node in range(6):
            if dice.random() < 0.6:
                status = dice.choice(["pass", "fail", "fail", "warn", "skipped", "error"])
                at = None if dice.random() < 0.1 else began + timedelta(minutes=dice.random() * minutes)
                ran.append((f"run-{number}", f"test.shop.t{node}", "test", status, at))
    every = frozenset(f"test.shop.t{node}" for node in range(6))
    assert _newest(runs, ran, every)[0] == _newest(runs, ran, None)[0]


def test_of_a_long_healthy_history_little_is_read() -> None:
    start = datetime(2026, 3, 1)
    runs: list[tuple[str, datetime, float | None]] = [
        (f"run-{each}", start + timedelta(hours=each), 600.0) for each in range(300)
    ]
    ran = [(key, "model.shop.orders", "model", "success", began) for key, began, _ in runs]
    ran += [("run-0", "test.shop.gone", "test", "fail", start)]
    found, asked = _newest(runs, ran, frozenset({"model.shop.orders", "analysis.shop.never", "source.shop.app.events"}))
    assert set(found) == {"model.shop.orders"}
    assert asked == [24]
    # One that has not run for long is looked for further and further back, and found.
    found, asked = _newest(runs, ran, frozenset({"model.shop.orders", "test.shop.gone"}))
    assert found["test.shop.gone"] == ("fail", "run-0", start)
    assert asked == [24, 48, 96, 132]
