"""The engine of the monitors as SQL for DuckDB: compiled by dbt in a project that holds nothing else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

PACKAGE = Path(__file__).resolve().parents[2] / "dataops" / "package"

DBT = "from dbt.cli.main import cli; cli()"

ANALYSIS = """
{{%- set settings = dataops_toolkit.monitor_settings({settings}) -%}}
{{%- do settings.update({{'unit': 1}}) -%}}
{{%- set window = {{'first': 0, 'detected': {detected}, 'end': {end}}} -%}}
with monitor_series as (
    select 'simulated' as metric, '{distribution}' as distribution, series as dimension, bucket_index, value, trials
    from simulated
),
{{{{ dataops_toolkit.score_series(settings, window) }}}}
"""


def compiled(folder: Path, cases: dict[str, dict[str, Any]]) -> dict[str, str]:
    """The query of each case, whose settings may hold `detected` and `end`, the buckets that are judged."""
    if folder.exists():
        shutil.rmtree(folder)
    shutil.copytree(PACKAGE / "macros", folder / "macros")
    write(folder / "dbt_project.yml", {"name": "dataops_toolkit", "version": "1.0.0", "profile": "bench"})
    output = {"type": "duckdb", "path": ":memory:", "threads": 1}
    write(folder / "profiles.yml", {"bench": {"target": "dev", "outputs": {"dev": output}}})
    (folder / "analyses").mkdir()
    for name, case in cases.items():
        settings = {key: value for key, value in case.items() if key not in ("detected", "end")}
        text = ANALYSIS.format(
            settings=repr({"time_bucket": {"period": "hour", "count": 1}, **settings}),
            detected=case.get("detected", 0),
            end=case.get("end", 1),
            distribution=settings.get("distribution", "normal"),
        )
        (folder / "analyses" / f"{name}.sql").write_text(text, encoding="utf-8")
    subprocess.run(
        [sys.executable, "-c", DBT, "compile", "--no-introspect", "--quiet"],
        cwd=folder,
        env={**os.environ, "DBT_PROFILES_DIR": str(folder), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
        check=True,
    )
    base = folder / "target" / "compiled" / "dataops_toolkit" / "analyses"
    return {name: (base / f"{name}.sql").read_text(encoding="utf-8") for name in cases}


@contextmanager
def simulated(values: Any, trials: float = 1) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the table `simulated` that queries read; a row of `values` is a series, nan unknown."""
    number, length = np.shape(values)
    table = {
        "series": np.repeat(np.arange(number), length),
        "bucket_index": np.tile(np.arange(length), number),
        "value": np.asarray(values, dtype=float).ravel(),
        "trials": np.full(number * length, float(trials)),
    }
    with duckdb.connect() as connection:
        connection.register("points", table)
        connection.execute(
            "create view simulated as select * replace (if(isnan(value), null, value) as value) from points"
        )
        yield connection


def elementary(season: int = 1) -> str:
    """Elementary 0.26's score, in our words: the judged point is among those that mean and deviation are taken from."""
    return f"""
        select
            series, bucket_index, (value - avg(value) over so_far) / nullif(stddev(value) over so_far, 0) as score
        from simulated
        window so_far as (partition by series, bucket_index % {season} order by bucket_index)
    """


def write(path: Path, content: dict[str, Any]) -> None:
    """YAML takes JSON."""
    path.write_text(json.dumps(content), encoding="utf-8")
