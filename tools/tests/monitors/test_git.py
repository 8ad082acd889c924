"""The package as a project installs it from git: a folder of this repository, by `subdirectory:`."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from dataops.project import packages
from tests.monitors.package import PACKAGE, Watched, write

REPOSITORY = Path(__file__).resolve().parents[3]


def test_dbt_deps_installs_it_from_git_by_its_folder(tmp_path: Path) -> None:
    origin, folder = tmp_path / "origin", PACKAGE.relative_to(REPOSITORY)
    shutil.copytree(PACKAGE, origin / folder)
    # What is at the top of this repository is a project of its own, which nobody wants to install.
    shutil.copy(REPOSITORY / "dbt_project.yml", origin)
    for words in (
        ["init", "-q", "-b", "main"],
        ["add", "-A"],
        ["-c", "user.name=a", "-c", "user.email=a@localhost", "commit", "-qm", "a package"],
    ):
        subprocess.run(["git", "-C", str(origin), *words], check=True)
    project = Watched.lay_out(tmp_path / "watching")
    shutil.rmtree(project.folder / "dbt_packages")
    shutil.rmtree(tmp_path / "watching" / "package")
    named = {"git": origin.as_uri(), "subdirectory": folder.as_posix(), "revision": "main"}
    write(project.folder / "packages.yml", {"packages": [named]})
    project.sql("create table orders as select range as order_id from range(9)")
    project.sql("create table twice as select 1 as order_id from range(2)")
    test = {"dataops_toolkit.expect_column_values_to_be_unique": {}}
    tables = [{"name": name, "columns": [{"name": "order_id", "data_tests": [test]}]} for name in ("orders", "twice")]
    sources = [{"name": "raw", "schema": "main", "tables": tables}]
    write(project.folder / "models" / "sources.yml", {"version": 2, "sources": sources})
    text = "select cast(1 as {{ dataops_toolkit.double_type() }}) as one\n"
    (project.folder / "models" / "one.sql").write_text(text, encoding="utf-8")
    project.dbt("deps")
    assert packages.installed(project.folder)["dataops_toolkit"].is_dir()
    project.dbt("build", "--exclude", "source:raw.twice")
    project.dbt("test", "--select", "source:raw.twice", passes=False)
