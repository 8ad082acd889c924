"""Copies of this repository's own dbt project, each with a warehouse of its own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from typing_extensions import Self

from tests.shop import Shop

ROOT = Path(__file__).resolve().parents[3]
SALT = "the salt of these tests"
FOLDERS = ("models", "macros", "seeds", "tests", "profiles", "tools/dataops/package")


class Copy:
    """A copy of the project that lies in `folder`."""

    database = "dev.duckdb"
    artifacts = "target"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def of(cls, folder: Path, application: str | None = None) -> Self:
        """Lay out the whole project, or what one application needs of it."""
        for name in FOLDERS:
            shutil.copytree(ROOT / name, folder / name)
        shutil.copy(ROOT / "dbt_project.yml", folder)
        if application:
            for name in ("models", "seeds", "tests"):
                for other in (folder / name).iterdir():
                    if other.is_dir() and other.name not in (application, "generic"):
                        shutil.rmtree(other)
        return cls(folder)

    def dbt(self, *command: str) -> None:
        """Run dbt, which must end well, in this process: a new one spends seconds on importing it."""
        words = [*command, "--profiles-dir", "profiles", "--quiet", "--log-level-file", "none"]
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.folder)
            patch.setenv("DATAOPS_WAREHOUSE", ".")
            patch.setenv("DATAOPS_HASH_SALT", SALT)
            ran = dbtRunner().invoke(words)
        # dbt-duckdb keeps the file open, and only this process could read it.
        DuckDBConnectionManager.close_all_connections()
        assert ran.success, ran.exception or [each.message for each in getattr(ran.result, "results", ())]

    def rows(self, sql: str, schema: str = "main") -> list[tuple[Any, ...]]:
        """The answer of the warehouse."""
        with duckdb.connect(str(self.folder / self.database), read_only=True) as warehouse:
            warehouse.execute(f"use {schema}")
            return warehouse.execute(sql).fetchall()

    def table(self, sql: str) -> list[dict[str, Any]]:
        """The answer of the warehouse, each row by the names of its columns."""
        with duckdb.connect(str(self.folder / self.database), read_only=True) as warehouse:
            found = warehouse.execute(sql)
            names = [column[0] for column in found.description or []]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def content(self, relation: str, condition: str = "true") -> list[tuple[Any, ...]]:
        """All rows of a relation, in the order of their values."""
        return self.rows(f"select * from {relation} where {condition} order by all")

    def artifact(self, name: str) -> Any:
        """One of dbt's artifacts of the last command."""
        return json.loads((self.folder / self.artifacts / f"{name}.json").read_text(encoding="utf-8"))

    def warnings(self, application: str) -> dict[str, int]:
        """The tests of an application that warned, with the number of rows that they found."""
        nodes = self.artifact("manifest")["nodes"]
        return {
            each["unique_id"].split(".")[2]: each["failures"]
            for each in self.artifact("run_results")["results"]
            if each["status"] == "warn" and f"/{application}/" in nodes[each["unique_id"]]["original_file_path"]
        }


class Released(Copy):
    """A copy that was released: its content is that of production, its artifacts are those of the deploy."""

    database = "prod.duckdb"
    artifacts = "target/dataops/deploy"

    def dataops(self, *words: str) -> str:
        """Run a command that must end well, in this process; what it printed."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DATAOPS_WAREHOUSE", ".")
            patch.setenv("DATAOPS_HASH_SALT", SALT)
            return Shop(self.folder, self.folder).ok(*words).out
