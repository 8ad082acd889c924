"""What docs/releases.md promises of `retry`: only what failed and what reads it is built again, and never on doubt."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from dataops.engines.adapters import CAPABILITIES
from dataops.history.reader import reading
from dataops.release import waiting
from dataops.store.drafts import Drafts
from tests.conftest import once
from tests.shop import Shop, copied, dump, last, lay_out, refused


@pytest.fixture(scope="session")
def _feeds(tmp_path_factory: pytest.TempPathFactory, worker: str) -> Shop:
    """Orders from a file that somebody else delivers, and what reads them; customers, and what reads only those."""

    def make(place: Any) -> None:
        shop = lay_out(place, project="editions", with_events=False)
        for name in ("published", "printed", "bound"):
            shop.remove(f"models/marts/{name}.sql")
        shop.remove("models/marts/marts.yml")
        shop.write("orders.csv", "order_id,customer_id,amount\n1,1,10\n2,1,20\n")
        shop.write("seeds/customers.csv", "customer_id,name\n1,Ada\n2,Bob\n")
        feed = "{{ config(materialized='%s') }}\nselect * from read_csv('orders.csv')"
        shop.write("models/stg_orders.sql", feed % "table")
        shop.write("models/stg_customers.sql", "select * from {{ ref('customers') }}\n")
        shop.write("models/cities.sql", "select count(*) as n from {{ ref('stg_customers') }}\n")
        shop.write("models/revenue.sql", "select sum(amount) as amount from {{ ref('stg_orders') }}\n")
        shop.write(
            "models/named.sql", "{{ config(materialized='ephemeral') }}\nselect * from {{ ref('stg_orders') }}\n"
        )
        shop.write("models/report.sql", "select count(*) as n from {{ ref('named') }}\n")
        shop.write(
            "models/log.sql",
            "{{ config(materialized='incremental') }}\nselect sum(amount) as amount from {{ ref('stg_orders') }}\n",
        )
        tests = {
            "models": [
                {"name": "stg_orders", "columns": [{"name": "order_id", "data_tests": ["unique"]}]},
                {"name": "cities", "columns": [{"name": "n", "data_tests": ["not_null"]}]},
                {"name": "report", "columns": [{"name": "n", "data_tests": ["not_null"]}]},
            ]
        }
        shop.write("models/models.yml", dump(tests))
        shop.ok("deploy")
        shop.commit("feeds")

    place = once(tmp_path_factory, worker, "feeds", make)
    return Shop(place, place)


@pytest.fixture
def feeds(_feeds: Shop, tmp_path: Any) -> Shop:
    return copied(_feeds, tmp_path / "feeds")


BAD = "order_id,customer_id,amount\n1,1,10\n1,1,20\n"
GOOD = "order_id,customer_id,amount\n1,1,10\n3,1,30\n"

ALL = {
    "customers", "stg_customers", "cities", "not_null_cities_n",
    "stg_orders", "unique_stg_orders_order_id", "revenue", "report", "not_null_report_n", "log",
}  # fmt: skip
AGAIN = {"stg_orders", "unique_stg_orders_order_id", "revenue", "report", "not_null_report_n", "log"}


UNKEPT = "Nothing is kept of it that could be retried: "


def failed(shop: Shop, orders: str = BAD) -> dict[str, Any]:
    """A `deploy --hold` on a bad delivery; what is kept of it."""
    shop.write("orders.csv", orders)
    ran = shop.run("deploy", "--hold")
    assert ran.code == 1, ran.out + ran.err
    found: dict[str, Any] = shop.ok("releases", "--format", "json").json["unfinished"]
    assert found, ran.out
    assert f"Kept unfinished: {found['release']}; `dataops retry` builds {found['again']} of its " in ran.out
    return found


def newest(shop: Shop) -> tuple[str, set[str]]:
    """The last command of the history that ran anything, and the short names of what it ran."""
    with reading(str(shop.root / ".dataops" / "state"), shop.root) as history:
        rows = history.connection.execute(
            "select command, unique_id from results join invocations using (invocation_id)"
            " qualify max(invocations.started_at) over () = invocations.started_at"
        ).fetchall()
    (command,) = {command for command, _ in rows}
    return command, {last(uid) for _, uid in rows}


def _timeless(read: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in read.items() if key not in ("created_at", "root_path")}


def files(shop: Shop, release: str) -> dict[str, Any]:
    """A release's bundle without times, ids, and what is keyed by its own key."""
    with zipfile.ZipFile(shop.root / ".dataops/state/releases" / f"{release}.zip") as archive:
        found = {
            name: json.loads(archive.read(name), object_hook=_timeless)
            for name in archive.namelist()
            if name.endswith(".json")
        }
        found["others"] = sorted(name for name in archive.namelist() if not name.endswith(".json"))
    found.pop("bundle.json")
    found["inputs.json"].pop("aside")
    for name in ("manifest.json", "run_results.json", "catalog.json"):
        found[name].pop("metadata")
    run = found["run_results.json"]
    assert run.pop("elapsed_time") > 0
    run["args"] = {key: run["args"][key] for key in ("which", "select", "exclude")}
    timed = ("timing", "thread_id", "execution_time")
    run["results"] = {each["unique_id"]: {k: v for k, v in each.items() if k not in timed} for each in run["results"]}
    for name in [name for name in found if name.startswith("fingerprints/")]:
        found[name]["surroundings"] = sorted(found[name]["surroundings"]["variables"])
    return found


def test_only_what_failed_and_what_reads_it_is_built_again(feeds: Shop, tmp_path: Path) -> None:
    """What comes of it is what a deploy on the good delivery would have made of all."""
    shop = feeds
    served = "{{ config(materialized='external', location='%s.parquet') }}\nselect * from {{ ref('%s') }}\n"
    shop.write("models/kept.sql", served % ("kept", "cities"))
    shop.write("models/late.sql", served % ("late", "revenue"))
    every, later = {*ALL, "kept", "late"}, {*AGAIN, "late"}
    other = copied(shop, tmp_path / "other")
    found = failed(shop)
    assert (found["planned"], found["again"]) == (len(every), len(later))
    assert newest(shop) == ("deploy --hold", {*every, "named"})
    told = shop.run("status")
    assert f"Kept unfinished: {found['release']}; `dataops retry` builds 7 of its 12 nodes" in told.out
    assert "FAILING deploy --hold: Not released: unique_stg_orders_order_id failed" in told.out
    shop.ok("site")
    page = shop.read("target/dataops/site/releases.html")
    assert found["release"] in page
    assert "failed in part and is kept unfinished until" in page

    for each in (shop, other):
        each.write("orders.csv", GOOD)
    out = shop.ok("retry", "--events", "night.jsonl").out
    events = [json.loads(line) for line in shop.read("night.jsonl").splitlines()]
    assert {last(each["unique_id"]) for each in events if each["event"] == "node.finished"} - {"named"} == later
    assert {last(each["unique_id"]) for each in events[-2]["nodes"]} >= {"customers", "revenue"}, "all that is in it"
    assert [each["event"] for each in events[-2:]] == ["release.waiting", "run.finished"]
    assert newest(shop) == ("retry", {*later, "named"}), "that has no relation of its own"
    assert "Built and tested 5 models, 2 tests: 7 passed" in out
    assert not list(shop.root.glob("*.parquet")), "files are served with the release"
    told = shop.run("status")
    assert "Kept unfinished" not in told.out
    assert "FAILING deploy --hold" not in told.out, "it was made good"
    assert shop.query("select amount from revenue") == [(30,)], "nobody sees it yet"
    shop.ok("publish")
    assert "Production is healthy" in shop.ok("status").out
    assert "3 of 3 tests pass" in shop.ok("status").out, "what passed before the retry counts"
    assert shop.query("select amount from log order by 1") == [(30,), (40,)]
    assert shop.query(f"select n from '{shop.root}/kept.parquet' union all from '{shop.root}/late.parquet'") == [
        (2,),
        (40,),
    ]
    assert shop.query("select view_name from duckdb_views() where contains(sql, '/next/')") == []

    other.ok("deploy", "--hold")
    other.ok("publish")
    assert files(shop, shop.live) == files(other, other.live)
    facts = [
        {key: each[key] for key in ("nodes", "tests", "warnings", "action", "previous")}
        for each in (shop.ok("releases", "--format", "json").json["releases"][-1],
                     other.ok("releases", "--format", "json").json["releases"][-1])
    ]  # fmt: skip
    assert facts[0] == facts[1]
    assert not list((shop.root / ".dataops/state").glob("unfinished*/*"))


def test_a_retry_is_refused_where_it_could_go_wrong(feeds: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """In words, and what is kept is kept: once nothing speaks against it, it is gone on with."""
    shop = feeds
    refused(shop.run("retry"), "no release waits unfinished", "--hold")
    assert "retry" not in shop.run("status").out, "a command given in vain is no incident"
    found = failed(shop)
    name = f"{found['release']} is not retried: "
    shop.write("orders.csv", GOOD)

    code = shop.read("models/cities.sql")
    shop.write("models/cities.sql", f"{code}-- as ever\n")
    shop.write("models/more.sql", "select 1 as one\n")
    refused(shop.run("retry"), f"{name}cities, more are not what it was built from", "deploy --hold", code=1)
    shop.write("models/cities.sql", code)
    shop.remove("models/more.sql")
    shop.write("macros/more.sql", "{% macro more() %}1{% endmacro %}\n")
    refused(shop.run("retry"), f"{name}the macro more is not what it was built from", code=1)
    shop.remove("macros/more.sql")
    refused(shop.run("retry", "--vars", "{day: 1}"), f"{name}the variable day is not what", code=1)

    refused(shop.run("retry", "20260101T000000Z-000000"), f"does not wait any more: {found['release']} does", code=1)
    shop.ok("pause", "cities", "--reason", "renamed")
    refused(shop.run("retry"), f"{name}cities was paused since (renamed)", code=1)
    shop.ok("resume", "cities", "--reason", "as before")

    (archive,) = (shop.root / ".dataops/state/unfinished").glob("*.zip")
    content = archive.read_bytes()
    archive.write_bytes(content[:-9])
    refused(shop.run("retry"), f"unfinished/{archive.name} is missing or damaged", "discard")
    archive.write_bytes(content)

    class Later(datetime):
        @classmethod
        def now(cls, tz: timezone | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(hours=49)

    with monkeypatch.context() as patch:
        patch.setattr(waiting, "datetime", Later)
        refused(shop.run("retry"), f"{name}it could be until", code=1)

    # A version before this one: it knows nothing of what is unfinished, publishes none, and can drop it.
    with monkeypatch.context() as patch:
        patch.setattr(Drafts, "find", lambda *_: None)
        assert not (shop.root / ".dataops/state/waiting.json").exists()
        for command in ("publish", "deploy"):
            refused(shop.run(command), f"has the release {found['release']} waiting, which", "discard")

    assert shop.ok("releases", "--format", "json").json["unfinished"] == found
    shop.ok("retry")
    waits = shop.ok("releases", "--format", "json").json["waiting"]
    assert waits["until"] == found["until"], "most of its rows are as old as they were"


def test_what_fails_again_goes_on_being_kept(feeds: Shop, tmp_path: Path) -> None:
    """An incremental model that failed left nothing, and has each row once in the end."""
    shop = feeds
    rates = "{{ config(materialized='incremental') }}\nselect rate from read_csv('rates.csv')\n"
    shop.write("models/rated.sql", rates)
    first = failed(shop, GOOD)
    assert first["again"] == 1
    ran = shop.run("retry", "--events", str(tmp_path / "again.jsonl"), first["release"])
    assert ran.code == 1
    assert "1 node could not be built" in ran.out
    told = [json.loads(line) for line in (tmp_path / "again.jsonl").read_text(encoding="utf-8").splitlines()]
    second = shop.ok("releases", "--format", "json").json["unfinished"]
    assert second["release"] != first["release"]
    assert [each["unfinished"] for each in told if each["event"] == "release.refused"] == [second["release"]]
    assert {**second, "release": "", "since": ""} == {**first, "release": "", "since": ""}
    assert "FAILING retry: Not released: rated failed" in shop.run("status").out
    shop.write("rates.csv", "rate\n5\n")
    shop.ok("retry")
    refused(shop.run("publish", second["release"]), "does not wait any more", code=1)
    shop.ok("publish", shop.ok("releases", "--format", "json").json["waiting"]["release"])
    assert shop.query("select rate from rated") == [(5,)]
    assert "Production is healthy" in shop.ok("status").out


def test_what_is_held_stays_so_in_a_retry(feeds: Shop) -> None:
    """A delivery that does not go with what is paused; and one that pauses something more is not released."""
    shop = feeds
    shop.remove("models/log.sql")
    shop.write("tests/known.sql", "select customer_id from {{ ref('stg_orders') }}\n"
               "where customer_id not in (select customer_id from {{ ref('stg_customers') }})\n")  # fmt: skip
    shop.write(
        "tests/small.sql",
        "select r.amount from {{ ref('revenue') }} as r, read_csv('orders.csv') as o where o.amount > 1000\n",
    )
    shop.write("dataops.yml", "breaker: {rules: [{tests: small, action: pause}]}\n")
    shop.ok("pause", "stg_customers", "--reason", "mixed up")
    shop.write("seeds/customers.csv", "customer_id,name\n1,Ada\n2,Bob\n3,Cy\n")
    found = failed(shop, "order_id,customer_id,amount\n1,1,10\n3,3,30\n")
    assert (found["again"], found["planned"]) == (7, 8), "what the test reads is built again with what read it, and ran"
    assert set(found["held"]) >= {"model.editions.stg_customers", "model.editions.cities"}
    shop.write("orders.csv", "order_id,customer_id,amount\n1,1,10\n3,1,3000\n")
    ran = shop.run("retry")
    assert ran.code == 1
    assert "Not released" in ran.out
    refused(shop.run("retry"), "revenue was paused since", code=1)
    shop.ok("resume", "revenue", "--reason", "checked")
    shop.write("orders.csv", GOOD)
    assert shop.run("retry").code == 1, "something is held"
    assert "small" in newest(shop)[1]
    assert newest(shop)[1].isdisjoint({"stg_customers", "cities", "customers"})
    shop.ok("publish")
    assert shop.query("select count(*) from stg_customers") == [(2,)], "the seed has three by now"


def test_what_cannot_be_gone_on_with_is_not_kept(feeds: Shop) -> None:
    """Why is said, and nothing waits. What is newer and whole takes its place, and is not given up for what is not."""
    shop = feeds
    shop.write("tests/small.sql", "select amount from {{ ref('log') }} where amount > 1000\n")
    shop.write("orders.csv", "order_id,customer_id,amount\n1,1,3000\n")

    def unkept(why: str) -> None:
        ran = shop.run("deploy", "--hold")
        assert ran.code == 1, ran.out
        assert f"{UNKEPT}{why}" in ran.out
        assert shop.ok("releases", "--format", "json").json["unfinished"] is None

    unkept("log is incremental and was already built in it")
    failed(shop)
    shop.write("orders.csv", GOOD)
    shop.ok("deploy", "--hold")
    waits = shop.ok("releases", "--format", "json").json["waiting"]["release"]
    shop.write("orders.csv", BAD)
    unkept(f"{waits} waits to be published, and goes on waiting")
    shop.ok("publish")
    assert shop.live == waits
    shop.ok("pause", "cities", "--reason", "renamed")
    unkept("it holds what is paused")


def test_where_nothing_can_be_gone_on_with(editions: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """On an engine that cannot, and of SQL that has to be written anew."""
    shop = editions
    shop.write("models/marts/published.sql", "select edition from read_csv('feed.csv')\n")
    with monkeypatch.context() as patch:
        patch.setitem(CAPABILITIES, "duckdb", replace(CAPABILITIES["duckdb"], reopens=False))
        ran = shop.run("deploy", "--hold")
    assert (ran.code, UNKEPT in ran.out) == (1, True)
    assert f"{UNKEPT}on DuckDB a statement that fails may leave a part of what it did" in ran.out
    shop.write("models/marts/published.sql", "selec 1 as edition\n")
    ran = shop.run("deploy", "--hold")
    assert (ran.code, f"{UNKEPT}published cannot run as it is written" in ran.out) == (2, True)
    refused(shop.run("retry"), "no release waits unfinished")
