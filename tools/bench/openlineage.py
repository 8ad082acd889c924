"""What it costs to tell OpenLineage of a deploy: without a setting, with a collector, and with one that fails.

    python -m bench.openlineage [--models 200] [--rounds 3]      (in the folder tools/)

Each round deploys the same generated project once for each way, in turn, so that a machine that others keep busy is as
busy for all of them. CPU seconds and wall seconds are the least of the rounds. The collector is on this machine, in a
process of its own, whose time is not counted. The project is not edited in between: each deploy builds and tests all of
it.
"""

from __future__ import annotations

import argparse
import http.server
import json
import multiprocessing
import os
import shutil
import tempfile
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path

from bench.base import prepare, spent
from bench.ci import python

WAYS = ("not set", "a collector", "answers 500", "hangs", "is gone")


class _Handler(http.server.BaseHTTPRequestHandler):
    mode, taken = "a collector", 0

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.mode == "hangs":
            threading.Event().wait()
        json.loads(body)
        _Handler.taken += self.mode == "a collector"
        self.send_response(200 if self.mode == "a collector" else 500)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _serve(line: Connection) -> None:
    """A collector that is told its mode, and tells how many events it took."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    line.send(server.server_port)
    while (mode := line.recv()) is not None:
        _Handler.mode, before, _Handler.taken = mode, _Handler.taken, 0
        line.send(before)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    line, other = multiprocessing.Pipe()
    process = multiprocessing.Process(target=_serve, args=(other,), daemon=True)
    process.start()
    url = f"http://127.0.0.1:{line.recv()}"
    cpu: dict[str, list[float]] = {each: [] for each in WAYS}
    wall: dict[str, list[float]] = {each: [] for each in WAYS}
    events = 0
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        folder = Path(temporary) / "project"
        prepare(folder, given.models)
        os.environ.pop("OPENLINEAGE_URL", None)
        spent(folder, [python("dataops"), "deploy"])
        for _ in range(given.rounds):
            for way in WAYS:
                line.send(way)
                line.recv()
                _set(way, url)
                began = time.monotonic()
                cpu[way].append(spent(folder, [python("dataops"), "deploy"]))
                wall[way].append(time.monotonic() - began)
                shutil.rmtree(folder / ".dataops" / "openlineage", ignore_errors=True)
                line.send(way)
                events = line.recv() or events
    line.send(None)
    process.join()
    print(f"{given.models:,} models, deploy, {given.rounds} rounds, the least; {events} events")
    print(f"  {'':14} {'CPU s':>7} {'ratio':>7} {'wall s':>7} {'more':>7}")
    for way in WAYS:
        least, walls = min(cpu[way]), min(wall[way])
        ratio, more = least / min(cpu["not set"]), walls - min(wall["not set"])
        print(f"  {way:14} {least:7.1f} {ratio:7.3f} {walls:7.1f} {more:+7.1f}")


def _set(way: str, url: str) -> None:
    if way == "not set":
        os.environ.pop("OPENLINEAGE_URL", None)
    else:
        os.environ["OPENLINEAGE_URL"] = "http://127.0.0.1:9" if way == "is gone" else url


if __name__ == "__main__":
    main()
