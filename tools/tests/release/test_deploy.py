"""Write, audit, publish: production is replaced by what passed, whole, and can be taken back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import Any

import duckdb
import pytest
from filelock import FileLock

from dataops.engines.duckdb.store import Store
from dataops.plan import origins
from dataops.store.state import State
from tests.shop import Shop, ran, refused


def _releases(shop: Shop) -> list[dict[str, object]]:
    listed: list[dict[str, object]] = shop.ok("releases", "--format", "json").json["releases"]
    return listed


def test_a_first_release_needs_no_production(fresh: Shop) -> None:
    shop = fresh
    shop.production.unlink()
    for file in ("models/staging/stg_events.sql", "models/marts/fct_events.sql"):
        shop.remove(file)
    out = shop.ok("deploy").out
    assert "Released" in out
    assert "It replaced" not in out
    assert shop.edition() == 1
    assert [each["action"] for each in _releases(shop)] == ["deploy"]
    refused(shop.run("rollback"), "replaced none")


def test_a_release_replaces_data_and_state(shop: Shop) -> None:
    first = shop.live
    revision = shop.git("rev-parse", "HEAD")
    shop.publish(2)
    out = shop.ok("deploy").out
    assert shop.edition() == 2
    assert shop.live != first
    assert f"Released {shop.live}" in out
    assert f"It replaced {first}" in out
    assert shop.plan()["changes"] == []
    latest = _releases(shop)[-1]
    assert latest["id"] == shop.live
    assert latest["previous"] == first
    assert latest["revision"] == f"{revision}-dirty"
    assert (latest["live"], latest["kept"], latest["tests"]) == (True, False, 8)


def test_a_release_tells_where_its_columns_come_from(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Followed are models that differ from the release before, and by a job that shows the release none at all."""
    followed: list[str] = []
    follow = origins._asked

    def counting(project: Any, key: str, read: Any) -> Any:
        followed.append(key)
        return follow(project, key, read)

    monkeypatch.setattr(origins, "_asked", counting)
    shop.publish(2)
    shop.ok("deploy")
    differ = ["model.shop.fct_events", "model.shop.published"]  # the first, incremental, reads itself from now on
    assert sorted(followed) == differ
    shutil.rmtree(shop.root / "target")
    shop.ok("site")
    assert sorted(followed) == differ
    page = (shop.root / "target/dataops/site/data/lineage.js").read_text(encoding="utf-8")
    assert "customer_name" in page


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("seeds/payments.csv", "100,10,1200", "100,10,-1200"),
        ("models/marts/published.sql", "1 as edition", "nowhere as edition"),
        ("models/marts/dim_customers.sql", "customer_name\n", "customer_id as customer_name\n"),
    ],
)
def test_a_failure_changes_nothing(shop: Shop, file: str, old: str, new: str) -> None:
    data, state = shop.digest(), shop.pointer()
    bundles = sorted(path.name for path in (shop.root / ".dataops" / "state" / "releases").iterdir())
    shop.edit(file, old, new)
    ran = shop.run("deploy")
    assert ran.code == 1, ran.out + ran.err
    assert "Not released: production is untouched" in ran.out
    assert f"release {shop.live} is still live" in ran.out
    assert shop.digest() == data
    assert shop.pointer() == state
    assert sorted(path.name for path in (shop.root / ".dataops" / "state" / "releases").iterdir()) == bundles
    assert not (shop.root / ".dataops" / "prod" / "next").exists()


def test_a_warning_does_not_stop_a_release(shop: Shop) -> None:
    shop.edit("seeds/payments.csv", "100,10,1200", "100,10,-1200")
    shop.edit("tests/no_negative_amounts.sql", "select", "{{ config(severity='warn') }}\nselect")
    out = shop.ok("deploy").out
    assert "WARN no_negative_amounts" in out
    assert shop.query("select count(*) from fct_orders where amount < 0") == [(1,)]
    assert _releases(shop)[-1]["warnings"] == 1


def test_a_production_from_before_the_first_release(shop: Shop) -> None:
    found = _releases(shop)[0]
    assert (found["action"], found["kept"], found["previous"]) == ("found", True, None)
    shop.ok("rollback")
    assert shop.live == found["id"]
    assert shop.query("select count(*) from app.events") == [(5,)]
    with pytest.raises(duckdb.CatalogException):
        shop.edition()
    refused(shop.run("plan"), "no release is stored")
    refused(shop.run("rollback"), "replaced none")
    shop.ok("deploy")
    assert shop.edition() == 1


def test_rollback_refuses_what_it_cannot_do(editions: Shop) -> None:
    refused(editions.run("rollback", "20200101T000000Z-000000"), "there is no release 20200101T000000Z-000000")
    refused(editions.run("rollback", editions.live), "live already")
    oldest = str(_releases(editions)[0]["id"])
    shutil.rmtree(editions.root / ".dataops" / "prod" / "releases" / oldest)
    refused(editions.run("rollback"), f"release {oldest} is no longer kept")
    assert editions.edition() == 1


def test_a_stale_log_is_not_lost(shop: Shop) -> None:
    """A writer died and left its rows in the write-ahead log only."""
    script = (
        "import duckdb, os, signal\n"
        "connection = duckdb.connect('prod.duckdb')\n"
        "connection.execute('pragma disable_checkpoint_on_shutdown')\n"
        "connection.execute('insert into app.events values (6, 2)')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=shop.root, check=False)
    assert (shop.root / "prod.duckdb.wal").exists()
    shop.publish(2)
    shop.ok("deploy")
    assert shop.edition() == 2
    assert shop.query("select count(*) from app.events") == [(6,)]
    assert shop.query("select count(*) from fct_events") == [(6,)]
    shop.ok("rollback")
    assert shop.query("select count(*) from app.events") == [(6,)]


@pytest.mark.parametrize("change", ["insert", "replace", "remove"])
def test_someone_else_writes_during_a_deploy(editions: Shop, change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataops.project.session import Project

    run = Project.run

    def slow(self: Project, *words: object, **others: object) -> object:
        outcome = run(self, *words, **others)  # type: ignore[arg-type]
        if change == "insert":
            editions.change_data("insert into app.events values (6, 2)")
        elif change == "replace":
            other = editions.root / "other.duckdb"
            shutil.copyfile(editions.production, other)
            other.replace(editions.production)
        else:
            editions.production.unlink()
        return outcome

    monkeypatch.setattr(Project, "run", slow)
    live = editions.live
    editions.publish(2)
    refused(editions.run("deploy"), "prod.duckdb", "changed by someone else")
    assert editions.live == live
    monkeypatch.undo()
    if change == "remove":
        assert not editions.production.exists()
        return
    assert editions.edition() == 1
    assert editions.query("select count(*) from app.events") == [(6 if change == "insert" else 5,)]
    os.chdir(editions.root)
    editions.ok("deploy")
    assert editions.edition() == 2
    assert editions.query("select count(*) from app.events") == [(6 if change == "insert" else 5,)]


def test_production_behind_a_link(editions: Shop) -> None:
    place = editions.root / "disk"
    place.mkdir()
    editions.production.rename(place / "prod.duckdb")
    (editions.root / "prod.duckdb").symlink_to(place / "prod.duckdb")
    editions.publish(2)
    editions.ok("deploy")
    assert editions.production.is_symlink()
    assert editions.edition() == 2


def test_deploy_is_refused_for_a_database_in_memory(shop: Shop) -> None:
    shop.edit("profiles/profiles.yml", "prod.duckdb", "':memory:'")
    refused(shop.run("deploy"), "prod", ":memory:", "not a DuckDB file")


def test_a_file_that_is_no_database(shop: Shop) -> None:
    shop.production.write_bytes(b"not a database" * 1000)
    refused(shop.run("deploy"), "prod.duckdb")
    assert shop.production.read_bytes().startswith(b"not a database")


def test_a_damaged_record_does_not_stop_a_deploy(editions: Shop) -> None:
    record = editions.root / ".dataops" / "state" / "releases" / f"{editions.live}.json"
    record.write_text("{", encoding="utf-8")
    refused(editions.run("releases"), record.name)
    editions.publish(2)
    editions.ok("deploy")
    assert editions.edition() == 2


# -- what an interruption leaves --------------------------------------------------------------------------------------


def test_settling_looks_at_the_file_and_not_at_the_clock(editions: Shop) -> None:
    store, state = Store(editions.production), State(str(editions.root / ".dataops" / "state"))
    first = editions.live
    found = str(_releases(editions)[0]["id"])
    pending = editions.root / ".dataops" / "prod" / "pending.json"
    facts = editions.production.stat()
    this = [facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns]
    pending.write_text(json.dumps({"release": found, "identity": [this[0], this[1] + 1, *this[2:]]}), encoding="utf-8")
    store.settle(state)
    assert (editions.live, pending.exists()) == (first, False)
    pending.write_text('{"release": "', encoding="utf-8")
    store.settle(state)
    assert (editions.live, pending.exists()) == (first, False)
    pending.write_text(json.dumps({"release": found, "identity": this}), encoding="utf-8")
    store.settle(state)
    assert (editions.live, pending.exists()) == (found, False)


def test_a_reader_settles_only_while_nobody_deploys(editions: Shop) -> None:
    store, state = Store(editions.production), State(str(editions.root / ".dataops" / "state"))
    pending = editions.root / ".dataops" / "prod" / "pending.json"
    pending.write_text("torn", encoding="utf-8")
    with FileLock(editions.root / ".dataops" / "prod" / "lock"):
        store.settle_if_idle(state)
        assert pending.exists()
    store.settle_if_idle(state)
    assert not pending.exists()


def test_nothing_is_left_behind(editions: Shop) -> None:
    editions.publish(2)
    editions.ok("deploy")
    names = {path.name for path in (editions.root / ".dataops" / "prod").iterdir()}
    assert names <= {"lock", "releases", "published.json"}
    assert ran(editions.plan()) == set()
    assert "prod.duckdb.wal" not in {path.name for path in editions.root.iterdir()}
    assert editions.git("status", "--porcelain") == "M models/marts/published.sql"
