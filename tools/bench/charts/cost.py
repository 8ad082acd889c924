"""Seconds and scans: monitors of a big table, beside SQL by hand and Elementary's tests; charts of many series.

Seconds are the processor's, so that what else the machine does counts little.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from bench.charts.engine import DBT, PACKAGE, compiled, simulated, write

COLUMNS = [f"figure_{number}" for number in range(5)]
METRICS = ["null_count", "null_percent", "average", "min", "max"]

TABLE = """
create table big as
select
    row as big_id,
    cast(current_date as timestamp) - to_seconds(cast(1 + (row * 7919) % (30 * 86400) as bigint)) as created_at,
    {columns}
from range(0, {rows}) as rows (row)
"""

BY_HAND = f"""
select date_trunc('day', created_at) as day, count(*),
    {", ".join(f"count(*) - count({c}), avg({c}), min({c}), max({c})" for c in COLUMNS)}
from big where created_at >= current_date - interval 16 day group by 1
"""

CHARTS: dict[str, dict[str, Any]] = {
    "Shewhart": {},
    "count": {"distribution": "count"},
    "EWMA": {"chart": "ewma"},
    "CUSUM": {"chart": "cusum"},
    "Nelson's rules": {"rules": "nelson"},
    "seasons": {"seasonality": "hour_of_day"},
    "trend": {"trend": "linear"},
    "robust": {"robust": True},
}


def cost(folder: Path, rows: int, elementary: Path | None, utils: Path | None) -> Iterator[str]:
    """Two tables: of the tests on one table, one core; and of the engine on many series."""
    file = folder / "big.duckdb"
    columns = ", ".join(
        f"case when (row * {7 + place}) % 50 = 0 then null else (row * {31 + place}) % 1009 / 10.0 end as {name}"
        for place, name in enumerate(COLUMNS)
    )
    with duckdb.connect(str(file)) as connection:
        connection.execute(TABLE.format(rows=rows, columns=columns))
    yield f"| {rows:,} rows | seconds | scans of the table |\n| --- | --- | --- |"
    project = lay_out(folder / "ours", file, "dataops_toolkit", {"dataops_toolkit": PACKAGE})
    run(project, "compile")
    texts = sorted((project / "target" / "compiled").rglob("*.sql"))
    figures = [measured(file, text.read_text(encoding="utf-8")) for text in texts]
    for name, chosen in (("volume", "volume"), ("five columns, five metrics each", "column")):
        of_kind = [found for text, found in zip(texts, figures, strict=True) if chosen in text.name]
        yield f"| ours, {name}: the SQL | {sum(f[0] for f in of_kind):.2f} | {', '.join(str(f[1]) for f in of_kind)} |"
    by_hand = measured(file, BY_HAND)
    yield f"| by hand, all of it in one aggregate | {by_hand[0]:.2f} | {by_hand[1]} |"
    yield tests_of("ours, as dbt tests", project)
    if elementary and utils:
        packages = {"elementary": elementary.resolve(), "dbt_utils": utils.resolve()}
        theirs = lay_out(folder / "theirs", file, "elementary", packages)
        run(theirs, "run", "--select", "elementary")
        yield tests_of("Elementary's tests, first run", theirs)
        yield tests_of("Elementary's tests, once more", theirs)
    yield "\n| 1,000 series of 100 points | seconds |\n| --- | --- |"
    yield from of_series(folder / "charts")


def lay_out(project: Path, file: Path, prefix: str, packages: dict[str, Path]) -> Path:
    """A project with a volume monitor and five column monitors by the same names and arguments in both packages."""
    (project / "dbt_packages").mkdir(parents=True)
    for name, folder in packages.items():
        (project / "dbt_packages" / name).symlink_to(folder)
    write(project / "packages.yml", {"packages": [{"local": str(folder)} for folder in packages.values()]})
    flags = {
        "send_anonymous_usage_stats": False,
        "require_explicit_package_overrides_for_builtin_materializations": False,
    }
    write(project / "dbt_project.yml", {"name": "costs", "version": "1.0.0", "profile": "costs", "flags": flags})
    output = {"type": "duckdb", "path": str(file), "threads": 1, "settings": {"threads": 1}}
    write(project / "profiles.yml", {"costs": {"target": "dev", "outputs": {"dev": output}}})
    (project / "models").mkdir()
    (project / "models" / "watched.sql").write_text("{{ config(materialized='view') }} select * from big")
    stored = {"store_failures": True, "store_failures_as": "table"} if prefix == "dataops_toolkit" else {}

    def test(kind: str, **arguments: Any) -> dict[str, Any]:
        return {f"{prefix}.{kind}": {"arguments": {"timestamp_column": "created_at", **arguments}, "config": stored}}

    watched = {
        "name": "watched",
        "config": {"elementary": {"timestamp_column": "created_at"}} if prefix == "elementary" else {},
        "data_tests": [test("volume_anomalies")],
        "columns": [
            {"name": name, "data_tests": [test("column_anomalies", column_anomalies=METRICS)]} for name in COLUMNS
        ],
    }
    write(project / "models" / "watched.yml", {"models": [watched]})
    run(project, "run", "--select", "watched")
    return project


def run(project: Path, *words: str) -> float:
    """Seconds that a dbt command takes of the processor; a failed test is no failure here."""
    start = spent()
    done = subprocess.run(
        [sys.executable, "-c", DBT, *words, "--quiet"],
        cwd=project,
        env={**os.environ, "DBT_PROFILES_DIR": str(project)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode > 1:
        raise RuntimeError(done.stdout + done.stderr)
    return spent() - start


def spent() -> float:
    """Seconds of the processor that ended child processes have taken."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def tests_of(name: str, project: Path) -> str:
    """A row: what `dbt test` with the six tests takes, beyond what dbt takes to start and read the project."""
    seconds = run(project, "test", "--select", "watched") - run(project, "ls", "--select", "watched")
    results = json.loads((project / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    ended = [result["status"] for result in results if result["unique_id"].startswith("test.")]
    if len(ended) != 6 or not {"pass", "fail", "warn"}.issuperset(ended):
        raise RuntimeError(f"{name}: {results}")
    return f"| {name} | {seconds:.1f} | |"


def measured(file: Path, query: str) -> tuple[float, int]:
    """The median seconds of three runs on one core, and how often the profile says that the table was read."""
    profile = file.with_name("profile.json")
    with duckdb.connect(str(file), read_only=True, config={"threads": 1}) as connection:
        seconds = statistics.median(timed(connection, query) for _ in range(3))
        connection.execute("pragma enable_profiling='json'")
        connection.execute(f"pragma profiling_output='{profile}'")
        connection.execute(query).fetchall()
        connection.execute("pragma disable_profiling")
    return seconds, scans(json.loads(profile.read_text(encoding="utf-8")))


def scans(node: Any) -> int:
    """How many operators of a profile read the table."""
    if isinstance(node, list):
        return sum(scans(child) for child in node)
    if not isinstance(node, dict):
        return 0
    return ("rows_scanned" in node and "big" in str(node["extra_info"])) + sum(scans(child) for child in node.values())


def timed(connection: duckdb.DuckDBPyConnection, query: str) -> float:
    """Seconds until all rows of a query are there."""
    start = time.process_time()
    connection.execute(query).fetchall()
    return time.process_time() - start


def of_series(folder: Path) -> Iterator[str]:
    """A row for each chart, and for one running mean, which none can do without."""
    values = np.random.default_rng(13).poisson(100, (1000, 100))
    queries = compiled(folder, {f"c{place}": it for place, it in enumerate(CHARTS.values())})
    mean = "avg(value) over (partition by series order by bucket_index)"
    with simulated(values) as connection:
        connection.execute("set threads to 1")
        yield f"| a running mean | {timed(connection, f'select series, bucket_index, {mean} from simulated'):.2f} |"
        for name, query in zip(CHARTS, queries.values(), strict=True):
            yield f"| {name} | {timed(connection, query):.2f} |"
