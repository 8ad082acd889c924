"""A release under Airflow by several ways: the plain command, an operator, a task group, and astronomer-cosmos.

    python -m bench.orchestrated [--models 200] [--environment KEEP] [WAY...]      (in the folder tools/)

Each way gets a copy of the same generated DuckDB project that was released once, and an Airflow of its own: API server,
scheduler with LocalExecutor, DAG processor and triggerer, with the settings that Airflow comes with and six tasks at
once. Counted is from the start of the DAG's run to its end: seconds of the wall, CPU seconds of all of Airflow and of
what it starts, the number of tasks, and the most memory of the scheduler's own process, of the triggerer, and of all
that runs tasks. cosmos runs `dbt build` on production itself, and makes no release. In its local mode tasks run one
after the other: DuckDB has one writer. The environment is made where KEEP says, if it is not there yet.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.base import spent
from bench.ci import python, run
from bench.projects import generate
from tests.airflow.running import Airflow, running

REPOSITORY = Path(__file__).resolve().parents[2]
COSMOS = "astronomer-cosmos==1.15.1"
TICK = os.sysconf("SC_CLK_TCK")
SETTINGS = {
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "300",
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "30",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_SEC": "0",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "300",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "5",
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "5",
    "AIRFLOW__COSMOS__ENABLE_TELEMETRY": "False",
}
"""Airflow's own, where the tests have shorter ones."""

OURS = """
from airflow.sdk import DAG
from dataops.orchestrate.airflow import DataopsDeployOperator, dataops_task_group
GIVEN = {{"project_dir": "{folder}", "environment": "{environment}"}}
with DAG("night", schedule=None):
    {tasks}
"""
THEIRS = """
from airflow.sdk import DAG
from cosmos import DbtTaskGroup, ExecutionConfig, ProfileConfig, ProjectConfig, RenderConfig
from cosmos.constants import ExecutionMode, LoadMode
with DAG("night", schedule=None):
    DbtTaskGroup(
        project_config=ProjectConfig("{folder}", manifest_path="{folder}/target/manifest.json"),
        profile_config=ProfileConfig("generated", "prod", profiles_yml_filepath="{folder}/profiles/profiles.yml"),
        execution_config=ExecutionConfig(ExecutionMode.{mode}, dbt_executable_path="{environment}/bin/dbt"),
        render_config=RenderConfig(load_method=LoadMode.DBT_MANIFEST),
        operator_args={{"install_deps": False, {more}}},
    )
"""
WAYS = {
    "operator": (OURS, {"tasks": 'DataopsDeployOperator(task_id="deploy", **GIVEN)'}),
    "group by folder": (OURS, {"tasks": "dataops_task_group(**GIVEN)"}),
    "group by model": (OURS, {"tasks": 'dataops_task_group(by="model", **GIVEN)'}),
    "cosmos watcher": (THEIRS, {"mode": "WATCHER", "more": ""}),
    "cosmos local": (THEIRS, {"mode": "LOCAL", "more": '"pool": "one"'}),
}
PLAIN = "dataops deploy"


@dataclass
class Load:
    """What processes took. Memory in MB, the most of it at any moment."""

    tasks: int = 0
    state: str = ""
    wall: float = 0.0
    cpu: float = 0.0
    memory: dict[str, float] = field(default_factory=lambda: {"scheduler": 0.0, "triggerer": 0.0, "workers": 0.0})


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=200)
    parser.add_argument("--environment", type=Path, help="Airflow's environment, made here and kept")
    parser.add_argument("ways", metavar="WAY", nargs="*", choices=[[], PLAIN, *WAYS], default=[])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        environment = (given.environment or Path(temporary) / "airflow").absolute()
        _made(environment)
        first = Path(temporary) / "first"
        _release(first, given.models)
        print(f"{given.models:,} models")
        names = ("scheduler MB", "triggerer MB", "workers MB")
        print(f"  {'':16} {'tasks':>6} {'wall s':>8} {'CPU s':>8} " + " ".join(f"{name:>12}" for name in names))
        for way in given.ways or (PLAIN, *WAYS):
            place = Path(temporary) / way.replace(" ", "-")
            place.mkdir()
            load = _plain(_copy(first, place)) if way == PLAIN else _night(way, _copy(first, place), place, environment)
            memory = " ".join(f"{most:12.0f}" for most in load.memory.values())
            print(f"  {way:16} {load.tasks:6} {load.wall:8.1f} {load.cpu:8.1f} {memory} {load.state}", flush=True)


def _made(environment: Path) -> None:
    """The environment that has Airflow, cosmos, and this package as it is now, without its dependencies."""
    pip = [str(environment / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
    if not environment.exists():
        subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
        constraints = str(REPOSITORY / "constraints-airflow.txt")
        subprocess.run([*pip, "-c", constraints, "apache-airflow", COSMOS], check=True)
    subprocess.run([*pip, "--no-deps", "--force-reinstall", str(REPOSITORY)], check=True)
    shutil.rmtree(REPOSITORY / "build", ignore_errors=True)


def _release(folder: Path, models: int) -> None:
    """The project in git, with a release, an index and a manifest."""
    generate(folder, models)
    run(folder, "git", "init", "-q", "-b", "main", ".")
    run(folder, "git", "add", "-A")
    run(folder, "git", "-c", "user.name=bench", "-c", "user.email=bench@localhost", "commit", "-qm", "base")
    run(folder, python("dataops"), "deploy")
    run(folder, python("dataops"), "orchestrate", "index")
    run(folder, python("dbt"), "parse", "--profiles-dir", "profiles")


def _copy(first: Path, place: Path) -> Path:
    """A copy whose database is found from wherever dbt runs."""
    folder = place / "project"
    shutil.copytree(first, folder)
    profiles = folder / "profiles" / "profiles.yml"
    profiles.write_text(profiles.read_text().replace("path: prod.duckdb", f"path: {folder / 'prod.duckdb'}"))
    return folder


def _plain(folder: Path) -> Load:
    load, began = Load(), time.monotonic()
    load.cpu = spent(folder, [python("dataops"), "deploy"])
    load.wall = time.monotonic() - began
    return load


def _night(way: str, folder: Path, place: Path, environment: Path) -> Load:
    """One run of the DAG under an Airflow of its own."""
    text, words = WAYS[way]
    with running(place / "home", environment / "bin" / "python", SETTINGS) as airflow:
        airflow.api("POST", "pools", {"name": "one", "slots": 1})
        dag = text.format(folder=folder, environment=sys.prefix, **words)
        (airflow.dags / "night.py").write_text(dag, encoding="utf-8")
        airflow.airflow("dags", "reserialize")
        airflow.has("night")
        # Services that have just started are still busy with that.
        time.sleep(10)
        with _watched() as load:
            name = airflow.trigger("night")
            load.state = _ended(airflow, name)
        load.tasks = int(airflow.api("GET", f"dags/night/dagRuns/{name}/taskInstances?limit=1")["total_entries"])
    return load


def _ended(airflow: Airflow, name: str) -> str:
    while (state := airflow.state("night", name)) not in ("success", "failed"):
        time.sleep(1)
    return "" if state == "success" else state


@contextmanager
def _watched() -> Iterator[Load]:
    """Count what this process's children, and theirs, take meanwhile."""
    load, over = Load(), threading.Event()

    def sample() -> None:
        while not over.wait(0.5):
            _memory(load)

    thread = threading.Thread(target=sample)
    began, spent_before = time.monotonic(), _cpu()
    thread.start()
    try:
        yield load
    finally:
        over.set()
        thread.join()
        load.wall, load.cpu = time.monotonic() - began, _cpu() - spent_before


def _family() -> dict[int, list[int]]:
    """Each process's children."""
    children: dict[int, list[int]] = {}
    for each in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((each / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(each.name))
    return children


def _below(process: int, children: dict[int, list[int]]) -> list[int]:
    return [each for child in children.get(process, ()) for each in (child, *_below(child, children))]


def _cpu() -> float:
    """CPU seconds of all below this process, with those of the dead that somebody waited for."""
    total = 0
    for each in _below(os.getpid(), _family()):
        try:
            total += sum(map(int, Path(f"/proc/{each}/stat").read_text().rsplit(")", 1)[1].split()[11:15]))
        except OSError:
            continue
    return total / TICK


def _memory(load: Load) -> None:
    children = _family()
    found = dict.fromkeys(load.memory, 0.0)
    for service in children.get(os.getpid(), ()):
        try:
            line = Path(f"/proc/{service}/cmdline").read_text().replace("\0", " ")
        except OSError:
            continue
        if "scheduler" in line:
            found["scheduler"] += _mb(service)
            found["workers"] += sum(map(_mb, _below(service, children)))
        elif "triggerer" in line:
            found["triggerer"] += _mb(service) + sum(map(_mb, _below(service, children)))
    load.memory = {name: max(load.memory[name], found[name]) for name in found}


def _mb(process: int) -> float:
    """Its share of memory, as the kernel divides what processes have in common."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


if __name__ == "__main__":
    main()
