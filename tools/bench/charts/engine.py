"""The engine of the monitors as SQL for DuckDB: compiled by dbt in a project that holds nothing else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

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


def write(path: Path, content: dict[str, Any]) -> None:
    """YAML takes JSON."""
    path.write_text(json.dumps(content), encoding="utf-8")
