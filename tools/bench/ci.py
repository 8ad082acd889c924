"""`dataops ci` on one changed model, beside what people type today, both from a fresh checkout with production's state.

    python -m bench.ci [--models 1000] [--runs 3] [--folder KEEP]      (in the folder tools/)

Prints the seconds of each, their ratio, and the floor: importing dbt, a warm parse, and the SQL itself.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from bench.projects import generate
from bench.released import release

CHANGED = "m4_0007"
BUILT = 1000
"""The largest project that `dataops deploy` builds for a benchmark; of larger ones a release is packed from a parse."""
FLOOR = """
import sys, time
started = time.perf_counter()
from dbt.cli.main import dbtRunner
words = ["parse", "--quiet", "--no-write-json", "--log-level-file", "none", "--partial-parse-file-path", sys.argv[1]]
# Profile, target and connection as in the stored parse: dbt discards one that was made under others.
words += ["--profiles-dir", "target/dataops/profiles/ci", "--profile", "generated", "--target", "ci"]
assert dbtRunner().invoke(words).success
print(time.perf_counter() - started)
"""


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="keep the generated project here and reuse it")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        folder = given.folder or Path(temporary) / "project"
        if not (folder / ".dataops").exists():
            prepare(folder, given.models)
        compare(folder, given.models, given.runs)


def prepare(folder: Path, models: int) -> None:
    """Generate the project, release it once, store dbt's artifacts for the other side, and change one model."""
    print(f"preparing {models:,} models (once; this takes minutes)", flush=True)
    generate(folder, models)
    run(folder, "git", "init", "-q", "-b", "main", ".")
    run(folder, "git", "add", "-A")
    run(folder, "git", "-c", "user.name=bench", "-c", "user.email=bench@localhost", "commit", "-qm", "base")
    if models > BUILT:
        release(folder)
    else:
        run(folder, python("dataops"), "deploy")
    state = folder / ".dataops" / "artifacts"
    state.mkdir()
    shutil.copy(folder / "target" / "dataops" / "deploy" / "manifest.json", state)
    profile = (folder / "profiles" / "profiles.yml").read_text()
    attached = profile.replace(
        "path: ci.duckdb,", "path: ci.duckdb, attach: [{path: prod.duckdb, alias: prod, read_only: true}],"
    )
    (state / "profiles.yml").write_text(attached)
    model = next((folder / "models").rglob(f"{CHANGED}.sql"))
    model.write_text(model.read_text().replace("/ 10", "/ 20"))


def compare(folder: Path, models: int, runs: int) -> None:
    """Time both sides and the floor, alternating, and print medians."""
    model = next((folder / "models").rglob(f"{CHANGED}.sql")).relative_to(folder)
    state = ".dataops/artifacts"
    words = ["build", "-s", "state:modified+", "--defer", "--favor-state", "--state", state]
    today, lint, ours, floor = [], [], [], []
    for _ in range(runs):
        fresh(folder)
        today.append(timed(folder, python("dbt"), *words, "--profiles-dir", state, "--target", "ci", "--quiet"))
        lint.append(timed(folder, python("sqlfluff"), "lint", str(model)))
        fresh(folder)
        ours.append(timed(folder, python("dataops"), "ci", "--keep"))
        cache = folder / "target" / "dataops" / "parse" / "ci" / "partial_parse.msgpack"
        parse = subprocess.run(
            [sys.executable, "-c", FLOOR, str(cache)], cwd=folder, check=True, capture_output=True, text=True
        )
        floor.append(float(parse.stdout) + sql_alone(folder))
    typed = statistics.median(today) + statistics.median(lint)
    mine, least = statistics.median(ours), statistics.median(floor)
    print(f"{models:,} models, one changed, median of {runs}, fresh checkout with production's state")
    print(f"  dbt build -s state:modified+ --defer   {statistics.median(today):6.1f} s")
    print(f"  sqlfluff lint of the changed file      {statistics.median(lint):6.1f} s")
    print(f"  both                                   {typed:6.1f} s")
    print(f"  dataops ci                             {mine:6.1f} s   {typed / mine:.1f} times faster")
    print(f"  floor: import + warm parse + SQL       {least:6.1f} s   dataops ci takes {mine / least:.2f} of it")


def fresh(folder: Path) -> None:
    """What git leaves behind on a new machine, plus production and its state."""
    for name in ("target", "logs"):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / "ci.duckdb").unlink(missing_ok=True)


def sql_alone(folder: Path) -> float:
    """Seconds of the slice's own SQL: its compiled models and tests, run once more by DuckDB alone."""
    made = folder / "target" / "dataops" / "ci"
    results = json.loads((made / "dbt" / "run_results.json").read_text())["results"]
    started = time.perf_counter()
    with duckdb.connect(str(made / "ci.duckdb")) as connection:
        connection.execute(f"attach '{folder / 'prod.duckdb'}' as prod (read_only)")
        for node in results:
            create = f"create or replace table {node['relation_name']} as " if "model." in node["unique_id"] else ""
            connection.execute(create + node["compiled_code"]).fetchall()
    return time.perf_counter() - started


def timed(folder: Path, *words: str) -> float:
    started = time.perf_counter()
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode not in (0, 1):
        sys.exit(f"{' '.join(words)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return seconds


def run(folder: Path, *words: str) -> None:
    subprocess.run(words, cwd=folder, check=True, stdout=subprocess.DEVNULL)


def python(command: str) -> str:
    """A command of the environment that this runs in."""
    return os.fspath(Path(sys.executable).with_name(command))


if __name__ == "__main__":
    main()
