"""`dataops suggest` on one big table, beside DuckDB's own `summarize`, each in a fresh process.

    python -m bench.suggest [--rows 10000000] [--runs 3] [--folder KEEP]      (in the folder tools/)

Prints the median seconds of each, by the clock and of the processor, and how often the profile's query reads the
table: the scans in the plan that DuckDB gives for it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import yaml

from dataops.diff.dialects import Dialect
from dataops.suggest.profile import Asking

TOOLS = Path(__file__).resolve().parents[1]


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="keep the table and the project here and reuse them")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        folder = (given.folder or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "big.duckdb"
        if not file.exists():
            _make(file, given.rows)
        _lay_out(folder)
        profile, scans = _profile(file)
        by_hand = "import duckdb, sys; duckdb.connect(sys.argv[1], read_only=True).execute(sys.argv[2]).fetchall()"
        command = [
            sys.executable,
            "-m",
            "dataops",
            "suggest",
            "--project-dir",
            str(folder),
            "--profiles-dir",
            str(folder),
        ]
        runs = {
            "summarize": [sys.executable, "-c", by_hand, str(file), "summarize big"],
            "the profile's query alone": [sys.executable, "-c", by_hand, str(file), profile],
            "dataops suggest": command,
        }
        print("| | seconds | of the processor |\n| --- | --- | --- |")
        for name, words in runs.items():
            ran = [_ran(words) for _ in range(given.runs)]
            elapsed, computed = (statistics.median(each[at] for each in ran) for at in (0, 1))
            print(f"| {name} | {elapsed:.1f} | {computed:.1f} |", flush=True)
        print(f"\nScans of the table in the profile's query: {scans}")


def _make(file: Path, rows: int) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            f"""
            create table big as select
                n as order_id, n % 1000003 as customer_id, 'sku-' || n % 5000 as sku,
                ['new', 'paid', 'sent', 'done', 'back'][(1 + hash(n) % 5)::int] as status,
                (hash(n + 1) % 100000 / 100)::decimal(18, 2) as amount, hash(n + 2) % 100 / 100 as share,
                timestamp '2022-01-03' + (n * 63072000 // {rows}) * interval '1 second' as ordered_at,
                hash(n + 3) % 2 = 0 as is_gift, case when n % 17 = 0 then null else n % 40 end as quantity,
                'written by hand, ' || hash(n + 4) as note
            from range({rows}) r(n)
            """
        )


def _lay_out(folder: Path) -> None:
    output = {"type": "duckdb", "path": str(folder / "big.duckdb"), "threads": 1}
    files = {
        "dbt_project.yml": {"name": "big", "profile": "big"},
        "profiles.yml": {"big": {"target": "dev", "outputs": {"dev": output}}},
        "models/big.yml": {"sources": [{"name": "raw", "schema": "main", "tables": [{"name": "big"}]}]},
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(yaml.safe_dump(content), encoding="utf-8")


def _profile(file: Path) -> tuple[str, int]:
    """The query that is sent, and how many scans it has."""
    with duckdb.connect(str(file), read_only=True) as connection:
        columns = {row[0]: row[1] for row in connection.execute("describe big").fetchall()}
        (rows,) = connection.execute("select estimated_size from duckdb_tables() where table_name = 'big'").fetchone()
        sql = Asking(Dialect("duckdb", lambda name: f'"{name}"'), columns, rows, ()).sql("big")
        plan = connection.execute(f"explain {sql}").fetchall()[0][1]
    return sql, plan.count("Sequential Scan")


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(TOOLS)}


def _ran(words: list[str]) -> tuple[float, float]:
    """Seconds by the clock, and of the processor, which a machine that others use too does not change."""
    started, before = time.perf_counter(), os.times()
    subprocess.run(words, check=True, capture_output=True, env=_environment())
    after = os.times()
    computed = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - started, computed


if __name__ == "__main__":
    main()
