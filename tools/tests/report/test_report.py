"""Elementary's page: what it is told of a history, and the page as it is written."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import boto3
import pytest
from elementary.clients.dbt.base_dbt_runner import BaseDbtRunner
from elementary.monitor.fetchers.tests.schema import TestResultDBRowSchema
from slack_sdk import WebClient

from dataops.config import Report as Places
from dataops.config import Settings
from dataops.health import production
from dataops.history import journals
from dataops.history.journals import Journal
from dataops.history.reader import reading
from dataops.history.records import Freshness, Invocation, Point, Record, Result, Sample
from dataops.report import page, report
from dataops.report.questions import Asked
from dataops.report.runner import Answers, UnknownQuestionError
from dataops.store.location import Location
from tests.shop import Shop, refused

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"))), None
)
NOW = datetime(2026, 3, 10, 6)
MONITOR = "test.shop.volume_anomalies_orders.1"
UNIQUE = "test.shop.unique_orders_id.2"
SINGULAR = "test.shop.assert_something"
SKIPPED = "test.shop.not_null_orders_id.3"
ORDERS = "model.shop.orders"


def node(key: str, **given: Any) -> dict[str, Any]:
    kind, _, name, *_ = key.split(".")
    return {
        "unique_id": key, "resource_type": kind, "name": name, "package_name": "shop", "database": "db",
        "schema": "main", "alias": name, "tags": [], "meta": {}, "description": "",
        "original_file_path": f"models/{name}.sql",
        "patch_path": None, "config": {"materialized": "table", "meta": {}}, "depends_on": {"nodes": [], "macros": []},
    } | given  # fmt: skip


def manifest() -> dict[str, Any]:
    tested = {"attached_node": ORDERS, "depends_on": {"nodes": [ORDERS], "macros": []}}
    nodes = [
        node(ORDERS, tags=["daily"], config={"materialized": "table", "meta": {"owner": "Ann, Bob"}, "group": "g"}),
        node("model.shop.owned", config={"materialized": "view", "meta": {}, "group": "g"}),
        node("model.elementary.dbt_models", package_name="elementary"),
        node("seed.shop.raw"),
        node(
            SKIPPED,
            **tested,
            column_name="id",
            config={"severity": "ERROR", "meta": {}},
            test_metadata={"name": "not_null", "kwargs": {"column_name": "id"}},
        ),
        node(
            MONITOR,
            **tested,
            config={"severity": "warn", "meta": {}},
            test_metadata={
                "name": "volume_anomalies",
                "namespace": "dataops_toolkit",
                "kwargs": {"timestamp_column": "at"},
            },
        ),
        node(
            UNIQUE,
            **tested,
            column_name="id",
            config={"severity": "ERROR", "meta": {}},
            test_metadata={"name": "unique", "kwargs": {"column_name": "id"}},
        ),
        node(
            SINGULAR,
            schema="main_dbt_test__audit",
            config={"severity": "ERROR", "meta": {}},
            depends_on={"nodes": [ORDERS, "model.shop.owned"], "macros": []},
        ),
    ]
    source = node("source.shop.raw.events", source_name="raw", identifier="events", relation_name='"db"."raw"."events"')
    source |= {"freshness": {"warn_after": {"count": 1, "period": "day"}}, "loaded_at_field": "at"}
    exposure = node("exposure.shop.board", label=None, url=None, type="dashboard", maturity=None)
    exposure |= {"owner": {"name": None, "email": ["a@example.com"]}, "depends_on": {"nodes": [ORDERS], "macros": []}}
    return {
        "metadata": {"generated_at": "2026-03-10T06:00:00Z", "project_id": "x"},
        "nodes": {each["unique_id"]: each for each in nodes},
        "sources": {source["unique_id"]: source},
        "exposures": {exposure["unique_id"]: exposure},
        "macros": {"macro.dbt.test_not_null": {"description": "There is a value."}},
        "groups": {"group.shop.g": {"name": "g", "owner": {"name": "Team", "email": None}}},
    }


def ran(day: int, fails: bool) -> list[Record]:
    """One invocation: a model, a test on a key, a monitor with two metrics of which one may fire, a freshness."""
    identity, at = f"run-{day}", NOW - timedelta(days=day)
    test: dict[str, Any] = {
        "started_at": at,
        "finished_at": at,
        "seconds": 1.5,
        "test_type": "generic",
        "tested": ORDERS,
    }
    unseen = {**test, "started_at": None, "finished_at": None, "seconds": 0.0}
    said = "Got 1 result, configured to warn if != 0"
    return [
        Invocation(identity, "deploy", "success", "dataops", at, at, 9.0, project="shop", target="prod"),
        Result(identity, ORDERS, "orders", "model", "success", None, at, at, 2.04, materialized="table", schema="main"),
        Result(identity, MONITOR, "v", "test", "warn" if fails else "pass", said if fails else None, **test),
        Result(
            identity, UNIQUE, "u", "test", "fail" if fails else "pass", "Got 2 results", failures=2, column_name="id",
            compiled_sql="select 1", **test,
        ),
        Result(identity, SKIPPED, "s", "test", "skipped" if fails else "pass", **(test if not fails else unseen)),
        Result(identity, "model.shop.owned", "owned", "model", "success", None, at, at, materialized="ephemeral"),
        Result(identity, "model.elementary.dbt_models", "e", "model", "success", None, at, at, 1.0),
        Result(identity, "test.shop.gone.9", "gone", "test", "fail", **test),
        Result(identity, "unit_test.shop.orders.x", "x", "unit_test", "pass", **(test | {"test_type": "unit"})),
        Sample(identity, UNIQUE, 1, '{"id": "7", "geheim": null}', ("email",)),
        *(
            Point(
                identity, MONITOR, metric, None, at - timedelta(days=back), 5.0 + back, 6.0, 4.0, None, 1.0,
                "beyond limits" if fires else None, fires, back < 2, 14,
            )
            for metric in ("row_count", "freshness")
            for back in range(4)
            for fires in [fails and metric == "row_count" and back == 0]
        ),
        Freshness(identity, "source.shop.raw.events", "events", "warn", "late", at, at, 120.0, 86400.0, None, 0.5),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("report")
    for day, fails in ((0, True), (1, False), (2, False), (9, True)):
        _store(folder, ran(day, fails))
    # A report of production tells of none of these, which are newer.
    for identity, given in (("dev", {"target": "dev"}), ("ci", {"command": "ci"}), ("other", {"project": "other"})):
        at = NOW + timedelta(seconds=30)
        invocation, *others = (replace(each, invocation_id=identity) for each in ran(0, False))
        moved = [replace(each, finished_at=at) if isinstance(each, Result) else each for each in others]
        _store(folder, [replace(invocation, started_at=at, finished_at=at, **given), *moved])
    folder.joinpath("dbt_project.yml").write_text("name: shop\n")
    with reading(str(folder), folder) as history:
        production.alone(history, folder, None)
        yield Answers(Asked(history.connection, manifest(), NOW + timedelta(minutes=1), 720), "duckdb")


def _store(folder: Path, records: list[Record]) -> None:
    first = records[0]
    assert isinstance(first, Invocation)
    journal = Journal(folder / "journal", first.invocation_id)
    for record in records:
        journal.add(record)
    journals.finish(Location(str(folder)), journal)


def ask(answers: Answers, question: str, **given: Any) -> Any:
    return json.loads(answers.run_operation(f"elementary_cli.{question}", given)[0])


def results(answers: Answers, **given: Any) -> list[dict[str, Any]]:
    found = ask(answers, "get_test_results", **({"days_back": 7, "invocations_per_test": 720} | given))
    assert isinstance(found, list)
    return found


def test_a_monitor_has_a_result_a_metric_and_only_the_one_that_fired_warns(answers: Answers) -> None:
    last = [row for row in results(answers) if row["invocations_rank_index"] == 1]
    assert {(row["test_name"], row["test_type"], row["test_sub_type"], row["status"]) for row in last} == {
        ("volume_anomalies", "anomaly_detection", "row_count", "warn"),
        ("volume_anomalies", "anomaly_detection", "freshness", "pass"),
        ("unique", "dbt_test", "generic", "fail"),
        ("not_null", "dbt_test", "generic", "skipped"),
    }


def test_the_chart_has_every_point_in_order_with_its_limits(answers: Answers) -> None:
    (row,) = [each for each in results(answers) if each["test_sub_type"] == "row_count" and each["sample_data"]]
    points = row["sample_data"]
    assert [point["value"] for point in points] == [8, 7, 6, 5]
    assert [point["is_anomalous"] for point in points] == [False, False, False, True]
    assert points[-1] | {
        "average": 6.0, "min_value": 4.0, "start_time": "2026-03-10T06:00:00", "end_time": "2026-03-11T06:00:00",
    } == points[-1]  # fmt: skip
    assert row["test_results_description"] == (
        "row_count is 5, outside its control limits: 4 to none (2026-03-10T06:00:00)."
    )
    (other,) = [each for each in results(answers) if each["test_sub_type"] == "freshness" and each["sample_data"]]
    assert other["test_results_description"].startswith("freshness is 5, within its control limits")
    # There is no upper limit: it is drawn where it cuts nothing off.
    assert [point["max_value"] for point in points] == [8, 7, 6, 6]


def test_failing_rows_and_queries_are_those_of_the_last_run(answers: Answers) -> None:
    unique = [row for row in results(answers) if row["test_name"] == "unique"]
    assert [row["status"] for row in unique] == ["pass", "pass", "fail"]
    assert [row["sample_data"] for row in unique] == [None, None, [{"id": "7", "geheim": None}]]
    assert [row["test_results_query"] for row in unique] == [None, None, "select 1"]
    without = results(answers, skip_test_result_rows=True)
    assert all(row["sample_data"] is None for row in without if row["test_name"] == "unique")


def test_days_and_runs_are_limited(answers: Answers) -> None:
    assert len([row for row in results(answers, days_back=30) if row["test_name"] == "unique"]) == 4
    newest = [row for row in results(answers, invocations_per_test=2) if row["test_name"] == "unique"]
    assert [row["invocation_id"] for row in newest] == ["run-1", "run-0"]
    assert len(ask(answers, "get_models_runs", days_back=7, exclude_elementary=True)) == 3


def test_what_is_no_longer_in_the_project_is_left_out(answers: Answers) -> None:
    assert not [row for row in results(answers) if row["test_unique_id"] == "test.shop.gone.9"]
    assert {row["unique_id"] for row in ask(answers, "get_tests")} == {MONITOR, UNIQUE, SKIPPED, SINGULAR}


def test_a_test_that_was_skipped_last_has_the_time_of_its_invocation_and_took_none(answers: Answers) -> None:
    last = [row for row in results(answers) if row["test_unique_id"] == SKIPPED][-1]
    assert (last["status"], last["detected_at"], last["execution_time"]) == (
        "skipped",
        "2026-03-10T06:00:00+00:00",
        None,
    )
    (listed,) = [row for row in ask(answers, "get_tests") if row["unique_id"] == SKIPPED]
    assert (listed["latest_run_status"], listed["latest_run_time"]) == ("skipped", "2026-03-10T06:00:00+00:00")


def test_models_of_elementarys_own_package_are_left_out(answers: Answers) -> None:
    assert {row["name"] for row in ask(answers, "get_models")} == {"orders", "owned"}
    assert {row["name"] for row in ask(answers, "get_models_runs", days_back=7)} == {"orders"}


def test_where_and_what_a_test_is(answers: Answers) -> None:
    told = {row["unique_id"]: row for row in ask(answers, "get_tests")}
    assert told[SINGULAR]["schema_name"] == "main"
    assert told[UNIQUE]["description"] == "No value occurs twice."
    assert told[SKIPPED]["description"] == "There is a value."
    assert told[MONITOR]["description"].startswith("Fails on each time bucket whose number of rows")


def test_owners_are_those_of_the_node_else_of_its_group(answers: Answers) -> None:
    owners = {row["name"]: row["owners"] for row in ask(answers, "get_models", exclude_elementary=True)}
    assert owners == {"orders": ["Ann", "Bob"], "owned": ["Team"]}
    assert ask(answers, "get_exposures")[0]["owners"] == ["a@example.com"]


def test_tests_are_counted_by_column_and_by_table(answers: Answers) -> None:
    assert ask(answers, "get_dbt_models_test_coverage") == [
        {"model_unique_id": ORDERS, "column_tests": 2, "table_tests": 1}
    ]


def test_source_freshness(answers: Answers) -> None:
    found = ask(answers, "get_source_freshness_results", days_back=7, invocations_per_test=720)
    assert [(row["status"], row["invocations_rank_index"]) for row in found] == [("warn", 3), ("warn", 2), ("warn", 1)]
    assert found[-1]["warn_after"] == {"count": 1, "period": "day"}


def test_the_last_invocation_and_that_before_a_time(answers: Answers) -> None:
    assert ask(answers, "get_test_last_invocation")[0]["invocation_id"] == "run-0"
    earlier = ask(answers, "get_test_last_invocation", invocation_max_time="2026-03-10T00:00:00")
    assert earlier[0]["invocation_id"] == "run-1"
    assert ask(answers, "get_latest_invocation")[0]["project_name"] == "shop"


def test_a_question_that_is_not_known_is_an_error(answers: Answers, tmp_path: Path) -> None:
    with pytest.raises(UnknownQuestionError):
        answers.run_operation("elementary_cli.get_everything")
    with pytest.raises(UnknownQuestionError):
        answers.run(models="all")

    class Newer(BaseDbtRunner):  # type: ignore[misc]
        deps = seed = snapshot = run = test = debug = ls = source_freshness = answers.run
        answer = answers.answer

        def run_operation(self, macro_name: str, **given: Any) -> list[str]:
            name = "elementary_cli.get_new" if macro_name.endswith("get_models") else macro_name
            return answers.run_operation(name, given.get("macro_args"))

    with pytest.raises(UnknownQuestionError):
        page.write(Newer("."), tmp_path / "report.html", 7, "prod", {})  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def data(file: Path) -> dict[str, Any]:
    """What Elementary's page shows."""
    text = file.read_text(encoding="utf-8")
    assert not re.search(r"<link[^>]*https?:", text)
    given = re.search(r"JSON\.parse\(atob\('([^']+)'", text)
    assert given
    found: dict[str, Any] = json.loads(base64.b64decode(given[1]))
    return found


def test_the_page_tells_what_was_recorded(answers: Answers, tmp_path: Path) -> None:
    page.write(answers, tmp_path / "deep" / "report.html", 7, "staging", {})
    told = data(tmp_path / "deep" / "report.html")
    assert told["env"] == {"project_name": "shop", "env": "staging", "warehouse_type": "duckdb"}
    totals = told["test_results_totals"][ORDERS]
    assert (totals["passed"], totals["warnings"], totals["failures"], totals["errors"]) == (1, 1, 1, 0)
    (run,) = told["model_runs"]
    assert (run["name"], run["last_exec_time"], len(run["runs"])) == ("orders", 2.0, 3)
    assert "tracking" not in told or told["tracking"] is None
    page.write(answers, tmp_path / "one.html", 7, "staging", {"invocation_id": "run-1"})
    assert data(tmp_path / "one.html")["test_results_totals"][ORDERS]["passed"] == 4


def unordered(value: Any) -> Any:
    """Elementary makes some lists of sets."""
    if isinstance(value, dict):
        return {key: unordered(each) for key, each in value.items()}
    return sorted(map(unordered, value), key=json.dumps) if isinstance(value, list) else value


def test_the_page_is_the_one_that_elementary_makes_of_checked_rows(
    answers: Answers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def written(file: Path) -> Any:
        page.write(answers, file, 30, "prod", {})
        return unordered(data(file) | {"creation_time": None})

    quick = written(tmp_path / "quick.html")
    monkeypatch.setattr(page, "quicker", nullcontext)
    assert quick == written(tmp_path / "checked.html")
    for row in answers.answer("elementary_cli.get_test_results", {"days_back": 30, "invocations_per_test": 720}):
        assert TestResultDBRowSchema(**row) == TestResultDBRowSchema.construct(**row)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_whoever_clicks_through_the_page_sees_charts_and_rows_and_no_error(answers: Answers, tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    page.write(answers, tmp_path / "report.html", 7, "live", {})
    said: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 1500, "height": 1000})
        # Elementary's page names an icon beside it that Elementary does not write; not every Chromium asks for it.
        opened.on(
            "console",
            lambda message: (
                said.append(message.text)
                if message.type == "error" and "/favicon-" not in message.location["url"]
                else None
            ),
        )
        opened.on("pageerror", lambda error: said.append(str(error)))
        inside = (tmp_path.as_uri(), "data:", "blob:")
        opened.on("request", lambda asked: None if asked.url.startswith(inside) else said.append(asked.url))
        opened.goto((tmp_path / "report.html").as_uri())
        opened.set_default_timeout(10_000)
        for name, seen in (
            ("dashboard", "Test results breakdown"),
            ("lineage", "board"),
            ("model-runs", "2 Secs"),
            ("test-runs", "1.5 Secs"),
            ("test-results", "volume_anomalies"),
        ):
            opened.locator(f"a[href='#/report/{name}']").click()
            opened.get_by_text(seen).first.wait_for()
        opened.get_by_text("unique", exact=True).first.click()
        opened.get_by_text("geheim").wait_for()
        opened.get_by_text("row_count", exact=True).first.click()
        opened.get_by_text("row_count is 5, outside its control limits").wait_for()
        opened.locator(".recharts-surface").last.wait_for()
        browser.close()
    assert said == []


Sent = dict[str, list[bytes]]


@pytest.fixture
def service() -> Iterator[tuple[str, Sent, list[int]]]:
    """The address of a server that speaks Slack's webhook and API, what it was sent, and the status it answers."""
    sent: Sent = defaultdict(list)
    status = [200]

    class Slack(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent[self.path].append(self.rfile.read(int(self.headers["Content-Length"])))
            said = {
                "ok": status[0] == 200, "error": "account_inactive", "file_id": "F1", "files": [{"id": "F1"}],
                "upload_url": f"{address}/upload", "channels": [{"name": "data", "id": "C1"}],
            }  # fmt: skip
            answer = b"ok" if self.path == "/hook/T0/SECRET" else json.dumps(said).encode()
            self.send_response(status[0] if self.path.startswith("/hook") else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Slack) as server:
        address = f"http://127.0.0.1:{server.server_port}"
        Thread(target=server.serve_forever, args=(0.01,)).start()
        yield address, sent, status
        server.shutdown()


def test_a_webhook_of_slack_is_told_the_summary_and_is_never_printed(
    answers: Answers,
    tmp_path: Path,
    service: tuple[str, Sent, list[int]],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    address, sent, status = service
    given = {"SLACK_WEBHOOK_URL": f"{address}/hook/T0/SECRET"}
    page.write(answers, tmp_path / "report.html", 7, "live", {}, Places(), given)
    (told,) = sent["/hook/T0/SECRET"]
    assert "unique" in json.dumps(json.loads(told))
    status[0] = 403
    with pytest.raises(page.ReportError) as refused:
        page.write(answers, tmp_path / "report.html", 7, "live", {}, Places(), given)
    assert "via webhook - $SLACK_WEBHOOK_URL. Status code: 403" in str(refused.value)
    assert "SECRET" not in str(refused.value) + caplog.text + "".join(capfd.readouterr())
    assert data(tmp_path / "report.html")["env"]["env"] == "live"


def test_slack_takes_the_page_whole(
    answers: Answers, tmp_path: Path, service: tuple[str, Sent, list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, sent, status = service
    monkeypatch.setattr(
        "elementary.clients.slack.client.SlackWebClient._initial_client",
        lambda self, _: WebClient(token=self.token, base_url=f"{address}/api/"),
    )
    given, places = {"SLACK_TOKEN": "xoxb-hidden"}, Places(slack_channel="data")
    page.write(answers, tmp_path / "morning.html", 7, "live", {}, places, given)
    (uploaded,) = sent["/upload"]
    assert (tmp_path / "morning.html").read_bytes() in uploaded
    assert b"morning.html" in sent["/api/files.getUploadURLExternal"][0]
    assert b"C1" in sent["/api/files.completeUploadExternal"][0]
    status[0] = 0
    with pytest.raises(page.ReportError, match="account_inactive") as refused:
        page.write(answers, tmp_path / "morning.html", 7, "live", {}, places, given)
    assert "xoxb-hidden" not in str(refused.value)


def test_a_store_takes_the_page_whole_and_one_that_does_not_is_named(
    answers: Answers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moto = pytest.importorskip("moto.server", reason="moto is not installed")
    given = {"AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": "hidden-secret", "AWS_DEFAULT_REGION": "us-east-1"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        address = "http://{}:{}".format(*server.get_host_and_port())
        boto3.client("s3", endpoint_url=address).create_bucket(Bucket="reports")
        file, places = tmp_path / "report.html", Places(s3_bucket="reports", s3_endpoint=address)
        page.write(answers, file, 7, "prod", {}, places, given)
        stored = boto3.client("s3", endpoint_url=address).get_object(Bucket="reports", Key="report.html")
        assert stored["Body"].read() == file.read_bytes()
        assert stored["ContentType"] == "text/html"
        with pytest.raises(
            page.ReportError, match=r"could not send its page: S3UploadFailedError: .*NoSuchBucket"
        ) as no:
            page.write(answers, file, 7, "prod", {}, Places(s3_bucket="other", s3_endpoint=address), given)
        assert "hidden-secret" not in str(no.value)
    finally:
        server.stop()


def test_the_report_of_a_release(shop: Shop) -> None:
    # A build of somebody's own is none of production's.
    assert shop.ok("build", "-s", "customers")
    assert "1 invocation" in shop.ok("report", "--env", "live").out
    told = data(shop.root / "target" / "dataops" / "report.html")
    assert told["env"]["project_name"] == "shop"
    assert {each.split(".")[0] for each in told["models"]} >= {"model", "seed", "snapshot"}
    assert told["test_results_totals"]
    refused(shop.run("report", "--send"), "there is no place to send the report to")


def test_an_invocation_that_is_not_there_makes_no_page(tmp_path: Path) -> None:
    place = tmp_path / "report.html"
    settings = Settings(state=str(tmp_path / "state"))
    with pytest.raises(report.UnknownInvocationError, match="--select nope"):
        report.report(manifest(), tmp_path, settings, report.Request(place, 7, "prod", select="nope"))
    assert not place.exists()
