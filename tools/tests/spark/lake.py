"""A project on Spark for tests: in databases of its own, with commands whose transcript is printed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.shop import PROJECTS, Ran, Shop, dump

HOST = "127.0.0.1"
STEPS = "set:hiveconf:spark.sql.analyzer.maxIterations"
"""Without which Spark gives up on a monitor's SQL."""


@dataclass(frozen=True)
class Spark:
    """A Thrift server."""

    port: int

    @contextmanager
    def connected(self) -> Iterator[Any]:
        # Only `make spark` installs it.
        from pyhive import exc, hive

        connection = hive.connect(host=HOST, port=self.port, username="reader")
        try:
            yield connection
        finally:
            # Spark 4 leaves out a class of Hive's, which the first session that is closed asks for: LlapSigner.
            with suppress(exc.OperationalError):
                connection.close()

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        with self.connected() as connection:
            cursor = connection.cursor()
            cursor.execute(statement)
            return [tuple(row) for row in cursor.fetchall()] if cursor.description else []

    def value(self, statement: str) -> Any:
        return self.sql(statement)[0][0]

    def databases(self, prefix: str) -> list[str]:
        return sorted(str(row[0]) for row in self.sql(f"show databases like '{prefix}*'"))

    def output(self, schema: str) -> dict[str, Any]:
        """A target of dbt's profile."""
        return {
            "type": "spark",
            "method": "thrift",
            "host": HOST,
            "port": self.port,
            "user": "dbt",
            "schema": schema,
            "threads": 2,
            "poll_interval": 1,
            "server_side_parameters": {STEPS: "1000"},
        }


@dataclass(frozen=True)
class Lake(Shop):
    """The project `lake`, whose production is the database `schema` and whose changes are built in `<schema>_ci`."""

    spark: Spark
    schema: str

    def command(self, *words: str) -> Ran:
        """As users run it, with a transcript."""
        started = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "dataops", *words], cwd=self.root, capture_output=True, text=True, check=False
        )
        print(f"\n$ dataops {' '.join(words)}\n{done.stdout}{done.stderr}".rstrip())
        print(f"[exit code {done.returncode}, {time.monotonic() - started:.1f} s]", flush=True)
        return Ran(done.returncode, done.stdout, done.stderr)

    def good(self, *words: str) -> Ran:
        """A command that must end well."""
        ran = self.command(*words)
        assert ran.code == 0, f"{words} -> {ran.code}\n{ran.out}\n{ran.err}"
        return ran

    def dbt(self, *words: str) -> None:
        done = subprocess.run(
            [str(Path(sys.executable).with_name("dbt")), *words, "--profiles-dir", "profiles"],
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def table(self, name: str) -> str:
        return f"{self.schema}.{name}"

    def sell(self, first: int, last: int, day: str) -> None:
        """New rows of the source."""
        rows = ", ".join(f"({each}, {each % 3 + 1}, {each % 5 + 1}, '{day}')" for each in range(first, last + 1))
        self.spark.sql(f"insert into {self.schema}_app.sales values {rows}")

    def edition_of(self, relation: str = "published") -> int:
        return int(self.spark.value(f"select edition from {self.table(relation)}"))


def lay_out(place: Path, spark: Spark, schema: str) -> Lake:
    """Write the project into `place`, with its source's first rows, and commit it on `main`."""
    shutil.copytree(PROJECTS / "lake", place)
    lake = Lake(place, place, spark, schema)
    outputs = {"prod": spark.output(schema), "ci": spark.output(f"{schema}_ci")}
    lake.write("profiles/profiles.yml", dump({"lake": {"target": "prod", "outputs": outputs}}))
    lake.write(".gitignore", "target/\nlogs/\n.dataops/\ndbt_packages/\n*.log\n")
    lake.edit("models/models.yml", "schema: app", f"schema: {schema}_app")
    done = subprocess.run(
        [sys.executable, "-m", "dataops", "package", "--to", "packages/dataops_toolkit"], cwd=place, check=False
    )
    assert done.returncode == 0
    lake.dbt("deps")
    spark.sql(f"create database {schema}_app")
    spark.sql(
        f"create table {schema}_app.sales (sale_id bigint, product_id bigint, quantity bigint, sold_on string) "
        "using parquet"
    )
    lake.sell(1, 6, "2026-01-01")
    lake.git("init", "-q", "-b", "main")
    lake.commit("first")
    return lake
