"""What `dataops site --serve` costs: idle, while a run of many nodes goes on, and when it has ended.

    python -m bench.live FOLDER [--nodes 600]      (in the folder tools/; FOLDER as `bench.site --folder` keeps it)

One browser's worth of requests follows: after each update the page Runs and the run's own data.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from dataops.history import journals
from dataops.history.files import now
from dataops.history.journals import FOLDER, Journal, Started
from dataops.history.records import Invocation, Result
from dataops.store.location import Location


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--nodes", type=int, default=600)
    given = parser.parse_args()
    root = given.folder.resolve() / "project"
    started = time.perf_counter()
    command = [sys.executable, "-m", "dataops", "site", "--serve"]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        port = urlsplit(server.stdout.readline().split()[0]).port or 0
        print(f"first page after {time.perf_counter() - started:.1f} s, {used(server.pid):.1f} s working")
        before = used(server.pid)
        time.sleep(10)
        print(f"idle: {(used(server.pid) - before) / 10:.1%} of a core")
        heard: list[list[str]] = []
        threading.Thread(target=follow, args=(port, heard), daemon=True).start()
        time.sleep(2)
        run(root, server.pid, heard, given.nodes)
        server.send_signal(signal.SIGINT)


def run(root: Path, pid: int, heard: list[list[str]], nodes: int) -> None:
    invocation = Invocation(f"bench-{os.getpid()}", "build", "running", "dataops", now(), planned=nodes, target="prod")
    journal = Journal(root / FOLDER, invocation.invocation_id)
    journal.add(invocation)
    before, updates, began = used(pid), len(heard), time.perf_counter()
    for each in range(nodes):
        key, name = f"model.generated.m{each:04d}", f"m{each:04d}"
        journal.add(Started(key, name, "model", now(), "Thread-1"))
        time.sleep(0.05)
        journal.add(Result(invocation.invocation_id, key, name, "model", "success", started_at=now(), seconds=0.05))
    taken, worked = time.perf_counter() - began, used(pid) - before
    updates = len(heard) - updates
    print(f"during a run: {worked / taken:.1%} of a core, {updates} updates, {worked / updates:.3f} s each")
    before, seen = used(pid), len(heard)
    journal.add(replace(invocation, status="success", seconds=taken))
    state = Location(str(root / ".dataops" / "state"))
    journals.finish(state, journal)
    while not any("*" in files for files in heard[seen:]):
        time.sleep(0.1)
    print(f"gathered again: {used(pid) - before:.1f} s working")
    for file in (root / ".dataops" / "state" / "history" / "v1").glob(f"*-{invocation.invocation_id}-*"):
        file.unlink()


def follow(port: int, heard: list[list[str]]) -> None:
    stream, pages = (HTTPConnection("127.0.0.1", port, timeout=600) for _ in range(2))
    stream.request("GET", "/live")
    answer = stream.getresponse()
    try:
        while line := answer.readline():
            if line.startswith(b"data: "):
                files = json.loads(line[6:])["files"]
                for file in ("runs.html", *(each for each in files if each.startswith("data/runs/"))):
                    pages.request("GET", f"/{file}")
                    pages.getresponse().read()
                heard.append(files)
    except (OSError, HTTPException):
        return  # the server has ended


def used(pid: int) -> float:
    """Seconds of a processor that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
