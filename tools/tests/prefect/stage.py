"""A Prefect server and a worker on this machine, in an environment of their own, and what tests ask of them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

PYTHON = Path(os.environ.get("PREFECT_PYTHON", ".venv-prefect/bin/python")).absolute()
HERE = Path(__file__).parent
DOCS = HERE.parents[2] / "docs" / "prefect"
ENDED = ("COMPLETED", "FAILED", "CANCELLED", "CRASHED")

_DEPLOY = """
import json, sys
from prefect import flow
found = {}
for name, folder, file in (("night", 1, "flows"), ("approved", 1, "flows"), ("nightly", 2, "nightly")):
    loaded = flow.from_source(source=sys.argv[folder], entrypoint=f"{file}.py:{name}")
    found[name] = str(loaded.deploy(name=name, work_pool_name="here", print_next_steps=False, ignore_warnings=True))
print(json.dumps(found))
"""


@dataclass
class Stage:
    """A running server with a worker. `deployments`: ids by the flow's name; `worker`: its process."""

    url: str
    deployments: dict[str, str]
    worker: subprocess.Popen[bytes]

    def ask(self, method: str, path: str, **document: Any) -> Any:
        """The answer of the server, which asks to come again while its SQLite file is busy."""
        for _ in range(5):
            answer = requests.request(method, f"{self.url}{path}", json=document or None, timeout=60)
            if answer.status_code != requests.codes.unavailable:
                break
            time.sleep(1)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def start(self, flow: str, **parameters: Any) -> str:
        """Begin a run of a deployment; its id."""
        made = self.ask("POST", f"/deployments/{self.deployments[flow]}/create_flow_run", parameters=parameters)
        return str(made["id"])

    def state(self, run: str) -> dict[str, Any]:
        """The state of a run."""
        found: dict[str, Any] = self.ask("GET", f"/flow_runs/{run}")["state"]
        return found

    def until(self, run: str, *types: str, seconds: float = 300) -> dict[str, Any]:
        """Wait until a run is in one of these states, by default in one that is its last."""
        end = time.monotonic() + seconds
        while (state := self.state(run))["type"] not in (types or ENDED):
            assert time.monotonic() < end, f"{run} is still {state}\n{self.log(run)}"
            time.sleep(0.5)
        return state

    def log(self, run: str) -> str:
        """What a run logged."""
        asked = {"logs": {"flow_run_id": {"any_": [run]}}, "limit": 200}
        return "\n".join(each["message"] for each in self.ask("POST", "/logs/filter", **asked))

    def events(self, run: str, count: int, seconds: float = 30) -> list[dict[str, Any]]:
        """Our events of a run, oldest first, once there are `count`: they come a little later."""
        asked = {"filter": {"event": {"prefix": ["dataops."]}, "order": "ASC"}, "limit": 50}
        end = time.monotonic() + seconds
        while True:
            every = self.ask("POST", "/events/filter", **asked)["events"]
            mine = [
                each for each in every if any(each_["prefect.resource.id"].endswith(run) for each_ in each["related"])
            ]
            if len(mine) >= count or time.monotonic() > end:
                return mine
            time.sleep(0.5)

    def artifacts(self, run: str) -> list[dict[str, Any]]:
        """The artifacts of a run, oldest first."""
        asked = {"artifacts": {"flow_run_id": {"any_": [run]}}, "sort": "CREATED_DESC"}
        found: list[dict[str, Any]] = self.ask("POST", "/artifacts/filter", **asked)
        return [each for each in found[::-1] if each["key"]]

    def tries(self, run: str) -> list[int]:
        """How often each task of a run was tried."""
        asked = {"flow_runs": {"id": {"any_": [run]}}}
        return [each["run_count"] for each in self.ask("POST", "/task_runs/filter", **asked)]


def _related(event: dict[str, Any]) -> set[str]:
    return {each["prefect.resource.id"] for each in event["related"]}


@contextmanager
def staged(home: Path) -> Iterator[Stage]:
    """Start both; end both, and whatever they began."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/api"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "OPENLINEAGE"))},
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": url,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "PREFECT_LOGGING_TO_API_BATCH_INTERVAL": "0.5",
        "NO_COLOR": "1",
    }
    home.mkdir(parents=True)

    def begin(name: str, *words: str) -> subprocess.Popen[bytes]:
        log = (home / f"{name}.log").open("wb")
        with log:
            return subprocess.Popen(
                [PYTHON, "-m", "prefect", *words], env=environment, cwd=home, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip

    began: list[subprocess.Popen[bytes]] = []
    try:
        began.append(begin("server", "server", "start", "--host", "127.0.0.1", "--port", str(port)))
        end = time.monotonic() + 120
        while True:
            try:
                if requests.get(f"{url}/health", timeout=5).ok:
                    break
            except requests.ConnectionError:
                pass
            assert time.monotonic() < end, (home / "server.log").read_text(errors="replace")
            time.sleep(0.3)
        began.append(begin("worker", "worker", "start", "--pool", "here", "--type", "process"))
        while not requests.get(f"{url}/work_pools/here", timeout=30).ok:
            assert time.monotonic() < end, (home / "worker.log").read_text(errors="replace")
            time.sleep(0.3)
        deployed = subprocess.run(
            [PYTHON, "-c", _DEPLOY, str(HERE), str(DOCS)],
            env=environment,
            cwd=home,
            capture_output=True,
            text=True,
            check=False,
        )
        assert deployed.returncode == 0, deployed.stdout + deployed.stderr
        yield Stage(url, json.loads(deployed.stdout.splitlines()[-1]), began[-1])
    finally:
        for each in reversed(began):
            each.terminate()
        for each in reversed(began):
            try:
                each.wait(30)
            except subprocess.TimeoutExpired:
                each.kill()
                each.wait()
