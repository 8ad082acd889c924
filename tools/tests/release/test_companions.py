"""A release is more than its database: exported files, attached databases, and what hooks write go and come with it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dataops.project.outlet import Outlet
from tests.shop import IGNORED, Shop, refused

MODELS = {
    "m": "{{ config(materialized='external', location='exports/m.csv') }}\n"
    "select range as id, {{ var('edition') }} as edition from range(3)",
    "parts": "{{ config(materialized='external', location=env_var('FAR') ~ '/parts', options="
    "{'partition_by': 'part', 'overwrite_or_ignore': true}) }}\n"
    "select range as id, {{ var('edition') }} as edition, 'p' || {{ var('edition') }} as part from range(3)",
    "kept": "{{ config(materialized='table', database='other') }} select edition from {{ ref('m') }}",
    "seen": "{{ config(materialized='view') }}\n"
    "select edition from {{ ref('m') }} union select edition from {{ ref('kept') }}",
    "plain": "{{ config(post_hook=\"copy (select * from {{ this }}) to 'exports/plain.parquet'\") }}\n"
    "select {{ var('edition') }} as edition",
}


def lay_out(root: Path) -> Shop:
    """A production of five models that serves two files, a folder and an attached database beside its own."""
    shop = Shop(root, root)
    shop.write(".gitignore", IGNORED + "exports/\n")
    shop.write(
        "dbt_project.yml",
        "name: editions\nprofile: editions\nversion: 1.0.0\nvars: {edition: 1}\n"
        "on-run-end: [\"insert into log.main.runs values ('{{ target.name }}')\"]\n",
    )
    attach = "[{path: other.duckdb}, {path: log.duckdb, alias: log}]"
    shop.write(
        "profiles.yml",
        "editions: {target: prod, outputs: {prod: {type: duckdb, path: prod.duckdb, threads: 1, "
        f"attach: {attach}}}}}}}\n",
    )
    for name, sql in MODELS.items():
        shop.write(f"models/{name}.sql", sql + "\n")
    shop.write(
        "models/models.yml",
        "models:\n  - name: seen\n    columns: [{name: edition, data_tests: [{accepted_values: {arguments: "
        "{values: [1, 2, 3], quote: false}}}]}]\n",
    )
    shop.write("exports/foreign.csv", "not ours\n")
    shop.git("init", "-q", "-b", "main")
    shop.commit("first")
    shop.change_data("create table runs (target varchar)", root / "log.duckdb")
    return shop


def publish(shop: Shop, edition: int) -> None:
    text = shop.read("dbt_project.yml")
    shop.write("dbt_project.yml", re.sub(r"edition: \d", f"edition: {edition}", text))


def served(shop: Shop, far: Path) -> dict[str, Any]:
    """All that production serves, as those who read it see it."""
    with duckdb.connect() as connection:
        for name in ("prod", "other", "log"):
            connection.execute(f"attach '{shop.root / name}.duckdb' as {name} (read_only)")

        def rows(sql: str) -> list[tuple[Any, ...]]:
            return connection.execute(sql).fetchall()

        return {
            "view over a file": rows("select distinct edition from prod.main.m"),
            "view over a folder": rows("select distinct edition, part from prod.main.parts"),
            "attached": rows("select distinct edition from other.main.kept"),
            "view over both": rows("select edition from prod.main.seen"),
            "file": rows(f"select distinct edition from '{shop.root}/exports/m.csv'"),
            "file of a hook": rows(f"select edition from '{shop.root}/exports/plain.parquet'"),
            "folder": sorted(str(each.relative_to(far)) for each in far.rglob("*.parquet")),
            "log": rows("select count(*) from log.main.runs"),
        }


def everything(shop: Shop) -> dict[str, bytes]:
    """The bytes of what production serves, and of what lies beside it."""
    files = [*shop.root.glob("*.duckdb"), *(shop.root / "exports").rglob("*")]
    return {str(each): each.read_bytes() for each in files if each.is_file()}


def test_a_release_with_files_and_an_attached_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    far = tmp_path / "far"
    far.mkdir()
    monkeypatch.setenv("FAR", str(far))
    shop = lay_out(tmp_path / "shop")
    monkeypatch.chdir(shop.root)
    shop.ok("deploy")
    first = served(shop, far)
    assert first["view over a file"] == first["file"] == first["attached"] == first["view over both"] == [(1,)]
    assert first["view over a folder"] == [(1, "p1")]
    assert (first["file of a hook"], first["log"]) == ([(1,)], [(1,)])
    before = everything(shop)

    # A pull request builds all of it in files of its own, and compares it with what production serves.
    publish(shop, 2)
    ran = shop.run("ci", "--keep")
    assert ran.code in (0, 1), ran.err
    assert "5 of 5 relations differ" in ran.out, ran.out
    assert everything(shop) == before
    assert served(shop, far) == first

    # A refused deploy says so, and it is so.
    publish(shop, 9)
    ran = shop.run("deploy")
    assert ran.code == 1, ran.out
    assert "Not released: production is untouched" in ran.out
    assert everything(shop) == before
    assert served(shop, far) == first
    assert not (shop.root / ".dataops" / "prod" / "next").exists()

    # A release publishes all of it, and what a folder held before stays, as dbt-duckdb leaves it.
    publish(shop, 2)
    shop.ok("deploy")
    second = served(shop, far)
    assert second["file"] == second["attached"] == second["view over both"] == second["file of a hook"] == [(2,)]
    assert sorted(second["view over a folder"]) == [(1, "p1"), (2, "p2")]
    assert second["log"] == [(2,)]

    # Back, and back again.
    newest = shop.live
    shop.ok("rollback")
    assert served(shop, far) == first
    assert everything(shop) == before
    shop.ok("rollback", newest)
    assert served(shop, far) == second
    assert shop.read("exports/foreign.csv") == "not ours\n"

    # What somebody else wrote meanwhile is said, and not overwritten by an older build of it.
    publish(shop, 3)
    monkeypatch.setattr(Outlet, "place", _meddling(shop, Outlet.place))
    ran = shop.run("deploy")
    refused(ran, "other.duckdb", "changed by someone else")
    assert served(shop, far)["file"] == [(2,)]


def _meddling(shop: Shop, original: Any) -> Any:
    def place(self: Outlet, location: str) -> Path:
        shop.change_data("create table if not exists meddled as select 1 as id", shop.root / "other.duckdb")
        return Path(original(self, location))

    return place


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"m": "{{ config(materialized='external', location='s3://bucket/m.csv') }} select 1 as id"}, "s3://bucket"),
        ({"m": "{{ config(materialized='external', plugin='excel') }} select 1 as id"}, "plugin `excel`"),
        ({"m": "{{ config(materialized='external', glue_register=true) }} select 1 as id"}, "plugin `glue`"),
        ({"m": "{{ config(materialized='table', database='lake') }} select 1 as id"}, "database `lake`"),
    ],
)
def test_what_no_release_can_take_back_is_refused_before_it_runs(
    tmp_path: Path, files: dict[str, str], words: str
) -> None:
    shop = Shop(tmp_path / "shop", tmp_path / "shop")
    shop.write(
        "dbt_project.yml", "name: far\nprofile: far\nversion: 1.0.0\non-run-start: [\"select error('it ran')\"]\n"
    )
    shop.write("profiles.yml", "far: {target: prod, outputs: {prod: {type: duckdb, path: prod.duckdb}}}\n")
    for name, sql in files.items():
        shop.write(f"models/{name}.sql", sql + "\n")
    refused(shop.run("deploy"), words)
    assert not shop.production.exists()
    assert [check for check in shop.run("doctor").out.splitlines() if "broken" in check and words in check]
