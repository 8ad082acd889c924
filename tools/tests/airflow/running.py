"""A real Airflow on loopback: API server, scheduler, DAG processor and triggerer, with a home of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
SERVICES = (
    ("api-server", "--workers", "1"),
    ("scheduler", "--skip-serve-logs"),
    ("dag-processor",),
    ("triggerer", "--skip-serve-logs"),
)
"""Their log servers would listen on all interfaces."""

ENDED = ("success", "failed")


class ServerError(AssertionError):
    """Airflow could not answer."""


@dataclass(frozen=True)
class Airflow:
    """One installation that runs. `python` is that of its environment."""

    home: Path
    python: Path
    port: int
    told: Mapping[str, str] = field(default_factory=dict)
    _tokens: list[str] = field(default_factory=list)

    @property
    def dags(self) -> Path:
        return self.home / "dags"

    @property
    def env(self) -> dict[str, str]:
        """What a process of this Airflow is told; its PATH has no `dataops` of another environment."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "PYTEST", "VIRTUAL"))
        }
        told = {
            "AIRFLOW_HOME": self.home,
            "AIRFLOW__CORE__DAGS_FOLDER": self.dags,
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": "6",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://{HOST}:{self.port}/execution/",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__API__HOST": HOST,
            "AIRFLOW__API__PORT": self.port,
            "AIRFLOW__API__BASE_URL": f"http://{HOST}:{self.port}",
            "AIRFLOW__API_AUTH__JWT_SECRET": "of this test alone, and long enough: 0123456789abcdef0123456789abcdef",
            "AIRFLOW__API__SECRET_KEY": "likewise",
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "3",
            "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "5",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_SEC": "2",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "15",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "3",
            "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
            "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "2",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
            "NO_PROXY": HOST,
        }
        return {**kept, **{name: str(value) for name, value in told.items()}, **self.told}

    def airflow(self, *words: str) -> str:
        """Run Airflow's own command line."""
        done = subprocess.run(
            [str(self.python), "-m", "airflow", *words], env=self.env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"airflow {words}: {done.stdout[-2000:]}{done.stderr[-4000:]}"
        return done.stdout

    # -- the API, as the page uses it -------------------------------------------------------------------------------

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """A call. Airflow 3.3 answers 500 to a list of events if a run of one has not begun: reads are tried again."""
        for tries_left in (3, 2, 1, 0):
            try:
                return self._call(method, path, body)
            except ServerError:
                if method != "GET" or not tries_left:
                    raise
                time.sleep(1)
        return None

    def _call(self, method: str, path: str, body: Any) -> Any:
        request = urllib.request.Request(
            f"http://{HOST}:{self.port}/api/v2/{path}",
            data=json.dumps(body).encode() if body is not None else None,
            method=method,
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self._token()}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                content = answer.read()
        except urllib.error.HTTPError as error:
            told = f"{method} {path}: {error.code} {error.read().decode()[:2000]}"
            raise (ServerError if error.code >= 500 else AssertionError)(told) from error
        return json.loads(content) if content else None

    def _token(self) -> str:
        if not self._tokens:
            with urllib.request.urlopen(f"http://{HOST}:{self.port}/auth/token", timeout=30) as answer:
                self._tokens.append(str(json.loads(answer.read())["access_token"]))
        return self._tokens[0]

    def trigger(self, dag: str, run: str | None = None, conf: dict[str, Any] | None = None) -> str:
        """Start a run; its id. SQLite can be busy: it is tried again, under the same id."""
        run = run or f"test-{uuid.uuid4().hex[:12]}"
        body = {"logical_date": None, "conf": conf or {}, "dag_run_id": run}
        for _ in range(5):
            try:
                return str(self.api("POST", f"dags/{dag}/dagRuns", body)["dag_run_id"])
            except ServerError:
                time.sleep(1)
            except AssertionError as error:
                if ": 409 " not in str(error):
                    raise
                return run
        raise AssertionError(f"{dag} cannot be started")

    def state(self, dag: str, run: str) -> str:
        return str(self.api("GET", f"dags/{dag}/dagRuns/{run}")["state"])

    def tasks(self, dag: str, run: str) -> dict[str, str]:
        """The state of each task."""
        found = self.api("GET", f"dags/{dag}/dagRuns/{run}/taskInstances")["task_instances"]
        return {each["task_id"]: each["state"] for each in found}

    def ended(self, dag: str, run: str, seconds: float = 180) -> str:
        """The state of a run that has come to its end."""
        self.until(lambda: self.state(dag, run) in ENDED, seconds, lambda: f"{dag}: {self.tasks(dag, run)}")
        return self.state(dag, run)

    def has_let_go(self, dag: str, run: str, task: str) -> bool:
        """Whether the scheduler knows that the process of a task, which waits for something, has ended.

        Airflow 3.3 fails a task that is woken before: it takes the end of that process for an end of the next one.
        """
        lines = (self.home / "scheduler.out").read_text(encoding="utf-8", errors="replace").splitlines()
        words = ("Received executor event", f"dag_id='{dag}', task_id='{task}', run_id='{run}'")
        return any(all(word in line for word in words) for line in lines)

    def log(self, dag: str, run: str, task: str) -> str:
        """All that a task's tries wrote."""
        folder = self.home / "logs" / f"dag_id={dag}" / f"run_id={run}" / f"task_id={task}"
        return "\n".join(each.read_text(encoding="utf-8") for each in sorted(folder.glob("*.log")))

    def asset_events(self) -> list[dict[str, Any]]:
        """All asset events, oldest first: name, extra, and the run and the task that they come from."""
        found = self.api("GET", "assets/events?limit=1000&order_by=timestamp")["asset_events"]
        source = {"run": "source_run_id", "task": "source_task_id"}
        return [
            {"name": each["name"], "extra": each["extra"], **{ours: each[theirs] for ours, theirs in source.items()}}
            for each in found
        ]

    def runs(self, dag: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.api("GET", f"dags/{dag}/dagRuns")["dag_runs"]
        return found

    def causes(self, dag: str) -> set[str]:
        """The runs whose asset events have started runs of a DAG: one run can come of the events of several."""
        paths = [f"dags/{dag}/dagRuns/{each['dag_run_id']}/upstreamAssetEvents" for each in self.runs(dag)]
        return {str(each["source_run_id"]) for path in paths for each in self.api("GET", path)["asset_events"]}

    def has(self, *dags: str, seconds: float = 90) -> None:
        """Wait until the DAGs are known."""

        def known() -> bool:
            return set(dags) <= {each["dag_id"] for each in self.api("GET", "dags?limit=1000")["dags"]}

        self.until(known, seconds, lambda: str(self.api("GET", "importErrors")))

    def until(self, true: Callable[[], bool], seconds: float, why: Callable[[], str] = str) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if true():
                return
            time.sleep(0.5)
        raise AssertionError(f"not within {seconds:.0f} s: {why()}")


def free_port() -> int:
    with socket.socket() as free:
        free.bind((HOST, 0))
        return int(free.getsockname()[1])


@contextmanager
def running(home: Path, python: Path, told: Mapping[str, str]) -> Iterator[Airflow]:
    """Start all of it, and end every process that was started. `told`: variables of all of its processes."""
    airflow = Airflow(home, python, free_port(), told)
    airflow.dags.mkdir(parents=True)
    airflow.airflow("db", "migrate")
    started = []
    try:
        for service in SERVICES:
            with (home / f"{service[0]}.out").open("wb") as out:
                started.append(
                    subprocess.Popen(
                        [str(python), "-m", "airflow", *service],
                        env=airflow.env,
                        cwd=home,
                        stdout=out,
                        stderr=subprocess.STDOUT,
                        start_new_session=True,
                    )
                )

        def healthy() -> bool:
            assert all(each.poll() is None for each in started), "a service of Airflow ended"
            try:
                found = airflow.api("GET", "monitor/health")
            except OSError:
                return False
            return all(
                (found[each] or {}).get("status") == "healthy" for each in ("scheduler", "triggerer", "dag_processor")
            )

        airflow.until(healthy, 120)
        yield airflow
    finally:
        for each in started:
            _end(each, signal.SIGTERM)
        for each in started:
            try:
                each.wait(15)
            except subprocess.TimeoutExpired:
                _end(each, signal.SIGKILL)
            _end(each, signal.SIGKILL)
            each.wait()


def _end(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return


def related(*words: str) -> list[tuple[int, str]]:
    """Processes of this machine whose command line holds all of some words."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            line = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if line and all(word in line for word in words) and int(place.name) != os.getpid():
            found.append((int(place.name), line))
    return found
