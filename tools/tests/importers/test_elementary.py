"""What Elementary's package stored, taken over: from rows that it really wrote, and from what older versions lack."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dataops.history import files
from dataops.history.reader import reading
from tests.history.made import write
from tests.shop import Shop, copied, refused

STORED = Path(__file__).with_name("elementary_0_25.sql").read_text(encoding="utf-8")
BUILD, FRESHNESS = "02bc5344-882e-4ab6-a272-33f51da8f855", "5d1d9e8a-7846-4f4c-92bf-c69a0f49018a"
LOGINS, UNIQUE = "model.shop.logins", "test.shop.unique_logins_email.fc7c327644"
# What the rows were made with, but for the tests of a package that is not here.
PROJECT = {
    "dbt_project.yml": "name: shop\nprofile: shop\nversion: 1.0.0\n",
    "profiles.yml": "shop: {target: prod, outputs: {prod: {type: duckdb, path: prod.duckdb}}}\n",
    "models/logins.sql": "select 1 as login_id, 'x' as email, 'web' as channel, now() as logged_in_at\n",
    "models/logins.yml": """
sources:
  - name: app
    config: {meta: {owner: Platform}, tags: [raw]}
    tables: [{name: events}, {name: visits}, {name: orders}, {name: missing, identifier: gone}]
models:
  - name: logins
    config: {meta: {owner: "Ann"}}
    columns:
      - name: email
        config: {tags: [pii]}
        data_tests: [unique]
""",
    "packages.yml": "packages: [{package: elementary-data/elementary, version: 0.25.0}]\n",
    "dbt_packages/elementary/dbt_project.yml": "name: elementary\nprofile: shop\nversion: 1.0.0\n",
} | {
    f"dbt_packages/elementary/models/{name}.sql": "{{ config(schema='monitoring') }} select 1 as id\n"
    for name in ("dbt_invocations", "dbt_run_results", "elementary_test_results", "dbt_source_freshness_results",
                 "test_result_rows")
}  # fmt: skip


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The project and its tables, in the schema where the package puts them; nothing is imported yet."""
    shop = Shop(tmp_path_factory.mktemp("elementary"), Path())
    for path, text in PROJECT.items():
        shop.write(path, text)
    shop.change_data(f"create schema main_monitoring; use main_monitoring; {STORED}")
    shop.ok("import", "elementary", "--dry-run")
    return shop


@pytest.fixture(scope="module")
def imported(laid_out: Shop, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop = _copied(laid_out, tmp_path_factory.mktemp("imported"))
    assert shop.ok("import", "elementary").out.splitlines() == [
        "Imported 2 invocations, of 2026-11-22 to 2026-11-22: 7 results, 5 failing rows, 10 points, 4 freshness checks"
    ]
    return shop


@pytest.fixture
def fresh(laid_out: Shop, tmp_path: Path) -> Shop:
    return _copied(laid_out, tmp_path)


def _copied(shop: Shop, place: Path) -> Shop:
    return copied(Shop(shop.root, shop.root), place / "copy")


def rows(shop: Shop, sql: str) -> list[tuple[Any, ...]]:
    with reading(str(shop.root / ".dataops" / "state"), shop.root) as history:
        return history.connection.execute(sql).fetchall()


def test_invocations_are_those_that_ran(imported: Shop) -> None:
    names = "invocation_id, command, status, target, schema, selected, variables, threads, started_at, seconds, planned"
    assert rows(imported, f"select {names} from invocations order by started_at") == [
        (FRESHNESS, "source freshness", "failed", "prod", "main", "", [], 2,
         datetime(2026, 11, 22, 20, 46, 31), 12.0, 4),
        (BUILD, "build", "failed", "prod", "main", "--select logins", ["day", "secret"], 2,
         datetime(2026, 11, 22, 20, 50, 2), 40.0, 7),
    ]  # fmt: skip
    facts = "select distinct origin, adapter, project, dbt_version, dataops_version from invocations"
    assert rows(imported, facts) == [("elementary", "duckdb", "shop", "1.11.16", None)]


def test_each_node_has_its_result(imported: Shop) -> None:
    names = "unique_id, status, failures, tested, column_name, test_name, test_type, severity, owners, thread, file"
    found = {row[0]: row[1:] for row in rows(imported, f"select {names} from results")}
    assert len(found) == 7
    thread, file = "Thread-2 (worker)", "models/logins.yml"
    assert found[UNIQUE] == ("fail", 5, LOGINS, "email", "unique", "generic", "error", ["Ann"], thread, file)
    (model,) = rows(imported, "select materialized, seconds, started_at, parents from results where name = 'logins'")
    assert (model[0], round(model[1], 3), model[2].second, model[3]) == ("view", 0.653, 26, [])
    # Tests of the package are not in this project any more: what the package said of them then stays.
    volume = next(row for key, row in found.items() if "volume_anomalies" in key)
    assert volume == ("fail", 1, LOGINS, None, "volume_anomalies", "generic", "error", [], "Thread-1 (worker)", None)
    code = rows(imported, "select unique_id from results where compiled_sql like '%n_records%'")
    assert code == [(UNIQUE,)]


def test_nothing_personal_is_taken(imported: Shop) -> None:
    samples = rows(imported, f"select number, row, hidden from samples where unique_id = '{UNIQUE}' order by number")
    assert [(number, json.loads(row), hidden) for number, row, hidden in samples] == [
        (number, {"n_records": "304" if number == 5 else "305"}, ["unique_field"]) for number in range(1, 6)
    ]
    series = "select distinct test_name, metric, dimension from points join tests using (unique_id) order by all"
    assert rows(imported, series) == [
        ("column_anomalies", "max_length", None),
        ("column_anomalies", "null_count", None),
        ("dimension_anomalies", "dimension", "app"),
        ("dimension_anomalies", "dimension", "web"),
        ("volume_anomalies", "row_count", None),
    ]
    everything = str(
        [rows(imported, f"select * from {view}") for view in ("invocations", "results", "samples", "points")]
    )
    assert "person" not in everything
    assert "geheim" not in everything


def test_points_are_as_they_were_judged(imported: Shop) -> None:
    names = "bucket, value, centre, lower, upper, round(score, 2), is_anomaly, is_detected, training_set_size"
    found = rows(imported, f"select {names} from points where metric = 'row_count' order by bucket")
    assert [(row[0].day, row[1], row[6], row[7], row[8]) for row in found] == [
        (20, 40.0, False, None, 13),
        (21, 4.0, True, None, 14),
    ]
    assert found[1][3] < found[1][2] < found[1][4]
    assert found[1][5] < -3


def test_sources_have_their_age(imported: Shop) -> None:
    names = (
        "name, status, max_loaded_at, age_seconds, warn_after_seconds, error_after_seconds, owners, tags, identifier"
    )
    found = {row[0]: row[1:] for row in rows(imported, f"select {names} from freshness")}
    loaded = datetime(2026, 11, 13, 20, 46, 40, 763294)
    raw = (["Platform"], ["raw"])
    assert found["orders"] == ("error", loaded, 777600.1875, 86400.0, 259200.0, *raw, "orders")
    assert found["missing"] == ("runtime error", None, None, None, None, *raw, "gone")
    assert {name: row[0] for name, row in found.items()}["events"] == "pass"
    message = rows(imported, "select message, checked_at from freshness where name = 'missing'")
    assert "gone does not exist" in message[0][0]
    assert message[0][1] == datetime(2026, 11, 22, 20, 46, 43)


def test_importing_twice_is_importing_once(imported: Shop) -> None:
    before = {path: path.read_bytes() for path in (imported.root / ".dataops" / "state").rglob("*.parquet")}
    assert imported.ok("import", "elementary").out.splitlines() == [
        "Imported 0 invocations",
        "2 invocations recorded before",
    ]
    assert {path: path.read_bytes() for path in (imported.root / ".dataops" / "state").rglob("*.parquet")} == before
    assert not list((imported.root / ".dataops" / "journal").glob("*"))


def test_what_was_recorded_here_stays(fresh: Shop) -> None:
    state = fresh.root / ".dataops" / "state"
    write(str(state), fresh.root, BUILD)
    before = list(state.rglob("*.parquet"))
    assert "Would import 1 invocation" in fresh.ok("import", "elementary", "--dry-run").out
    assert list(state.rglob("*.parquet")) == before
    assert "Imported 1 invocation," in fresh.ok("import", "elementary").out
    assert rows(fresh, "select origin, count(*) from invocations group by 1 order by 1") == [
        ("dataops", 1),
        ("elementary", 1),
    ]
    assert rows(fresh, f"select count(*) from results where invocation_id = '{BUILD}'") == [(5,)]


def test_older_tables_and_rows_that_say_nothing(fresh: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataops.importers.elementary.importer.now", lambda: datetime(2026, 11, 23))
    fresh.change_data(
        f"""
        use main_monitoring;
        drop table dbt_invocations; drop table dbt_source_freshness_results;
        alter table dbt_run_results drop column thread_id;
        alter table elementary_test_results drop column severity;
        update elementary_test_results set result_rows = '[{{"unique_field": "person", "n": 1.5, "none": null}}, 7]'
        where test_unique_id = '{UNIQUE}';
        delete from test_result_rows where test_type = 'dbt_test';
        insert into test_result_rows select elementary_test_results_id, 'no JSON', null, null, null, test_type
        from test_result_rows limit 1;
        insert into dbt_run_results (invocation_id, unique_id, status) values
            (null, 'model.shop.a', 'success'), ('../x', 'model.shop.a', 'success'),
            ('never', 'model.shop.a', 'success');
        """
    )
    said = fresh.ok("import", "elementary", "--schema", "main_monitoring").out.splitlines()
    assert said == [
        "Imported 1 invocation, of 2026-11-22 to 2026-11-22: 7 results, 1 failing row, 10 points",
        "left out: no table dbt_invocations",
        "left out: no table dbt_source_freshness_results",
        "left out: no column thread_id in dbt_run_results",
        "left out: no column severity in elementary_test_results",
        "left out: the invocation '../x', which is no id of dbt's",
        "left out: the invocation never, of which nothing says when it began",
        f"left out: the invocation {FRESHNESS}, of which no more than the id is there",
    ]
    assert rows(fresh, "select row, hidden from samples") == [('{"n": "1.5", "none": null}', ["unique_field"])]
    assert rows(fresh, "select command, status, target, started_at from invocations") == [
        ("build", "failed", None, datetime(2026, 11, 22, 20, 50, 26, 209648))
    ]


def test_what_is_still_being_written_is_left_for_later(fresh: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh.change_data(f"delete from main_monitoring.dbt_invocations where invocation_id = '{BUILD}'")
    monkeypatch.setattr("dataops.importers.elementary.importer.now", lambda: datetime(2026, 11, 22, 21, 30))
    said = fresh.ok("import", "elementary").out
    assert f"the invocation {BUILD}, which may be under way" in said
    assert rows(fresh, "select invocation_id from invocations") == [(FRESHNESS,)]
    monkeypatch.setattr("dataops.importers.elementary.importer.now", lambda: datetime(2026, 11, 22, 22, 30))
    assert "Imported 1 invocation," in fresh.ok("import", "elementary").out


def test_an_import_that_is_stopped_half_way_is_finished_by_the_next(
    fresh: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    really: Callable[..., str] = files.write

    def stopping(*given: Any) -> str:
        written.append(1)
        if len(written) == 2:
            raise KeyboardInterrupt
        return really(*given)

    monkeypatch.setattr(files, "write", stopping)
    assert fresh.run("import", "elementary").code == 130
    assert rows(fresh, "select count(*) from invocations") == [(1,)]
    monkeypatch.setattr(files, "write", really)
    assert "Imported 1 invocation," in fresh.ok("import", "elementary").out
    assert rows(fresh, "select count(*), count(distinct invocation_id) from invocations") == [(2, 2)]
    assert rows(fresh, "select count(*) from results") == [(7,)]


def test_no_tables_no_import(fresh: Shop) -> None:
    refused(fresh.run("import", "elementary", "--schema", "nowhere"), "no tables of Elementary in prod.nowhere")
    with duckdb.connect(str(fresh.production)) as connection:
        connection.execute("drop schema main_monitoring cascade")
    refused(fresh.run("import", "elementary"), "prod.main_monitoring")
    for path in (fresh.root / "dbt_packages" / "elementary" / "models").iterdir():
        path.unlink()
    refused(fresh.run("import", "elementary"), "--schema NAME")
