"""A release is more than its database: exported files, attached databases, and what hooks write go and come with it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dataops.engines.duckdb.companions import Companion, mark
from dataops.engines.duckdb.database import logs
from dataops.engines.duckdb.store import Store
from dataops.engines.duckdb.watch import Watch
from dataops.errors import StateError, WarehouseError
from dataops.project.outlet import Outlet
from dataops.store.record import Release
from dataops.store.state import State
from tests.holding import held
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
            return sorted(connection.execute(sql).fetchall())

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

    # In two steps it is no less: nothing of it shows before, all of it after.
    publish(shop, 3)
    shop.ok("deploy", "--hold")
    assert served(shop, far) == second
    shop.ok("publish")
    third = served(shop, far)
    assert third["file"] == third["attached"] == third["view over both"] == third["file of a hook"] == [(3,)]
    shop.ok("rollback")
    assert served(shop, far) == second

    # What somebody else wrote meanwhile is said, and not overwritten by an older build of it.
    for name, meddle in (("other.duckdb", _load), ("m.csv", _overwrite)):
        with monkeypatch.context() as patch:
            patch.setattr(Outlet, "diverted", _meddling(shop, meddle, Outlet.diverted))
            refused(shop.run("deploy"), name, "changed by someone else")
    assert shop.read("exports/m.csv") == "id,edition\n7,7\n"
    assert served(shop, far)["attached"] == [(2,)]


def _load(shop: Shop) -> None:
    shop.change_data("create table if not exists meddled as select 1 as id", shop.root / "other.duckdb")


def _overwrite(shop: Shop) -> None:
    shop.write("exports/m.csv", "id,edition\n7,7\n")


def _meddling(shop: Shop, meddle: Callable[[Shop], None], original: Any) -> Any:
    """Statements after whose first export somebody else writes."""

    def diverted(self: Outlet, sql: str) -> str:
        led = str(original(self, sql))
        if "exports/plain.parquet" in sql:
            meddle(shop)
        return led

    return diverted


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


# -- publications that are interrupted, without dbt -------------------------------------------------------------------


@dataclass(frozen=True)
class Disk:
    """A production that serves a file, a folder and an attached database beside its own; its edition 1 is live."""

    store: Store
    state: State
    folder: Path

    def companions(self, edition: int) -> tuple[Companion, ...]:
        """The next release's, beside production."""
        attached = self.store.copy_attached("other", self.folder / "other.duckdb")
        assert attached.new is not None
        with duckdb.connect(str(attached.new)) as connection:
            connection.execute(f"create or replace table published as select {edition} as edition")
        apart = self.store.next.parent / "files"
        (apart / "parts" / f"part={edition}").mkdir(parents=True)
        (apart / "file.csv").write_text(f"{edition}")
        (apart / "parts" / f"part={edition}" / "data.csv").write_text(f"{edition}")
        served = ((self.folder / "exports" / name, apart / name) for name in ("file.csv", "parts"))
        return (attached, *(Companion(place, new, mark(place)) for place, new in served))

    def release(self, edition: int) -> str:
        name = f"20260101T00000{edition}Z-00000{edition}"
        record = Release(name, f"2026-01-01T00:00:0{edition}Z", "deploy", None, "me", "duckdb", "1", None, 1, 0, 0)
        live = self.state.current()
        with self.store.held():
            self.store.settle(self.state)
            before = self.store.copy_production()
            with duckdb.connect(str(self.store.next)) as connection:
                connection.execute(f"create or replace table published as select {edition} as edition")
            self.state.record(record, b"bundle")
            self.store.publish(self.state, name, live, before, self.companions(edition))
            self.store.discard()
        return name

    def rollback(self, release: str) -> None:
        with self.store.held():
            self.store.settle(self.state)
            self.store.restore(self.state, release, self.state.current())

    def editions(self) -> set[int]:
        """The editions of all that is served."""
        found = {int(each.read_text()) for each in (self.folder / "exports").rglob("*.csv")}
        for name in ("prod", "other"):
            with duckdb.connect(str(self.folder / f"{name}.duckdb"), read_only=True) as connection:
                found |= {int(row[0]) for row in connection.execute("select edition from published").fetchall()}
        return found


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    (tmp_path / "exports").mkdir()
    made = Disk(Store(tmp_path / "prod.duckdb"), State(str(tmp_path / "state")), tmp_path)
    made.release(1)
    return made


class _Killed(BaseException):
    """The process is gone: nothing of it runs any more."""


def _killed_at(step: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let the renames come to an end before the `step`th of a publication; those that came."""
    done: list[str] = []
    original = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if Path(target).suffix in (".duckdb", ".csv") or Path(target).name == "parts":
            if len(done) == step:
                monkeypatch.setattr(Path, "unlink", lambda *_, **__: None)
                raise _Killed
            done.append(Path(target).name)
        return original(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    return done


@pytest.mark.parametrize("step", range(4))
@pytest.mark.parametrize("back", [False, True], ids=["deploy", "rollback"])
def test_killed_before_a_rename(disk: Disk, monkeypatch: pytest.MonkeyPatch, step: int, back: bool) -> None:
    """Before the first nothing was published; after it, whoever comes next publishes the rest."""
    first = str(disk.state.current())
    if back:
        disk.release(2)
    was, meant = (2, 1) if back else (1, 2)
    with monkeypatch.context() as patch:
        done = _killed_at(step, patch)
        with pytest.raises(_Killed):
            _ = disk.rollback(first) if back else disk.release(2)
    assert len(done) == step
    disk.store.settle_if_idle(disk.state)
    assert disk.editions() == {was if step == 0 else meant}
    live = str(disk.state.current())
    assert live[14] == str(was if step == 0 else meant)
    assert disk.store.holds(live) or step == 0
    # And it goes on from there.
    disk.release(3)
    assert disk.editions() == {3}
    disk.rollback(live)
    assert disk.editions() == {was if step == 0 else meant}
    assert sorted(each.name for each in (disk.folder / "exports").iterdir()) == ["file.csv", "parts"]


DYING = """
import duckdb, os, signal, sys
connection = duckdb.connect(sys.argv[1])
connection.execute("create table if not exists late (row int); insert into late values (7)")
os.kill(os.getpid(), signal.SIGKILL)
"""


def _writer_dies(place: Path) -> None:
    """What it wrote is in the log beside the database alone."""
    subprocess.run([sys.executable, "-c", DYING, str(place)], check=False)
    assert logs(place)


def test_going_back_takes_the_log_beside_an_attached_database_along(disk: Disk) -> None:
    """It would be read into the file of the release that takes its place: then nobody could open that."""
    first, other = str(disk.state.current()), disk.folder / "other.duckdb"
    second = disk.release(2)
    _writer_dies(other)
    disk.rollback(first)
    assert (disk.editions(), logs(other)) == ({1}, [])
    kept = next(disk.store.kept(second).parent.rglob("other.duckdb"))
    with duckdb.connect(str(kept), read_only=True) as connection:
        assert connection.execute("select row from late").fetchall() == [(7,)]


def test_going_back_waits_for_nobody_who_writes_to_an_attached_database(disk: Disk) -> None:
    first, other = str(disk.state.current()), disk.folder / "other.duckdb"
    disk.release(2)
    with held(other), pytest.raises(WarehouseError, match="locked"):
        disk.rollback(first)
    assert disk.editions() == {2}


def test_who_writes_after_an_interruption_leaves_no_log_to_the_new_file(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        _killed_at(1, patch)
        with pytest.raises(_Killed):
            disk.release(2)
    _writer_dies(disk.folder / "other.duckdb")
    disk.store.settle_if_idle(disk.state)
    assert disk.editions() == {2}


def test_a_power_cut_that_lost_the_first_rename_only(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        _killed_at(3, patch)
        with pytest.raises(_Killed):
            disk.release(2)
    kept = disk.store.kept("20260101T000001Z-000001")
    (disk.folder / "prod.duckdb").rename(disk.store.next)
    kept.rename(disk.folder / "prod.duckdb")
    disk.store.settle_if_idle(disk.state)
    assert disk.editions() == {2}


def test_another_disk(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies on another disk than the releases is put near its place first, and not left there."""
    monkeypatch.setattr("dataops.engines.duckdb.companions._device", lambda path: hash(path.parent.name))
    disk.release(2)
    assert disk.editions() == {2}
    with monkeypatch.context() as patch:
        _killed_at(0, patch)
        with pytest.raises(_Killed):
            disk.release(3)
    assert any(each.name.endswith(".dataops-next") for each in (disk.folder / "exports").iterdir())
    disk.store.settle_if_idle(disk.state)
    assert sorted(each.name for each in (disk.folder / "exports").iterdir()) == ["file.csv", "parts"]
    assert disk.editions() == {2}


def test_what_someone_writes_after_the_release_is_seen(disk: Disk) -> None:
    """An export hands on only what was tested; a deploy does not write over what it has not seen."""
    live = str(disk.state.current())
    assert disk.store.holds(live)
    (disk.folder / "exports" / "file.csv").write_text("9")
    assert not disk.store.holds(live)
    watch = Watch([disk.folder / "exports" / "file.csv", disk.folder / "exports" / "parts"])
    assert watch.aftermath([]).sentence == "production is untouched"
    assert "the Python code of scored" in watch.aftermath(["model.shop.scored"]).sentence
    (disk.folder / "exports" / "parts" / "part=1" / "data.csv").write_text("8")
    assert "parts was written to meanwhile" in watch.aftermath([]).sentence
    with duckdb.connect(str(disk.folder / "other.duckdb")), pytest.raises(WarehouseError, match="other"):
        disk.release(2)
    assert disk.store.kept(live).exists() is False


def test_damaged_and_newer_lists(disk: Disk) -> None:
    """They say which file it is, and nothing is changed."""
    disk.release(2)
    first = "20260101T000001Z-000001"
    files = disk.store.kept(first).with_name("files.json")
    for scrap in ("", "{", "[]", '{"format": 1}', '{"format": 2, "files": []}'):
        whole = files.read_text()
        files.write_text(scrap)
        with pytest.raises(StateError, match=r"files\.json"):
            disk.rollback(first)
        files.write_text(whole)
    shutil.rmtree(files.with_name("files"))
    with pytest.raises(StateError, match="not whole"):
        disk.rollback(first)
    assert disk.editions() == {2}
