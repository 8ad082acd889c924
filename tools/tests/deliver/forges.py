"""A server on this machine that speaks GitHub's and GitLab's comments, and fails as told."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

GITHUB = re.compile(r"/repos/acme/shop/issues/(?:(?P<number>\d+)/comments|comments/(?P<id>\d+))")
GITLAB = re.compile(r"/projects/42/merge_requests/(?P<number>\d+)/notes(?:/(?P<id>\d+))?")
TOKEN = "tok-3141592653589793"


@dataclass
class Failure:
    """An answer that is given instead. `done`: although what was asked for was done. No status: hang up."""

    method: str
    status: int | None
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    done: bool = False


@dataclass
class Server:
    """What is there, what was asked, and what is to go wrong."""

    address: str = ""
    comments: list[dict[str, Any]] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    locked: set[int] = field(default_factory=set)

    def add(self, body: str) -> int:
        identity = 1000 + len(self.comments)
        self.comments.append({"id": identity, "body": body, "user": {"login": "someone"}})
        return identity

    def ours(self, mark: str) -> list[dict[str, Any]]:
        return [each for each in self.comments if str(each["body"]).startswith(mark)]


class Handler(BaseHTTPRequestHandler):
    """Answers for one server."""

    server_state: Server

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def _answer(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _handle(self) -> None:
        state = self.server_state
        length = int(self.headers.get("Content-Length") or 0)
        sent = json.loads(self.rfile.read(length)) if length else {}
        bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
        given = bearer or self.headers.get("PRIVATE-TOKEN", "")
        state.asked.append((self.command, self.path, given))
        failure = next((each for each in state.failures if each.method == self.command), None)
        if failure is None:
            self._answer(*self._do(sent) if given == TOKEN else (401, {"message": f"Bad credentials {given}"}))
            return
        state.failures.remove(failure)
        if failure.done:
            self._do(sent)
        if failure.status is None:
            self.close_connection = True
        else:
            self._answer(failure.status, failure.body, failure.headers)

    def _do(self, sent: dict[str, Any]) -> tuple[int, Any]:
        state, parts = self.server_state, urlsplit(self.path)
        found = GITHUB.fullmatch(parts.path) or GITLAB.fullmatch(parts.path)
        if found and self.command == "GET":
            query = {name: int(each[0]) for name, each in parse_qs(parts.query).items()}
            start = (query["page"] - 1) * query["per_page"]
            return 200, state.comments[start : start + query["per_page"]]
        if found and self.command == "POST":
            return 201, {"id": state.add(sent["body"])}
        identity = int(found["id"]) if found else 0
        if identity in state.locked:
            return 403, {"message": "Resource not accessible by integration"}
        for each in state.comments:
            if each["id"] == identity:
                each["body"] = sent["body"]
                return 200, each
        return 404, {"message": "Not Found"}

    do_GET = do_POST = do_PATCH = do_PUT = _handle  # noqa: N815 - the names that the server looks for


@contextmanager
def serving() -> Iterator[Server]:
    """Such a server on a free port, for as long as it is needed."""
    server = Server()
    handler = type("Bound", (Handler,), {"server_state": server})
    listening = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    listening.daemon_threads = True
    server.address = f"http://127.0.0.1:{listening.server_address[1]}"
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join()


def github(server: Server, **more: str) -> dict[str, str]:
    """The environment of a pull request's job."""
    given = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": server.address,
        "GITHUB_REPOSITORY": "acme/shop",
        "GITHUB_REF": "refs/pull/7/merge",
        "GITHUB_TOKEN": TOKEN,
    }
    return {**given, **more}


def gitlab(server: Server, **more: str) -> dict[str, str]:
    """The environment of a merge request's job."""
    given = {
        "GITLAB_CI": "true",
        "CI_API_V4_URL": server.address,
        "CI_PROJECT_ID": "42",
        "CI_MERGE_REQUEST_IID": "7",
        "GITLAB_TOKEN": TOKEN,
    }
    return {**given, **more}
