"""What the site gathers: from a history that is written here record by record, and from a project that was released."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dataops.breaker.ledger import Ledger
from dataops.errors import SettingsError
from dataops.health import production
from dataops.history.names import file_name
from dataops.history.records import Freshness
from dataops.output import drawing
from dataops.plan import origins
from dataops.project import documentation
from dataops.site import folder, invocations, pages
from dataops.site import invocations as site_past
from dataops.site.content import NodeRun, Site
from dataops.site.gather import REPORT, REVIEW
from tests.history.past import NOW, ORDERS, UNIQUE, VOLUME, Past, points, result
from tests.shop import Shop, refused


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    past = Past(tmp_path_factory.mktemp("past"))
    tested = {"tested": ORDERS, "owners": ("@data",)}
    past.add(
        "a",
        72,
        result(ORDERS, "success", 72, 2.0),
        result(UNIQUE, "pass", 71.9, **tested),
        result(VOLUME, "warn", 71.9, **tested),
        *points(300.0, "beyond_limit", 2),
    )
    past.add(
        "b",
        48,
        result(ORDERS, "success", 48, 2.0),
        result(UNIQUE, "fail", 47.9, failures=3, **tested),
        result(VOLUME, "pass", 47.9, **tested),
        *points(100.0, None, 2, shift=2),
        status="failed",
    )
    past.add(
        "c",
        24,
        result(ORDERS, "success", 24, 2.0),
        result(UNIQUE, "fail", 23.9, failures=12, **tested),
        Freshness("", "source.shop.app.events", "events", "warn", max_loaded_at=datetime(2026, 3, 1)),
        result("model.shop.later", "skipped", 23),
        result(VOLUME, "skipped", 23.9),
        status="failed",
    )
    past.add(
        "ci",
        3,
        result(ORDERS, "error", 3),
        command="ci",
        target="ci",
        status="failed",
        pull_request="12",
        user="ada",
        job_url="https://ci.example.com/1",
    )
    past.add("own", 2, result(ORDERS, "error", 2), command="build", target="dev", status="failed")
    past.add("gone", 1, result(ORDERS, "success", 1, 2.0), status="running", seconds=None)
    ledger = Ledger(past.settings.state)
    ledger.resume(
        ledger.pause(ORDERS, "partner", "ada"), "known sale", "ada", "2026-02-20T00:00:00Z", "2026-02-21T00:00:00Z"
    )
    ledger.pause(ORDERS, "sent twice", "bob")
    past.root.joinpath(REVIEW).parent.mkdir(parents=True)
    past.root.joinpath(REVIEW).write_text("<p>the review")
    past.root.joinpath(REPORT).write_text("<p>the report")
    return past.site()  # fmt: skip


def test_health_is_that_of_the_newest_result_in_production(site: Site) -> None:
    found = [(each.kind, each.name, each.message) for each in site.health.problems]
    assert found == [
        ("failing", "unique_orders", "12 rows fail"),
        ("failing", "deploy", "it was interrupted; 3 in a row came to nothing"),
        ("late", "app.events", "newest row of 2026-03-01 00:00 UTC"),
        ("paused", "orders", "sent twice (by bob)"),
    ]
    failing = site.health.problems[0]
    assert failing.owner == "@data"
    # Since the first of the failures in a row.
    assert failing.since == NOW - timedelta(hours=47.9)
    assert (site.environment, site.health.tests, site.health.passing) == ("prod", 2, 1)
    assert not site.health.healthy


def test_a_killed_run_is_interrupted_and_has_what_ran(site: Site) -> None:
    assert [(run.key, run.status) for run in site.runs] == [
        ("gone", "interrupted"), ("c", "failed"), ("b", "failed"), ("a", "ok")
    ]  # fmt: skip
    newest = site.runs[0]
    assert newest.seconds is None
    assert [node.key for node in newest.nodes or ()] == [ORDERS]
    assert newest.counts == {"success": 1}


def test_days_are_production_s_own(site: Site) -> None:
    assert len(site.trend) == 30
    assert [(f"{day.day}", day.invocations, day.failed, day.tests, day.failing) for day in site.trend[-4:]] == [
        ("2026-03-07", 1, 0, 2, 0), ("2026-03-08", 1, 1, 2, 1), ("2026-03-09", 1, 1, 1, 1), ("2026-03-10", 1, 1, 0, 0),
    ]  # fmt: skip


def test_a_point_is_shown_as_it_was_judged_last(site: Site) -> None:
    (monitor,) = site.monitors
    assert (monitor.name, monitor.model, monitor.status) == ("volume_orders", "orders", "pass")
    (series,) = monitor.series
    assert len(series.points) == 22
    # The second run saw the point of the 20th day without judging it.
    (fired,) = series.fired
    assert (fired.at.day, fired.value, fired.rule) == (20, 300.0, "beyond_limit")
    assert [(each.reason, each.by) for each in monitor.incidents] == [("known sale", "ada")]


def test_a_review_is_listed_with_its_page(site: Site) -> None:
    (review,) = site.reviews
    assert (review.change, review.by, review.verdict, review.summary) == ("#12", "ada", "not ready", "1 error")
    assert review.page == "reviews/latest.html"
    assert (site.review, site.report) == (b"<p>the review", b"<p>the report")


def test_a_model_is_slowing_when_it_takes_half_as_long_again(tmp_path: Path) -> None:
    past = Past(tmp_path)
    for each in range(12):
        slow = each < 5
        past.add(f"r{each}", each, result(ORDERS, "success", each, 6.0 if slow else 3.0),
                 result("model.shop.quick", "success", each, 0.5 if slow else 0.1))  # fmt: skip
    found = past.site()
    assert [(each.name, each.recent, each.before) for each in found.slower] == [("orders", 6.0, 3.0)]
    assert [(each.name, round(each.share, 2)) for each in found.slowest] == [("orders", 0.92), ("quick", 0.08)]


def test_of_many_dimensions_those_that_fired_are_shown(tmp_path: Path) -> None:
    past = Past(tmp_path)
    every = [
        replace(point, dimension=f"country = {each}")
        for each in range(20)
        for point in points(300.0, "beyond_limit" if each == 17 else None, 2, count=3)
    ]
    past.add("a", 1, result(VOLUME, "fail", 1, tested=ORDERS), *every)
    (monitor,) = past.site().monitors
    assert (monitor.series[0].dimension, len(monitor.series), monitor.left_out) == ("country = 17", 12, 8)


def test_what_has_ended_is_looked_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    past = Past(tmp_path)
    past.add("a", 2, result(ORDERS, "success", 2, rows_affected=3), result(UNIQUE, "fail", 1.9, tested=ORDERS))
    first = past.site().runs
    monkeypatch.setattr(site_past, "_shown", None)
    assert past.site().runs == first
    # What is new is looked at, and so is everything where what was kept is damaged.
    past.add("b", 1, result(ORDERS, "success", 1))
    with pytest.raises(TypeError):
        past.site()
    monkeypatch.undo()
    (tmp_path / "target" / "dataops" / "site-runs.json").write_text('{"format": []}')
    assert past.site().runs[1:] == first


def test_charts_go_back_further_than_health(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    past = Past(tmp_path)
    past.add("old", 24 * 100, result(VOLUME, "warn", 24 * 100, tested=ORDERS), *points(300.0, "beyond_limit", 2))
    past.add("new", 1, result(ORDERS, "success", 1))
    monkeypatch.setattr(production, "INVOCATIONS", 1)
    site = past.site()
    assert [run.key for run in site.runs] == ["new"]
    assert [each.status for each in site.monitors] == ["warn"]


@pytest.mark.parametrize(
    ("targets", "named", "found"),
    [(("dev", "prod"), None, "prod"), (("live", "dev"), None, "live"), (("dev", "prod"), "dev", "dev"),
     ((), None, "production")],
)  # fmt: skip
def test_production_is_found(tmp_path: Path, targets: tuple[str, ...], named: str | None, found: str) -> None:
    past = Past(tmp_path)
    for each, target in enumerate(targets):
        past.add(target, 5 + each, command="deploy" if target == "live" else "build", target=target)
    assert past.site(named).environment == found


def test_nothing_at_all_is_a_site_too(tmp_path: Path) -> None:
    empty = Past(tmp_path).site()
    assert (empty.health.last, empty.trend, empty.lineage, empty.documentation) == (None, (), (), None)
    assert dict(pages.pages(empty))["index.html"]


# -- the critical path ----------------------------------------------------------------------------------------------


def node(key: str, start: float, seconds: float) -> NodeRun:
    return NodeRun(key, key, "model", "success", NOW + timedelta(seconds=start), seconds, "Thread-1")


def test_the_critical_path_is_what_the_last_node_waited_for() -> None:
    manifest = {
        "nodes": {
            "model.a": {}, "model.b": {}, "model.c": {"depends_on": {"nodes": ["model.a", "model.b"]}},
            "test.b": {"depends_on": {"nodes": ["model.b"]}},
        },
        "unit_tests": {},
    }  # fmt: skip
    waits = invocations.waiting(manifest, {"model.b": ["test.b"]})
    ran = [node("model.a", 0, 1), node("model.b", 0, 2), node("test.b", 2, 3), node("model.c", 5, 1), node("x", 0, 4)]
    assert [each.key for each in invocations.mark(ran, waits) if each.critical] == ["model.b", "test.b", "model.c"]
    assert invocations.mark([], waits) == ()
    assert all(each.critical for each in invocations.mark([node("model.a", 0, 0)], lambda key: [key]))


# -- documentation and lineage --------------------------------------------------------------------------------------


def test_documentation_holds_its_data_and_reports_nobody() -> None:
    manifest = {"metadata": {"send_anonymous_usage_stats": True}, "nodes": {"a": {"description": "</script><!--"}}}
    page = documentation.page(json.dumps(manifest).encode(), None).decode()
    assert "INLINE DATA" not in page
    assert 'use xlink:href="{{' not in page
    assert '"send_anonymous_usage_stats": false' in page
    assert r"\u003c/script>\u003c!--" in page


def artifacts(sql: str, **given: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    place = {"database": "prod", "schema": "main"}
    raw = {
        **place,
        "resource_type": "source",
        "source_name": "app",
        "name": "orders",
        "identifier": "orders",
        "columns": {},
    }
    model = {
        **place,
        "resource_type": "model",
        "name": "stg",
        "compiled_code": sql,
        "columns": {},
        "language": "sql",
        "depends_on": {"nodes": ["source.shop.app.orders"]},
        **given,
    }
    names = {"ID": {"index": 1}, "Größe": {"index": 2}, "select": {"index": 3}}
    manifest = {
        "metadata": {"adapter_type": "duckdb"},
        "nodes": {"model.shop.stg": model},
        "sources": {"source.shop.app.orders": raw},
        "exposures": {},
    }
    return manifest, {"nodes": {}, "sources": {"source.shop.app.orders": {"columns": names}}}  # fmt: skip


SOURCE = "source.shop.app.orders"


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        (
            'select id, "größe" + 1 as size from prod.main.orders',
            {"id": ((SOURCE, "ID"),), "size": ((SOURCE, "Größe"),)},
        ),
        ('select "select" as a, 1 as b from prod.main.orders', {"a": ((SOURCE, "select"),), "b": ()}),
        ("with o as (select * from prod.main.orders) select max(id) as top from o", {"top": ((SOURCE, "ID"),)}),
    ],
)
def test_a_column_is_traced_to_the_columns_of_its_parents(
    sql: str, columns: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "deep" / "cache.json"
    first = origins.lineage(*artifacts(sql), cache)
    assert dict(first[1].columns) == columns
    # What is known is not asked again.
    monkeypatch.setattr(origins, "_asked", None)
    assert origins.lineage(*artifacts(sql), cache) == first
    cache.write_text("damaged")
    with pytest.raises(TypeError):
        origins.lineage(*artifacts(sql), cache)


def test_what_a_release_found_is_not_followed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "cache.json"
    manifest, catalog = artifacts("select id from prod.main.orders")
    stored = json.dumps(manifest).encode(), json.dumps(catalog).encode()
    expected = origins.lineage(manifest, catalog, cache)
    cache.unlink()
    released = origins.packed(*stored, None)
    assert origins.lineage(manifest, catalog, cache, b"damaged") == expected
    assert origins.lineage(manifest, catalog, cache, b"[]") == expected
    cache.unlink()
    monkeypatch.setattr(origins, "_asked", None)
    assert origins.lineage(manifest, catalog, cache, released) == expected
    assert not cache.exists()  # nothing was found beyond it
    assert origins.packed(*stored, released) == released
    monkeypatch.setattr(origins, "__version__", "another")  # which may follow otherwise
    with pytest.raises(TypeError):
        origins.packed(*stored, released)


def test_a_parser_that_stumbles_costs_one_model_its_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(_: object) -> None:
        raise AttributeError("of sqlglot")

    monkeypatch.setattr(origins.Lineage, "columns", stumble)
    relation = origins.lineage(*artifacts("select id from prod.main.orders"), tmp_path / "cache.json")[1]
    assert (relation.columns, relation.unclear) == ({}, "its SQL cannot be followed: AttributeError")


def test_garbage_of_followed_queries_is_collected_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Python does not by itself, and not for what is known: a full collection takes as long as many queries."""
    collections: list[int] = []
    monkeypatch.setattr(origins.gc, "collect", lambda: collections.append(1))
    monkeypatch.setattr(origins, "_OFTEN", 2)
    cache = tmp_path / "cache.json"
    manifest, catalog = artifacts("select 1 as id")
    for number in range(5):
        node = manifest["nodes"]["model.shop.stg"]
        manifest["nodes"][f"model.shop.more_{number}"] = {**node, "name": f"more_{number}", "alias": f"more_{number}"}
    origins.lineage(manifest, catalog, cache)
    assert not collections
    cache.unlink()
    monkeypatch.setattr(origins.gc, "isenabled", lambda: False)
    origins.lineage(manifest, catalog, cache)
    assert len(collections) == 3
    origins.lineage(manifest, catalog, cache)
    assert len(collections) == 3


@pytest.mark.parametrize(
    ("sql", "given", "why"),
    [
        ("select from where", {}, "its SQL cannot be parsed"),
        ("", {}, "not at hand"),
        ("select * from elsewhere", {}, "reads elsewhere"),
        ("import pandas", {"language": "python"}, "written in python"),
    ],
)
def test_what_cannot_be_followed_is_said(sql: str, given: dict[str, Any], why: str, tmp_path: Path) -> None:
    relation = origins.lineage(*artifacts(sql, **given), tmp_path / "cache.json")[1]
    assert not relation.columns
    assert relation.unclear is not None
    assert why in relation.unclear


def test_names_of_files_are_apart() -> None:
    names = ["größe", "größe ", "a/b", "a-b", "../x", "0f", "x" * 300]
    assert len({file_name(name) for name in names}) == len(names)
    assert all("/" not in file_name(name) and "." not in file_name(name) for name in names)


# -- the folder and the command -------------------------------------------------------------------------------------


def test_a_folder_is_renewed_where_it_differs(tmp_path: Path) -> None:
    place = tmp_path / "site"
    assert folder.write(place, [("a.html", b"1"), ("data/b.js", b"2")]).changed == 2
    (place / "CNAME").write_text("data.example.com")
    again = folder.write(place, [("a.html", b"1"), ("c.html", b"3")])
    assert (again.files, again.changed, again.size) == (2, 1, 2)
    assert not (place / "data" / "b.js").exists()
    assert (place / "CNAME").exists()


def test_somebody_else_s_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(SettingsError):
        folder.write(tmp_path, [("a.html", b"1")])
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / folder.INDEX).write_text('["../notes.txt", "/etc/hosts", 3]')
    folder.write(tmp_path / "site", [("a.html", b"1")])
    assert (tmp_path / "notes.txt").exists()


def test_a_released_project_has_its_site(shop: Shop) -> None:
    ran = shop.ok("site", "--to", "public")
    place = shop.root / "public"
    assert f"{place / 'index.html'}" in ran.out.replace("\n", "")
    assert "window.vegaEmbed" in (place / "assets" / drawing.library_name()).read_text(encoding="utf-8")
    assert shop.live in (place / "releases.html").read_text(encoding="utf-8")
    assert "compiled_code" in (place / "docs" / "index.html").read_text(encoding="utf-8")
    text = (place / "data" / "lineage.js").read_text(encoding="utf-8")
    nodes = {each["name"]: each for each in json.loads(json.loads(text.split("JSON.parse(", 1)[1].rsplit("));", 1)[0]))}
    assert nodes["fct_orders"]["columns"]
    assert "Production is healthy" in (place / "index.html").read_text(encoding="utf-8")
    # Nothing but the moment of its making differs.
    assert "0 MB" not in shop.ok("site", "--to", "public").out
    (shop.root / "elsewhere").mkdir()
    refused(shop.run("site", "--project-dir", "elsewhere"), "no dbt project")
