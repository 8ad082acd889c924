"""The supply chain application over ever more orders: on DuckDB, and on Spark with two workers, on one machine.

    ../.spark/3.11/bin/python -m bench.one_machine [--times 1 10 100] [--folder KEEP]      (in the folder tools/)

The environment is the one that `make spark` makes. Both read the same Parquet files, build the same models and run the
same tests, with two threads. Prints seconds by the clock and of the processors: of dbt, and of all that Spark is.
Linux only: it reads /proc.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path += [str(ROOT / "tools" / "spark"), str(ROOT / "tools" / "seeds")]

CHOSEN = ("--select", "path:models/supply_chain", "path:seeds/supply_chain/service_levels.csv")
STEPS = "set:hiveconf:spark.sql.analyzer.maxIterations"
RAW = "raw_tpch"
JOINS = {"spark.sql.autoBroadcastJoinThreshold": "-1"}
"""Of a thousand times the orders a table is small enough as a compressed file to be sent to all workers whole, and too
large for their memory.
"""


@dataclass(frozen=True)
class Cost:
    """What a build took: seconds by the clock, of dbt's processors and of Spark's; what dbt counted."""

    wall: float
    dbt: float
    spark: float
    counted: str


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, nargs="+", default=[1, 10, 100])
    parser.add_argument("--folder", type=Path, help="keep data and project here")
    given = parser.parse_args()
    from cluster import running

    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        folder = (given.folder or Path(temporary)).resolve()
        project = lay_out(folder / "project")
        import pyspark

        with running(Path(pyspark.__file__).parent, folder / "spark", JOINS) as cluster:
            write_profile(project, cluster.port)
            print("| orders | lines | engine | seconds | CPU s of dbt | of Spark | |")
            print("| --: | --: | --- | --: | --: | --: | --- |")
            for times in given.times:
                files, lines = data(folder, times)
                for engine, cost in (
                    ("DuckDB", on_duckdb(project, files)),
                    ("Spark", on_spark(project, files, cluster.port)),
                ):
                    print(
                        f"| {460 * times:,} | {lines:,} | {engine} | {cost.wall:.0f} | {cost.dbt:.0f} |"
                        f" {cost.spark:.0f} | {cost.counted} |",
                        flush=True,
                    )


def lay_out(place: Path) -> Path:
    """A copy of this repository's project as Spark can build it: docs/spark.md."""
    if not place.exists():
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(place)], check=True)
        settings = place / "dbt_project.yml"
        document: dict[str, Any] = yaml.safe_load(settings.read_text(encoding="utf-8"))
        own = document["name"]
        document["models"][own] |= {"+file_format": "parquet", "+full_refresh": True}
        document["seeds"][own] |= {"+file_format": "parquet"}
        document["snapshots"][own] |= {"+enabled": False}
        settings.write_text(yaml.safe_dump(document), encoding="utf-8")
    return place


def write_profile(project: Path, port: int) -> None:
    """A target on DuckDB and one on the cluster."""
    spark = {
        "type": "spark", "method": "thrift", "host": "127.0.0.1", "port": port, "user": "dbt", "schema": "lake",
        "threads": 2, "poll_interval": 1, "server_side_parameters": {STEPS: "1000"},
    }  # fmt: skip
    outputs = {"duck": {"type": "duckdb", "path": "one.duckdb", "threads": 2}, "spark": spark}
    text = yaml.safe_dump({"dataops": {"target": "duck", "outputs": outputs}})
    (project / "profiles" / "profiles.yml").write_text(text, encoding="utf-8")


def data(folder: Path, times: int) -> tuple[Path, int]:
    """The tables as Parquet files of so many times the orders, and how many lines they have."""
    import tpch

    place = folder / f"data-{times}"
    if not place.exists():
        tpch.write(folder / "csv", times)
        place.mkdir()
        for file in (folder / "csv").glob("*.csv"):
            table = place / f"{file.stem.removeprefix('tpch_')}.parquet"
            duckdb.execute(f"copy (from read_csv('{file}', all_varchar = true)) to '{table}'")
    lines = duckdb.execute(f"select count(*) from '{place / 'lineitem.parquet'}'").fetchall()
    return place, int(lines[0][0])


def on_duckdb(project: Path, files: Path) -> Cost:
    """A build in a new file, of the Parquet files themselves."""
    (project / "one.duckdb").unlink(missing_ok=True)
    return build(project, "duck", {"tpch_path": str(files / "*.parquet")})


def on_spark(project: Path, files: Path, port: int) -> Cost:
    """A build in new databases, of tables over the same files."""
    from pyhive import hive

    cursor = hive.connect(host="127.0.0.1", port=port, username="bench").cursor()
    cursor.execute("show databases")
    for (name,) in cursor.fetchall():
        if name.startswith(("lake", RAW)):
            cursor.execute(f"drop database {name} cascade")
    cursor.execute(f"create database {RAW}")
    for table in files.iterdir():
        cursor.execute(f"create table {RAW}.{table.stem} using parquet options (path '{table}')")
    return build(project, "spark", {"tpch_schema": RAW})


def build(project: Path, target: str, variables: dict[str, str]) -> Cost:
    """`dbt build` of the application, from a parse that is there already.

    Raises:
        SystemExit: a node failed.
    """
    dbt = str(Path(sys.executable).with_name("dbt"))
    common = ["--profiles-dir", "profiles", "--target", target, "--vars", json.dumps(variables), "--no-use-colors"]
    subprocess.run([dbt, "--quiet", "parse", *common], cwd=project, check=True)
    started, before = time.perf_counter(), of_java()
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen([dbt, "build", *CHOSEN, *common], cwd=project, stdout=said, stderr=said)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - started
        said.seek(0)
        told = said.read().decode()
    if child.returncode:
        sys.exit(told[-3000:])
    counted = told.strip().splitlines()[-1].split("Done. ", 1)[-1]
    return Cost(wall, used.ru_utime + used.ru_stime, of_java() - before, counted)


def of_java() -> float:
    """Seconds of the processors that Java has used below this process."""
    parents, used = {}, {}
    for each in Path("/proc").glob("[0-9]*"):
        try:
            text = (each / "stat").read_text()
        except OSError:
            continue
        name, fields = text[text.index("(") + 1 : text.rindex(")")], text[text.rindex(")") + 2 :].split()
        parents[int(each.name)] = int(fields[1])
        if name == "java":
            used[int(each.name)] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return sum(seconds for process, seconds in used.items() if os.getpid() in _above(process, parents))


def _above(process: int, parents: dict[int, int]) -> set[int]:
    found: set[int] = set()
    while process in parents:
        process = parents[process]
        found.add(process)
    return found


if __name__ == "__main__":
    main()
