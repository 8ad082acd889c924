"""Which file production is, what SQL calls it, and that no run beside it can write to what its target names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from dataops import config
from dataops.engines.duckdb.targets import FileTargets, beside, in_file, with_production
from dataops.engines.registry import engine_of, resolve
from dataops.errors import DataopsError, SettingsError
from dataops.project.session import Options, Project


def project(root: Path, **outputs: dict[str, Any]) -> Project:
    (root / "dbt_project.yml").write_text("name: shop\nprofile: shop\nversion: 1.0.0\n", encoding="utf-8")
    made = {name: {"type": "duckdb", **facts} for name, facts in outputs.items()}
    profile = {"shop": {"target": "prod", "outputs": made}}
    (root / "profiles.yml").write_text(yaml.safe_dump(profile, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return Project(Options(project_dir=root))


def targets(opened: Project) -> FileTargets:
    with opened.entered():
        found = resolve(opened, config.load(opened.root), None)
        assert isinstance(found, FileTargets)
        return found


def opened(made: Project, target: Any) -> duckdb.DuckDBPyConnection:
    """What dbt-duckdb would connect to."""
    credentials = made.credentials(target)
    connection = duckdb.connect(credentials.path)
    for each in credentials.attach or ():
        connection.execute(each.to_sql())
    return connection


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("prod.duckdb", "prod"),
        ("jaffle-shop.duckdb", "jaffle-shop"),
        ("shop.prod.v2.duckdb", "shop"),
        ("my shop.duckdb", "my shop"),
        ("2024.db", "2024"),
        ("Select.DUCKDB", "Select"),
        ("ünï", "ünï"),
        (".hidden.db", "hidden"),
        ("~/data/home.duckdb", "home"),
    ],
)
def test_any_name_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, name: str) -> None:
    """The change's own database has another name, and production's is the one that DuckDB itself gives."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "data").mkdir()
    place = tmp_path / file.removeprefix("~/")
    duckdb.connect(str(place)).execute("create table here as select 1 as id")
    made = project(tmp_path, prod={"path": file})
    found = targets(made)
    assert (found.database, found.name, found.ci_name) == (place, name, f"{name}_ci")
    with opened(made, beside(made, found, attach_production=True)) as connection:
        assert connection.execute(f'select id from "{name}".main.here').fetchall() == [(1,)]
        names = connection.execute("select database_name from duckdb_databases() where not internal").fetchall()
        assert {each for (each,) in names} == {name, f"{name}_ci"}
        with pytest.raises(duckdb.Error, match="read-only"):
            connection.execute(f'create table "{name}".main.there as select 1')


@pytest.mark.parametrize(
    "path",
    [
        ":memory:",
        ":memory:shared",
        "md:shop",
        "motherduck:shop",
        "s3://bucket/shop.duckdb",
        "https://example.com/shop.duckdb",
        "file:shop.duckdb",
        "postgres:dbname=shop",
    ],
)
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, path: str) -> None:
    with pytest.raises(SettingsError, match="not a DuckDB file") as error:
        targets(project(tmp_path, prod={"path": path}))
    assert "path:" in error.value.remedy


@pytest.mark.parametrize("path", ["temp.duckdb", "system.db", "main.duckdb", 'a"b.duckdb', "it's.duckdb", "a#b.db"])
def test_names_that_dbt_itself_cannot_work_with(tmp_path: Path, path: str) -> None:
    with pytest.raises(SettingsError, match="no name of a database"):
        targets(project(tmp_path, prod={"path": path}))


def test_production_that_lies_in_an_attached_database(tmp_path: Path) -> None:
    attach = [{"path": "real.duckdb", "alias": "real"}]
    with pytest.raises(SettingsError, match="builds in the database `real`, which it attaches"):
        targets(project(tmp_path, prod={"path": "wh.duckdb", "database": "real", "attach": attach}))


_LAKE: dict[str, Any] = {"path": "ducklake:meta.ducklake", "alias": "lake"}


@pytest.mark.parametrize(
    "facts",
    [
        {"path": "ducklake:meta.ducklake"},
        {"path": "md:shop", "is_ducklake": True},
        {"path": "wh.duckdb", "database": "lake", "attach": [_LAKE]},
        {"path": "wh.duckdb", "database": "lake", "attach": [{**_LAKE, "path": "md:lake", "is_ducklake": True}]},
    ],
)
def test_a_lake_is_no_file_and_pull_requests_have_a_schema_in_it(tmp_path: Path, facts: dict[str, Any]) -> None:
    alone = project(tmp_path, prod=facts)
    with alone.entered(), pytest.raises(SettingsError, match="no target for pull requests"):
        resolve(alone, config.load(alone.root), None)
    made = project(tmp_path, prod=facts, ci={**facts, "schema": "ci"})
    with made.entered():
        found = resolve(made, config.load(made.root), None)
    assert (found.production.name, found.parsing.name, found.adapter) == ("prod", "ci", "duckdb")
    engine = engine_of(made, found)
    assert engine.capabilities.engine == "DuckLake"
    with pytest.raises(SettingsError, match="no engine makes releases on DuckLake: a lake is"):
        engine.ensure_releases()


def test_a_lake_beside_production_leaves_it_a_file(tmp_path: Path) -> None:
    assert targets(project(tmp_path, prod={"path": "wh.duckdb", "attach": [_LAKE]})).name == "wh"


def test_attached_databases_cannot_be_written_to(tmp_path: Path) -> None:
    """Nor can production's file under a name of the user's, through a link, or in another spelling."""
    for name in ("wh", "other", "scratch"):
        duckdb.connect(str(tmp_path / f"{name}.duckdb")).execute("create table here as select 1 as id")
    (tmp_path / "link.duckdb").symlink_to("wh.duckdb")
    (tmp_path / "sub").mkdir()
    others = [{"path": "other.duckdb"}, {"path": "new.duckdb", "alias": "new"}]
    made = project(
        tmp_path,
        prod={"path": "wh.duckdb", "attach": others},
        ci={"path": "sub/../wh.duckdb", "attach": [*others, {"path": "link.duckdb", "alias": "mine"}]},
        own={"path": "dev.duckdb", "attach": [{"path": "link.duckdb", "alias": "mine"}, {"path": "scratch.duckdb"}]},
    )
    found = targets(made)
    assert dict(found.parsing.moves) == {"wh": "wh_ci", "other": "other_ci", "new": "new_ci", "mine": "mine_ci"}
    with opened(made, beside(made, found, attach_production=True)) as connection:
        for name in ("wh", "other", "mine"):
            assert connection.execute(f"select id from {name}.main.here").fetchall() == [(1,)]
            with pytest.raises(duckdb.Error, match="read-only"):
                connection.execute(f"insert into {name}.main.here values (2)")
        connection.execute("create table other_ci.main.m as select 1; create table new_ci.main.m as select 1")
    assert not (tmp_path / "new.duckdb").exists()

    candidate = in_file(made, found, tmp_path / "copy.duckdb", {})
    with opened(made, candidate) as connection, pytest.raises(duckdb.Error, match="read-only"):
        connection.execute("insert into other.main.here values (2)")

    with opened(made, with_production(made, found, "own")) as connection:
        connection.execute("insert into scratch.main.here select id from wh.main.here")
        with pytest.raises(duckdb.Error, match="read-only"):
            connection.execute("insert into mine.main.here values (2)")


def test_attachments_that_cannot_be_told_apart(tmp_path: Path) -> None:
    made = project(tmp_path, prod={"path": "wh.duckdb", "attach": "{{ [{'path': 'other.duckdb'}] | as_native }}"})
    with pytest.raises(DataopsError, match="attach"):
        beside(made, targets(made), attach_production=False)
