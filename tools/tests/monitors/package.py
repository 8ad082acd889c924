"""A dbt project of its own that installs the monitors as a local package, and what tests ask of it."""

from __future__ import annotations

import contextlib
import io
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

PACKAGE = Path(__file__).resolve().parents[2] / "dataops" / "package"
AS_OF = "2024-03-01T06:00:00"

PROJECT = {
    "name": "watched",
    "version": "1.0.0",
    "config-version": 2,
    "profile": "watched",
    "flags": {"send_anonymous_usage_stats": False},
    "vars": {"dataops_as_of": AS_OF},
}


@dataclass(frozen=True)
class Watched:
    """A project whose tables its tests make by themselves: it has sources, and monitors on them."""

    folder: Path

    @classmethod
    def lay_out(cls, folder: Path, output: dict[str, Any] | None = None) -> Watched:
        """A package with the monitors alone, and beside it a project that installs it."""
        package, project = folder / "package", folder / "project"
        shutil.copytree(PACKAGE, package)
        write(project / "dbt_project.yml", PROJECT)
        write(project / "packages.yml", {"packages": [{"local": "../package"}]})
        # What `dbt deps` does with a local package; one test runs it, for the others it takes too long.
        (project / "dbt_packages").mkdir()
        (project / "dbt_packages" / "dataops_toolkit").symlink_to(package)
        # A session far from UTC: no bucket may follow it.
        zone = {"TimeZone": "Pacific/Auckland"}
        output = output or {
            "type": "duckdb",
            "path": str(folder / "watched.duckdb"),
            "schema": "main",
            "settings": zone,
        }
        write(project / "profiles.yml", {"watched": {"target": "dev", "outputs": {"dev": {"threads": 1, **output}}}})
        return cls(project)

    def watch(self, tables: dict[str, list[dict[str, Any]]], schema: str = "main") -> None:
        """Monitors of each table, by its name."""
        sources = [{"name": "raw", "schema": schema, "tables": [table(*item) for item in tables.items()]}]
        write(self.folder / "models" / "sources.yml", {"version": 2, "sources": sources})

    def dbt(self, *words: str, passes: bool = True) -> str:
        """Run dbt in this process, which is quicker than to import it in another; what it printed."""
        said = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(said):
            patch.chdir(self.folder)
            ran = dbtRunner().invoke([*words, "--quiet", "--profiles-dir", str(self.folder)])
        # dbt-duckdb keeps the file open, and no other settings could be used on it.
        DuckDBConnectionManager.close_all_connections()
        assert ran.success == passes, f"{ran.exception}\n{said.getvalue()}"
        return said.getvalue()

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement in the project's DuckDB file."""
        with duckdb.connect(str(self.folder.parent / "watched.duckdb")) as connection:
            return connection.execute(statement).fetchall()


def table(name: str, tests: list[dict[str, Any]]) -> dict[str, Any]:
    """A source table; a test is {name: arguments}, stored under its own alias."""
    return {"name": name, "data_tests": [monitor(**test) for test in tests]}


def monitor(test: str, alias: str, **arguments: Any) -> dict[str, Any]:
    """A monitor as users write it, its series stored as a table called by the alias."""
    config = {"alias": alias, "store_failures": True, "store_failures_as": "table", "schema": "series"}
    return {f"dataops_toolkit.{test}": {"arguments": arguments, "config": config}}


def write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
