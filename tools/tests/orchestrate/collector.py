"""A collector of OpenLineage on this machine: it takes events, answers errors, refuses, is slow, or never answers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Collector:
    """`mode`: `ok`, a status such as `500`, `hang`, or `slow`. `events`: what was answered with 200, in that order."""

    def __init__(self) -> None:
        self.mode = "ok"
        self.events: list[dict[str, Any]] = []
        self.asked = 0
        self.headers: dict[str, str] = {}
        self._over = threading.Event()
        self._guard = threading.Lock()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector.headers = dict(self.headers)
                self.send_response(collector._answered(self.path, body))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def _answered(self, path: str, body: bytes) -> int:
        with self._guard:
            self.asked += 1
            mode = self.mode
        if mode == "hang":
            self._over.wait()
            return 503
        if mode == "slow":
            self._over.wait(0.2)
        if mode not in ("ok", "slow"):
            return int(mode)
        assert path == "/api/v1/lineage"
        with self._guard:
            self.events.append(json.loads(body))
        return 200

    def close(self) -> None:
        self._over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def collecting() -> Iterator[Collector]:
    collector = Collector()
    try:
        yield collector
    finally:
        collector.close()
