"""Runs of plain dbt, recorded from their artifacts."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from dataops.history.reader import reading
from tests.shop import Shop, refused

ORDERS, TEST, SOURCE = "model.shop.orders", "test.shop.unique_orders_id.1a2b3c", "source.shop.app.events"
RESULTS = {
    "metadata": {"invocation_id": "11111111-aaaa", "generated_at": "2026-03-01T03:02:00Z", "dbt_version": "1.9.1"},
    "args": {
        "which": "build",
        "target": "prod",
        "select": ["orders", "tag:x"],
        "vars": {"token": "geheim"},
        "threads": 4,
    },
    "elapsed_time": 120.0,
    "results": [
        {
            "unique_id": ORDERS,
            "status": "success",
            "message": "SELECT 9",
            "execution_time": 2.5,
            "thread_id": "Thread-1",
            "failures": None,
            "adapter_response": {"rows_affected": 9},
            "timing": [
                {
                    "name": "compile",
                    "started_at": "2026-03-01T03:00:01Z",
                    "completed_at": "2026-03-01T03:00:01.500000Z",
                },
                {"name": "execute", "started_at": "2026-03-01T03:00:02Z", "completed_at": "2026-03-01T03:00:04Z"},
            ],
        },
        {
            "unique_id": TEST,
            "status": "fail",
            "message": "Got 1 result, configured to fail if != 0",
            "execution_time": 0.5,
            "failures": 1,
            "adapter_response": {},
            "compiled_code": "select 1",
            "timing": [],
        },
    ],
}
NODE = {"package_name": "shop", "original_file_path": "models/orders.sql", "database": "prod", "schema": "main"}
MANIFEST = {
    "metadata": {"project_name": "shop", "adapter_type": "postgres"},
    "nodes": {
        ORDERS: {
            **NODE,
            "resource_type": "model",
            "name": "orders",
            "alias": "orders",
            "config": {"materialized": "table", "meta": {"owner": "Ann"}},
            "depends_on": {"nodes": [SOURCE]},
        },
        TEST: {
            **NODE,
            "resource_type": "test",
            "name": "unique_orders_id",
            "attached_node": ORDERS,
            "column_name": "id",
            "test_metadata": {"name": "unique", "namespace": None, "kwargs": {}},
            "config": {"severity": "WARN"},
            "depends_on": {"nodes": [ORDERS]},
        },
    },
    "sources": {
        SOURCE: {
            **NODE,
            "resource_type": "source",
            "name": "events",
            "identifier": "events_v2",
            "tags": ["raw"],
            "columns": {"email": {"name": "email", "tags": ["pii"]}},
        }
    },
}
SOURCES = {
    "metadata": {"invocation_id": "22222222-bbbb", "generated_at": "2026-03-01T04:00:00Z"},
    "elapsed_time": 1.0,
    "results": [
        {
            "unique_id": SOURCE,
            "status": "warn",
            "max_loaded_at": "2026-03-01T05:00:00+02:00",
            "snapshotted_at": "2026-03-01T04:00:00Z",
            "max_loaded_at_time_ago_in_s": 3600.0,
            "criteria": {"warn_after": {"count": 30, "period": "minute"}, "error_after": {"count": None}},
            "execution_time": 0.5,
        },
        {"unique_id": "source.shop.app.empty", "status": "error", "max_loaded_at": "0001-01-01T00:00:00+00:00",
         "max_loaded_at_time_ago_in_s": 63930978753.1},
        {"unique_id": "source.shop.app.gone", "status": "runtime error", "error": "no table 'jane@example.com'"},
    ],
}  # fmt: skip


def left(folder: Path, **documents: Any) -> Path:
    """A target folder with artifacts."""
    folder.mkdir(exist_ok=True)
    for name, document in documents.items():
        text = document if isinstance(document, str) else json.dumps(document)
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Shop:
    (tmp_path / "dbt_project.yml").write_text("name: shop\n", encoding="utf-8")
    return Shop(tmp_path, tmp_path)


def rows(project: Shop, sql: str) -> list[tuple[Any, ...]]:
    with reading(str(project.root / ".dataops" / "state"), project.root) as history:
        return history.connection.execute(sql).fetchall()


def test_artifacts_are_recorded_once(project: Shop) -> None:
    folder = left(project.root / "target", run_results=RESULTS, manifest=MANIFEST, sources=SOURCES)
    assert project.ok("record", "target").out.splitlines() == [
        "Recorded 11111111-aaaa: 2 results",
        "Recorded 22222222-bbbb: 3 results",
        "sources.json does not say where it ran, so only what is bad counts: name it with --target",
    ]
    assert "was recorded before" in project.ok("record", str(folder)).out
    names = "command, status, origin, project, target, adapter, selected, variables, threads, user"
    assert rows(project, f"select {names} from invocations order by started_at") == [
        (
            "build",
            "failed",
            "artifacts",
            "shop",
            "prod",
            "postgres",
            "--select orders --select tag:x",
            ["token"],
            4,
            None,
        ),
        ("source freshness", "failed", "artifacts", "shop", None, "postgres", "", [], None, None),
    ]
    assert rows(project, "select started_at, seconds from invocations order by started_at") == [
        (datetime(2026, 3, 1, 3, 0), 120.0),
        (datetime(2026, 3, 1, 3, 59, 59), 1.0),
    ]
    names = "name, status, seconds, compile_seconds, rows_affected, failures, owners, tested, column_name, test_name"
    assert rows(project, f"select {names}, severity, compiled_sql, started_at from results order by name") == [
        ("orders", "success", 2.5, 0.5, 9, None, ["Ann"], None, None, None, None, None, datetime(2026, 3, 1, 3, 0, 1)),
        ("unique_orders_id", "fail", 0.5, None, None, 1, ["Ann"], ORDERS, "id", "unique", "warn", "select 1", None),
    ]
    names = (
        "name, status, message, max_loaded_at, age_seconds, warn_after_seconds, error_after_seconds, identifier, tags"
    )
    assert rows(project, f"select {names} from freshness order by name") == [
        ("empty", "error", "no row says when it was loaded", None, None, None, None, None, []),
        ("events", "warn", None, datetime(2026, 3, 1, 3), 3600.0, 1800.0, None, "events_v2", ["raw"]),
        ("gone", "runtime error", "no table …", None, None, None, None, None, []),
    ]


def test_without_a_manifest_the_names_are_told(project: Shop) -> None:
    left(project.root / "target", run_results=RESULTS)
    project.ok("record", "target")
    assert rows(project, "select name, kind, package from results order by name") == [
        ("orders", "model", None),
        ("unique_orders_id", "test", None),
    ]


# -- what they are of ------------------------------------------------------------------------------------------------


def of(identity: str, args: dict[str, Any], status: str = "success", **given: Any) -> dict[str, Any]:
    """The artifact of a run of the two nodes, later than the first."""
    results = [{**each, "status": status} for each in RESULTS["results"]]
    metadata = {"invocation_id": identity, "generated_at": "2026-03-01T09:00:00Z"}
    return {**RESULTS, "metadata": metadata, "args": args, "results": results, **given}


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({"which": "generate"}, "is of `dbt docs generate`, which neither builds nor tests"),
        ({"which": "compile"}, "is of `dbt compile`"),
        ({"which": "show"}, "is of `dbt show`"),
        ({"which": "list"}, "is of `dbt list`"),
        ({"which": "parse"}, "is of `dbt parse`"),
        ({"which": "clone"}, "is of `dbt clone`"),
        ({"which": "run-operation"}, "is of `dbt run-operation`"),
        ({"which": "build", "empty": True}, "is of `dbt build --empty`, which leaves rows out"),
        ({"which": "run", "sample": "3 days"}, "is of `dbt run --sample`, which leaves rows out"),
        ({}, "does not say which of dbt's commands wrote it"),
    ],
)
def test_what_builds_and_tests_nothing_heals_nothing(project: Shop, args: dict[str, Any], said: str) -> None:
    left(project.root / "target", run_results=RESULTS, manifest=MANIFEST)
    project.ok("record", "target")
    left(project.root / "target", run_results=of("33333333-cccc", {"target": "prod", **args}))
    ran = project.run("record", "target")
    assert ran.code == 1
    assert ran.out.startswith(f"Not recorded: {project.root / 'target' / 'run_results.json'} {said}")
    assert "FAILING unique_orders_id" in project.run("status").out
    assert rows(project, "select count(*) from invocations") == [(1,)]


@pytest.mark.parametrize("command", ["build", "run", "test", "seed", "snapshot", "retry"])
def test_what_builds_or_tests_is_recorded(project: Shop, command: str) -> None:
    for status, code in (("error", 1), ("partial success", 1), ("some word of a later dbt", 1), ("success", 0)):
        given = {"which": command, "target": "prod", "empty": False, "sample": None}
        artifact = of(f"{status}-{command}".replace(" ", "-"), given, status)
        hour = {"error": 4, "partial success": 5, "success": 7}.get(status, 6)
        artifact["metadata"]["generated_at"] = f"2026-03-01T0{hour}:00:00Z"
        artifact["results"] = [{**each, "timing": []} for each in artifact["results"]]
        left(project.root / "target", run_results=artifact, manifest=MANIFEST)
        project.ok("record", "target")
        assert project.run("status").code == code, status
    assert rows(project, "select distinct status, target from invocations order by 1") == [
        ("failed", "prod"), ("success", "prod")
    ]  # fmt: skip


PROFILES = {
    "one": "shop: {outputs: {only: {type: duckdb}}, target: only}",
    "two": "shop: {outputs: {prod: {type: duckdb}, dev: {type: duckdb}}, target: dev}",
    "jinja": "shop: {outputs: {prod: {type: duckdb}, dev: {type: duckdb}}, target: \"{{ env_var('T') }}\"}",
    "none": "other: {outputs: {prod: {type: duckdb}}}",
}


@pytest.mark.parametrize(
    ("profiles", "named", "target"),
    [
        ("one", (), "only"),
        # Nothing was named, so dbt took the default.
        ("two", (), "dev"),
        ("two", ("--target", "prod"), "prod"),
        ("jinja", (), None),
        ("none", (), None),
    ],
)
def test_a_run_without_a_named_target_was_in_the_default_one(
    project: Shop, profiles: str, named: tuple[str, ...], target: str | None
) -> None:
    project.write("profiles.yml", PROFILES[profiles])
    left(project.root / "target", run_results=of("33333333-cccc", {"which": "build"}), manifest=MANIFEST)
    said = project.ok("record", *named, "target").out
    assert ("does not say where it ran" in said) == (target is None)
    assert rows(project, "select target from invocations") == [(target,)]


def _checked(folder: Path, relation: str | None, identity: str = "22222222-bbbb") -> None:
    """What `source freshness` leaves, in a target where the model is `relation`."""
    model = {**MANIFEST["nodes"][ORDERS], "relation_name": relation}
    metadata = {**MANIFEST["metadata"], "invocation_id": identity}
    checked = {**SOURCES, "metadata": {**SOURCES["metadata"], "invocation_id": identity}}
    manifest = {**MANIFEST, "metadata": metadata, "nodes": {**MANIFEST["nodes"], ORDERS: model}}
    left(folder, sources=checked, manifest=manifest)


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize(
    ("relation", "target"),
    [('"prod"."main"."orders"', "prod"), ('"dev"."main"."orders"', None), (None, None)],
)
def test_sources_are_where_the_nodes_around_them_are(
    project: Shop, relation: str | None, target: str | None, together: bool
) -> None:
    """`sources.json` has no arguments. What dbt built is in the same folder, or in the history."""
    project.write("profiles.yml", PROFILES["two"])
    folder = project.root / "target"
    built = {**RESULTS["results"][0], "relation_name": '"prod"."main"."orders"'}
    left(folder, run_results={**RESULTS, "results": [built]}, manifest=MANIFEST)
    if not together:
        project.ok("record", "target")
        (folder / "run_results.json").unlink()
    _checked(folder, relation)
    said = project.ok("record", "target").out
    assert ("sources.json does not say where it ran" in said) == (target is None)
    assert rows(project, "select target from invocations where command = 'source freshness'") == [(target,)]
    # Placed or not, what is late is told.
    assert "LATE app.events" in project.run("status").out


def test_artifacts_of_another_project_say_nothing_of_this_one(project: Shop) -> None:
    left(project.root / "target", run_results=RESULTS, manifest=MANIFEST)
    project.ok("record", "target")
    metadata = {**MANIFEST["metadata"], "project_name": "other"}
    left(
        project.root / "target",
        run_results=of("33333333-cccc", RESULTS["args"]),
        manifest={**MANIFEST, "metadata": metadata},
    )
    said = project.ok("record", "target").out
    assert "33333333-cccc is of the project other, and counts for that alone" in said
    assert "FAILING unique_orders_id" in project.run("status").out


@pytest.mark.parametrize(
    ("documents", "said"),
    [
        ({}, "neither run_results.json nor sources.json"),
        ({"run_results": "{"}, "run_results.json"),
        ({"run_results": "[]"}, "none of dbt's artifacts"),
        ({"run_results": {"metadata": {"invocation_id": "../x", "generated_at": "2026-03-01"}, "results": []}}, "../x"),
        ({"run_results": {"metadata": {"invocation_id": "x"}, "results": []}}, "generated_at"),
        ({"run_results": {**RESULTS, "results": [{"status": "pass"}]}}, "unique_id"),
        ({"run_results": {**RESULTS, "results": 7}}, "not what dbt writes"),
        ({"run_results": RESULTS, "manifest": "no"}, "manifest.json"),
    ],
)
def test_what_is_none_is_refused(project: Shop, documents: dict[str, Any], said: str) -> None:
    refused(project.run("record", str(left(project.root / "target", **documents))), said)
    assert not (project.root / ".dataops" / "state").exists()


def test_the_commands_on_an_empty_history(project: Shop) -> None:
    assert "Nothing is recorded yet" in project.ok("history").out
    assert project.ok("history", "--format", "json").json == {"version": 1, "invocations": [], "damaged": []}
    project.ok("history", "compact")
    project.ok("history", "expire")
    refused(project.run("history", "expire", "--older-than", "3 weeks"), "3 weeks")
    (project.root / "dbt_project.yml").unlink()
    refused(project.run("history"), "no dbt project")
