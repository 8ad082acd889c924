"""A Spark cluster on this machine: a standalone master, two workers and a Thrift server, as processes of this user.

Everything listens on 127.0.0.1 and keeps its files in one folder: warehouse, metastore (Derby, opened by the Thrift
server alone), logs, scratch. Each process leads a group of its own, and is ended by its number.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
WORKERS = 2
MEMORY = "1200m"
"""Of the Thrift server."""

JAVA = "-Duser.timezone=UTC -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m"
"""Of every process. Small statements over few rows are done before an optimising compiler has paid off; the other one
is given so little room for code that clearing it took a fifth of the time.
"""

PATIENCE = 240.0
"""Seconds until a process that does not answer is given up: a busy machine takes a minute for all of them."""


class ClusterError(Exception):
    """A process did not come up; its last words are in the message."""


@dataclass(frozen=True)
class Cluster:
    """A cluster that is up. `port`: of the Thrift server; `interface`: of its page, which counts tasks."""

    folder: Path
    port: int
    interface: int
    master: int

    def executors(self) -> dict[str, int]:
        """How many tasks each worker's executor has run, by its number."""
        found = _json(f"http://{HOST}:{self.interface}/api/v1/applications")
        told = _json(f"http://{HOST}:{self.interface}/api/v1/applications/{found[0]['id']}/executors")
        return {each["id"]: int(each["totalTasks"]) for each in told if each["id"] != "driver"}

    def workers(self) -> int:
        """How many workers the master knows to be alive."""
        told = _json(f"http://{HOST}:{self.master}/json/")
        return sum(each["state"] == "ALIVE" for each in told["workers"])


@contextmanager
def running(home: Path, folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[Cluster]:
    """A new cluster from the installation at `home`, in a new `folder`; all of it has ended on leaving.

    `settings`: more of Spark's, for the Thrift server.

    Raises:
        ClusterError: a process ended, or does not answer.
    """
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("logs", "work", "local", "warehouse", "scratch"):
        (folder / name).mkdir(parents=True)
    started: list[subprocess.Popen[bytes]] = []
    master, page, thrift, interface = _ports(4)
    try:
        started.append(
            _start(
                home,
                folder,
                "master",
                ["spark-class", "org.apache.spark.deploy.master.Master"],
                ["--host", HOST, "--port", str(master), "--webui-port", str(page)],
            )
        )
        _wait(started[-1], folder, "master", lambda: _listens(master))
        for number in range(WORKERS):
            words = ["--host", HOST, "--cores", "1", "--memory", "1g", "--webui-port", "0"]
            words += ["--work-dir", str(folder / "work" / str(number)), f"spark://{HOST}:{master}"]
            name = f"worker-{number + 1}"
            command = ["spark-class", "org.apache.spark.deploy.worker.Worker"]
            started.append(_start(home, folder, name, command, words))
        given = {**_settings(folder, thrift, interface), **(settings or {})}
        words = ["--master", f"spark://{HOST}:{master}"]
        words += ["--class", "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"]
        words += [word for name, value in given.items() for word in ("--conf", f"{name}={value}")]
        started.append(_start(home, folder, "thrift", ["spark-submit"], [*words, "spark-internal"]))
        cluster = Cluster(folder, thrift, interface, page)
        _wait(started[-1], folder, "thrift", lambda: _listens(thrift))
        _wait(started[-1], folder, "thrift", lambda: len(cluster.executors()) == WORKERS)
        yield cluster
    finally:
        _end(started)


def _settings(folder: Path, port: int, interface: int) -> dict[str, str]:
    """Of the Thrift server, which is the driver of all that is asked."""
    java = f"{JAVA} -Dderby.system.home={folder} -Djava.io.tmpdir={folder / 'scratch'}"
    return {
        "spark.executor.memory": "700m",
        "spark.executor.cores": "1",
        "spark.driver.host": HOST,
        "spark.driver.bindAddress": HOST,
        "spark.driver.extraJavaOptions": java,
        "spark.executor.extraJavaOptions": JAVA,
        "spark.ui.port": str(interface),
        "spark.local.dir": str(folder / "local"),
        "spark.scheduler.mode": "FAIR",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.hadoop.javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={folder / 'metastore'};create=true",
        "spark.hadoop.hive.exec.scratchdir": str(folder / "scratch" / "hive"),
        "spark.hadoop.hive.exec.local.scratchdir": str(folder / "scratch" / "local"),
        "spark.hadoop.hive.server2.thrift.bind.host": HOST,
        "spark.hadoop.hive.server2.thrift.port": str(port),
    }


def _start(
    home: Path, folder: Path, name: str, command: Sequence[str], words: Sequence[str]
) -> subprocess.Popen[bytes]:
    surroundings = {key: value for key, value in os.environ.items() if not key.startswith(("SPARK_", "PYSPARK_"))}
    surroundings |= {
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": HOST,
        "SPARK_WORKER_DIR": str(folder / "work"),
        # Spark's launcher takes the Thrift server for a daemon, and gives it this much and no `spark.driver.memory`.
        "SPARK_DAEMON_JAVA_OPTS": JAVA,
        "SPARK_DAEMON_MEMORY": MEMORY if name == "thrift" else "256m",
        "TZ": "UTC",
    }
    with (folder / "logs" / f"{name}.log").open("wb") as log:
        return subprocess.Popen(
            [str(home / "bin" / command[0]), *command[1:], *words],
            cwd=folder,
            env=surroundings,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _wait(process: subprocess.Popen[bytes], folder: Path, name: str, ready: Any) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if process.poll() is not None:
            raise ClusterError(f"{name} ended with {process.returncode}\n{_last_words(folder, name)}")
        try:
            if ready():
                return
        except (OSError, ValueError, LookupError):
            pass
        time.sleep(0.5)
    raise ClusterError(f"{name} did not answer within {PATIENCE:.0f} s\n{_last_words(folder, name)}")


def _last_words(folder: Path, name: str) -> str:
    text = (folder / "logs" / f"{name}.log").read_text(encoding="utf-8", errors="replace")
    lines = [each for each in text.splitlines() if not re.match(r"\s+at ", each)]
    return "\n".join(lines[-15:])


def _end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """End what was started, last first; whatever it started is in its group, or ends with its worker."""
    for number, wait in ((signal.SIGTERM, 20.0), (signal.SIGKILL, 10.0)):
        for each in reversed(processes):
            if each.poll() is None or number == signal.SIGKILL:
                try:
                    os.killpg(each.pid, number)
                except ProcessLookupError:
                    continue
        until = time.monotonic() + wait
        for each in processes:
            try:
                each.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                continue


def _ports(count: int) -> list[int]:
    """Ports of loopback that are free now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind((HOST, 0))
        return [int(each.getsockname()[1]) for each in sockets]
    finally:
        for each in sockets:
            each.close()


def _listens(port: int) -> bool:
    with socket.create_connection((HOST, port), timeout=1):
        return True


def _json(address: str) -> Any:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address, timeout=10) as answer:
        return json.load(answer)
