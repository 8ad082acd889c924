"""A site that is served from this process, of a history and of journals that are written line by line."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from email.message import Message
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

from dataops.history.files import now
from dataops.history.journals import FOLDER, Journal, Started
from dataops.history.records import Invocation, Result
from dataops.site.serve import Following
from dataops.site.server import Server, Showing
from tests.history.past import Past

PATIENCE = 30.0
"""Seconds after which what should happen within two is held not to happen: machines that run tests are busy."""


@dataclass
class Answer:
    status: int
    headers: Message
    content: bytes


@dataclass
class Served:
    past: Past
    follow: Following
    server: Server

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        with closing(HTTPConnection("127.0.0.1", self.server.server_port, timeout=PATIENCE)) as connection:
            connection.request(method, path, headers=headers)
            with connection.getresponse() as answer:
                return Answer(answer.status, answer.headers, b"" if path == "/live" else answer.read())

    def text(self, path: str) -> str:
        return self.ask(path).content.decode()

    @contextmanager
    def heard(self) -> Iterator[Callable[[], dict[str, Any]]]:
        """What a browser is told, one by one."""
        with closing(HTTPConnection("127.0.0.1", self.server.server_port, timeout=PATIENCE)) as connection:
            connection.request("GET", "/live")
            with connection.getresponse() as stream:
                yield lambda: _next(stream)


def _next(stream: HTTPResponse) -> dict[str, Any]:
    while not (line := stream.readline()).startswith(b"data: "):
        assert line, "the stream has ended"
    told: dict[str, Any] = json.loads(line[6:])
    return told


@contextmanager
def served(past: Past) -> Iterator[Served]:
    """With somebody who looks every few milliseconds."""
    showing = Showing()
    with Server("127.0.0.1", 0, showing) as server:
        follow = Following(past.root, past.settings, None, showing)
        follow._interval = 0.05
        over = threading.Event()

        def look() -> None:
            while not over.wait(0.02):
                follow.step()

        threads = [threading.Thread(target=look), threading.Thread(target=server.serve_forever, args=(0.05,))]
        for each in threads:
            each.start()
        try:
            yield Served(past, follow, server)
        finally:
            over.set()
            server.shutdown()
            for each in threads:
                each.join()
            assert follow.close()


class Build:
    """A build in the making, as its recorder tells of it."""

    def __init__(self, root: Path, key: str, **given: Any) -> None:
        said = {"command": "build", "status": "running", "origin": "dataops", "target": "prod", "user": "ada", **given}
        self.invocation = Invocation(invocation_id=key, started_at=now(), **said)
        self.journal = Journal(root / FOLDER, key)
        self.say(planned=None)

    def say(self, **changes: Any) -> None:
        self.invocation = replace(self.invocation, **changes)
        self.journal.add(self.invocation)

    def begin(self, name: str) -> None:
        self.journal.add(Started(f"model.shop.{name}", name, "model", now(), "Thread-1"))

    def end(self, name: str, status: str = "success", **given: Any) -> None:
        key = f"model.shop.{name}"
        self.journal.add(
            Result(self.invocation.invocation_id, key, name, "model", status, started_at=now(), seconds=0.5, **given)
        )


def until(happens: Callable[[], Any], what: str = "") -> Any:
    """What is so within a while."""
    end = time.monotonic() + PATIENCE
    while not (found := happens()):
        assert time.monotonic() < end, what or "it never was so"
        time.sleep(0.02)
    return found


def listening() -> list[threading.Thread]:
    """Threads that answer somebody."""
    return [each for each in threading.enumerate() if "process_request_thread" in each.name]
