"""`ci` and `deploy` on PostgreSQL beside what people type today: seconds, and the processor's, here and on the server.

    python -m bench.postgres [--models 100] [--runs 3]      (in the folder tools/)

A server of its own holds a generated project. The processor's seconds hardly depend on what else the machine does;
prints the medians of each command as a table of docs/postgresql.md.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from bench.projects import generate
from tests import postgres

CHANGED = "m4_0003"
TICKS = os.sysconf("SC_CLK_TCK")
GIT = ["git", "-c", "user.name=bench", "-c", "user.email=bench@localhost"]


@dataclass(frozen=True)
class Cost:
    """Seconds of a command: on the clock, and of the processor for its processes and for the server's."""

    wall: float
    here: float
    server: float


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=100)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary, postgres.serving() as server:
        try:
            compare(Path(temporary) / "project", server, given.models, given.runs)
        finally:
            postgres.stop()


def prepare(folder: Path, server: str, models: int) -> None:
    """Generate the project, release it once, store dbt's manifest of that for the other side, and change one model."""
    generate(folder, models)
    outputs = {name: postgres.output(server, name) for name in ("prod", "ci", "plain", "slim")}
    profile = {"generated": {"target": "prod", "outputs": outputs}}
    (folder / "profiles" / "profiles.yml").write_text(yaml.safe_dump(profile))
    settings = (folder / ".sqlfluff").read_text().replace("dialect = duckdb", "dialect = postgres")
    (folder / ".sqlfluff").write_text(settings)
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-qm", "base"]):
        subprocess.run([*GIT, *words], cwd=folder, check=True)
    run(folder, dataops("deploy"))
    (folder / "state").mkdir()
    shutil.copy(folder / "target" / "dataops" / "deploy" / "manifest.json", folder / "state")


def compare(folder: Path, server: str, models: int, runs: int) -> None:
    """Each command `runs` times, alternating."""
    prepare(folder, server, models)
    model = next((folder / "models").rglob(f"{CHANGED}.sql"))
    text = model.read_text()
    slim = ["--select", "state:modified+", "--defer", "--state", "state"]
    sides: dict[str, Sequence[str]] = {
        "`dbt build`": dbt("build", "--target", "plain"),
        "`dataops deploy`": dataops("deploy"),
        "`dataops rollback`": dataops("rollback"),
        f"`dbt build {' '.join(slim)}`": dbt("build", "--target", "slim", *slim),
        "`dataops ci`": dataops("ci"),
    }
    costs: dict[str, list[Cost]] = {name: [] for name in sides}
    for number in range(runs):
        model.write_text(text.replace("/ 10", f"/ {20 + number}"))
        for name, words in sides.items():
            costs[name].append(measured(server, lambda words=words: run(folder, words)))  # type: ignore[misc]
    print(f"{models} models, {runs} runs, medians")
    print("|  | seconds | of the processor | of the server's processor |\n| --- | --- | --- | --- |")
    for name, found in costs.items():
        cells = (statistics.median(getattr(each, side) for each in found) for side in ("wall", "here", "server"))
        print(f"| {name} | {' | '.join(f'{each:.1f}' for each in cells)} |")


def measured(server: str, do: Callable[[], None]) -> Cost:
    """What it costs to do something in processes of its own."""
    started, here, there = time.monotonic(), children(), working(server)
    do()
    return Cost(time.monotonic() - started, children() - here, working(server) - there)


def children() -> float:
    """The processor's seconds of all processes that were started from here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def working(server: str) -> float:
    """Those of the server's main process and of all its sessions, ended or not."""
    main = (Path(server) / "postmaster.pid").read_text().split()[0]
    total = 0.0
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = place.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        if main in (place.parent.name, fields[1]):
            total += sum(int(each) for each in fields[11:15]) / TICKS
    return total


def run(folder: Path, words: Sequence[str]) -> None:
    """Run a command that must end well."""
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(words)}\n{done.stdout}\n{done.stderr}")


def dataops(*words: str) -> list[str]:
    """A command of the tool."""
    return [sys.executable, "-m", "dataops", *words]


def dbt(*words: str) -> list[str]:
    """A command of dbt's, as people type it."""
    return [str(Path(sys.executable).parent / "dbt"), "--quiet", *words, "--profiles-dir", "profiles"]


if __name__ == "__main__":
    main()
