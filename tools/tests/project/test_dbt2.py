"""What dbt 2 writes: an unchanged project is unchanged, an edit is seen, and what cannot be compared counts."""

from __future__ import annotations

import copy
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dataops.project import versions
from tests.plan.test_inputs import cosmetic, details
from tests.shop import Shop, copied, lay_out, ran, refused

WRITTEN = Path(__file__).parent / "dbt2"
MANIFEST = json.loads((WRITTEN / "manifest.json").read_text(encoding="utf-8"))
ALONE = {"look": ["config materialized: view -> table", "config tags"]}
"""dbt 2 gives an analysis no configuration; it is not built."""


@pytest.fixture(scope="module")
def _both(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop = lay_out(tmp_path_factory.mktemp("both") / "both", project="both", with_events=False)
    shop.change_data("create table made as select 1 as id")
    project = shop.project()
    with project.entered():
        project.parse(shop.targets(project).parsing)
    return shop


@pytest.fixture
def both(_both: Shop, tmp_path: Path) -> Shop:
    """A project of which dbt 2 wrote the artifacts, parsed before."""
    return copied(_both, tmp_path / "both")


def plan(shop: Shop, manifest: Any) -> dict[str, Any]:
    shop.write("artifacts/manifest.json", json.dumps(manifest))
    return shop.plan("--state", "artifacts")


def test_a_project_that_nobody_changed(both: Shop) -> None:
    """Other defaults, spellings and orders on nearly every node; its variable is settled by what dbt 2 compiled."""
    found = plan(both, MANIFEST)
    assert found["run"] == []
    assert details(found) == ALONE
    assert cosmetic(found) == {"recent"}


EDITS = [
    ("models/orders.sql", "unique_key='id'", "unique_key='amount'", "orders", "config unique_key: id -> amount"),
    ("models/orders.sql", '"select 3"', '"select 4"', "orders", "config post_hook"),
    ("models/models.yml", "bigint\n        data_tests", "int\n        data_tests", "orders", "contract"),
    ("models/models.yml", "threshold: 3", "threshold: 4", "scored", "config what it asks for"),
    ("models/models.yml", "identifier: all_events", "identifier: events", "app.events", "source"),
    ("models/models.yml", "tags: [b, a]", "tags: [b]", "app.events", "source"),
    ("models/models.yml", "{id: 2, cents: 300}", "{id: 2, cents: 301}", "totals.cents_are_hundredths", "sql"),
    ("models/models.yml", "include: [1]", "include: [2]", "people.first_version_is_one_v2", "new"),
    ("models/shown.sql", "'identifier': false", "'identifier': true", "shown", "config quoting"),
    ("models/people_v1.sql", "select 1", "select 3", "people.v1", "sql"),
    ("macros/cents.sql", "* 100", "* 1000", "totals", "macro default__cents_of"),
    ("macros/cents.sql", "create view {{", "create or replace view {{", "shown", "macro duckdb__create_view_as"),
    ("seeds/prices.csv", "2;3", "2;4", "prices", "seed"),
    ("seeds/seeds.yml", 'where: "id > 0"', 'where: "id > 1"', "not_null_prices__id_",
     "config where: id > 0 -> id > 1"),
    ("seeds/seeds.yml", "severity: warn", "severity: error", "not_null_prices__id_",
     "config severity: WARN -> error"),
    ("seeds/seeds.yml", "schema: audit", "schema: audits", "not_null_prices__id_", "relation"),
    ("seeds/seeds.yml", "alias: prices_without_id", "alias: priceless", "not_null_prices__id_", "relation"),
    ("seeds/seeds.yml", "id: bigint", "id: int", "prices", "config column_types"),
    ("tests/generic/is_positive.sql", "< 0", "<= 0", "is_positive_orders_amount", "macro test_is_positive"),
    ("tests/no_order_without_amount.sql", "is null", "is not null", "no_order_without_amount", "sql"),
    ("snapshots/snapshots.yml", "hard_deletes: new_record", "hard_deletes: ignore", "totals_history",
     "config hard_deletes"),
    ("snapshots/snapshots.yml", "valid_from: valid_from", "valid_from: since", "totals_history",
     "config snapshot_meta_column_names"),
    ("snapshots/shown_history.sql", "target_schema='olds'", "target_schema='old'", "shown_history", "relation"),
    ("dbt_project.yml", "first_year: 2020", "first_year: 2021", "recent",
     "var first_year, whose earlier value is not recorded"),
]  # fmt: skip


def test_each_edit_is_seen(both: Shop) -> None:
    for file, old, new, _, _ in EDITS:
        both.edit(file, old, new)
    found = plan(both, MANIFEST)
    told = details(found)
    assert {(node, reason) for *_, node, reason in EDITS} - {
        (n, each) for n, every in told.items() for each in every
    } == set()
    assert {node for *_, node, _ in EDITS} - ran(found) <= {"app.events"}


def test_the_project_s_quoting_counts(both: Shop) -> None:
    """dbt 1 knows it for the project, dbt 2 writes it to each node."""
    both.edit("dbt_project.yml", "flags:", "quoting: {identifier: false}\n\nflags:")
    assert "config quoting" in details(plan(both, MANIFEST))["totals"]


# -- manifests of other versions --------------------------------------------------------------------------------------


def _more(manifest: Any) -> None:
    """Fields that nobody knows yet, fewer that nobody needs, and space around every text."""
    del manifest["docs"], manifest["selectors"], manifest["saved_queries"]
    manifest["hereafter"] = {"a": 1}
    for node in (*manifest["nodes"].values(), *manifest["sources"].values()):
        node["hereafter"] = {"a": [1]}
        node.pop("classifiers")
        if "raw_code" in node:
            node["raw_code"] = f"\r\n{node['raw_code']}\r\n "
        if "checksum" in node and not node["unique_id"].startswith("seed."):
            node["checksum"] = {"name": "blake3", "checksum": "1"}


def _no_config(manifest: Any) -> None:
    del manifest["nodes"]["model.both.orders"]["config"]


def _not_as_written(manifest: Any) -> None:
    """What came of it is written as well."""
    for node in manifest["nodes"].values():
        del node["unrendered_config"]


def _other_kinds(manifest: Any) -> None:
    manifest["nodes"]["model.both.orders"]["raw_code"] = 1
    manifest["nodes"]["test.both.is_positive_orders_amount.be4089b5e0"]["test_metadata"] = []
    manifest["nodes"]["seed.both.prices"] = "as on Monday"
    manifest["macros"]["macro.both.default__cents_of"]["macro_sql"] = None


def _one_is_not_there(manifest: Any) -> None:
    del manifest["nodes"]["model.both.totals"]


UNREAD = "inputs that are not known: what dbt 2 wrote of it cannot be read"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_more, {}),
        (_no_config, {"orders": "config materialized: view -> incremental"}),
        (_not_as_written, {}),
        (_other_kinds, {"prices": UNREAD, "orders": UNREAD, "totals": "macro", "is_positive_orders_amount": UNREAD}),
        (_one_is_not_there, {"totals": "new"}),
    ],
)
def test_what_cannot_be_compared_counts(both: Shop, change: Callable[[Any], None], expected: dict[str, str]) -> None:
    manifest = copy.deepcopy(MANIFEST)
    change(manifest)
    found = plan(both, manifest)
    told = {node: each for node, each in details(found).items() if node not in ALONE}
    assert expected.keys() <= ran(found)
    assert expected.keys() <= told.keys()
    for node, reason in expected.items():
        assert any(each.startswith(reason) for each in told[node]), told[node]
    if not expected:
        assert found["run"] == []
        assert told == {}


def test_an_older_semantic_layer_is_not_called_new(both: Shop) -> None:
    """dbt 2 reads none of it and says so to nobody but the one who reads its log."""
    both.write(
        "models/semantic.yml",
        "semantic_models:\n"
        "  - name: sold\n    model: ref('totals')\n    defaults: {agg_time_dimension: day}\n"
        "    entities: [{name: id, type: primary}]\n"
        "    dimensions: [{name: day, type: time, expr: id, type_params: {time_granularity: day}}]\n"
        "    measures: [{name: cents, agg: sum}]\n",
    )
    both.write("models/days.sql", "select 1 as day\n")
    both.write(
        "models/days.yml",
        "models: [{name: days, time_spine: {standard_granularity_column: day},"
        " columns: [{name: day, granularity: day}]}]\n",
    )
    found = plan(both, MANIFEST)
    assert details(found)["sold"] == ["inputs that are not known: dbt 2 leaves out an older semantic layer"]


def test_a_schema_of_later_times(both: Shop) -> None:
    later = {**MANIFEST, "metadata": {**MANIFEST["metadata"]}}
    later["metadata"]["dbt_schema_version"] = "https://schemas.getdbt.com/dbt/manifest/v20.json"
    both.write("artifacts/manifest.json", json.dumps(later))
    refused(both.run("plan", "--state", "artifacts"), "artifacts/manifest.json", "--base main")


# -- a project that only dbt 2 reads ----------------------------------------------------------------------------------


def test_a_project_that_only_dbt_2_reads(both: Shop) -> None:
    """`startingwith` is a test of dbt 2's Jinja."""
    both.write("models/loud.sql", "{% if 'abc' is startingwith('a') %}select 1 as id{% endif %}\n")
    words = ("plan", "--state", "artifacts")
    both.write("artifacts/manifest.json", json.dumps(MANIFEST))
    told = both.run(*words)
    refused(told, "models/loud.sql", "startingwith")
    assert "dbt-2.md" not in told.err
    both.write("target/manifest.json", json.dumps(MANIFEST, indent=1))
    refused(both.run(*words), "models/loud.sql", "dbt 2 may read what dbt 1 does not: docs/dbt-2.md")
    both.remove("models/loud.sql")
    both.edit("dbt_project.yml", "config-version: 2", 'config-version: 2\nrequire-dbt-version: ">=2.0.0"')
    refused(both.run(*words), "both asks for dbt >=2.0.0 (require-dbt-version)", "here is dbt 1.", "<3.0.0")


# -- runs -------------------------------------------------------------------------------------------------------------


def test_a_build_is_recorded(both: Shop) -> None:
    """It says neither where it ran nor with which options: nothing is guessed."""
    results = json.loads((WRITTEN / "run_results.json").read_text(encoding="utf-8"))
    both.write("ran/run_results.json", json.dumps(results))
    both.write("ran/manifest.json", json.dumps(MANIFEST))
    told = both.ok("record", "ran").out
    assert f"Recorded {results['metadata']['invocation_id']}: {len(results['results'])} results" in told
    assert "record no run with --empty or on samples" in told
    assert "run_results.json does not say where it ran, so only what is bad counts" in told
    first = both.ok("history", "--format", "json").json["invocations"][0]
    assert (first["command"], first["target"], first["status"]) == ("build", None, "failed")


def test_what_a_build_with_a_connection_says(both: Shop) -> None:
    """In the words of dbt 2's schema, with its nanoseconds; the SQL of a test is in the manifest of the same run."""
    identity = MANIFEST["metadata"]["invocation_id"]
    test = "test.both.unique_prices__id_.1a2b3cda3d"
    spans = ["2026-03-01T03:00:00.123456789Z", "2026-03-01T03:00:02.123456789Z"]

    def result(unique_id: str, status: str, **more: Any) -> dict[str, Any]:
        timing = [{"name": name, "started_at": spans[0], "completed_at": spans[1]} for name in ("compile", "execute")]
        told = {"thread_id": "Thread-1", "execution_time": 2.0, "adapter_response": {}, "message": status}
        return {"status": status, "timing": timing, "unique_id": unique_id, **told, **more}

    document = {
        "metadata": {
            "dbt_schema_version": "https://schemas.getdbt.com/dbt/run-results/v6.json",
            "dbt_version": "2.0.0-alpha.4",
            "generated_at": "2026-03-01T03:00:03.123456789Z",
            "invocation_id": identity,
            "env": {},
        },
        "results": [
            result("seed.both.prices", "success", relation_name='"prod"."main_raw"."prices"'),
            result("model.both.orders", "reused", static_analysis_off_reason="configured_off"),
            result("model.both.totals", "skipped"),
            result("model.both.shown", "of later times"),
            result(test, "fail", failures=2),
        ],
        "elapsed_time": 0.0,
        "args": {"command": "build", "which": "build", "__other__": {"which": "build", "static_analysis": None}},
    }
    both.write("ran/run_results.json", json.dumps(document))
    both.write("ran/manifest.json", json.dumps(MANIFEST))
    assert "Recorded" in both.ok("record", "ran", "--target", "prod").out
    from dataops.history.reader import reading

    with reading(str(both.root / ".dataops" / "state"), both.root) as history:
        rows = history.connection.execute(
            "select unique_id, status, started_at::varchar, seconds, failures, compiled_sql from results order by all"
        ).fetchall()
        began, seconds, target = history.connection.execute(
            "select started_at::varchar, seconds, target from invocations"
        ).fetchall()[0]
    assert {(uid, status) for uid, status, *_ in rows} == {(e["unique_id"], e["status"]) for e in document["results"]}
    assert {at for _, _, at, *_ in rows} == {"2026-03-01 03:00:00.123456"}
    assert (began, seconds, target) == ("2026-03-01 03:00:00.123456", 3.0, "prod")
    sql = next(sql for uid, *_, sql in rows if uid == test)
    assert "unique" in test and sql == MANIFEST["nodes"][test]["compiled_code"].strip()


# -- on this machine --------------------------------------------------------------------------------------------------


def _program(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    (folder / name).chmod(stat.S_IRWXU)


@pytest.mark.parametrize(
    ("name", "said", "version"),
    [
        ("dbt", "echo 'dbt-core 2.0.0-alpha.4'", "2.0.0-alpha.4"),
        ("dbtf", "echo 'dbt-fusion 2.0.0-preview.76'", "2.0.0-preview.76"),
        ("dbt", "echo 'Core:'; echo '  - installed: 1.11.2'", None),
        ("dbt", "echo 'dbt 2.0.0' >&2; exit 1", None),
        ("dbt", "printf '\\377'", None),
    ],
)
def test_dbt_2_on_the_path(
    name: str, said: str, version: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _program(tmp_path / "bin", name, said)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    found = versions.dbt2()
    assert (found.version if found else None) == version
    assert found is None or found.path == tmp_path / "bin" / name


def test_doctor_says_what_works(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _program(tmp_path / "bin", "dbt", "echo 'dbt-core 2.0.0-alpha.4'")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    checks = {each["name"]: each for each in shop.ok("doctor", "--format", "json").json["checks"]}
    assert checks["dbt 2"]["status"] == "note"
    assert f"2.0.0-alpha.4 in {tmp_path / 'bin' / 'dbt'}" in checks["dbt 2"]["finding"]
    assert "`plan --state`" in checks["dbt 2"]["finding"]
    assert "run dbt 1." in checks["dbt 2"]["remedy"]
