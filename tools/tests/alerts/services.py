"""Servers on this machine that take messages: webhooks over HTTP, and mail over SMTP."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller


@dataclass
class Webhooks:
    """Takes JSON. `status` is what it answers, after those in `first`.

    `asked`: how many requests came; `got`: each that was taken.
    """

    port: int = 0
    asked: int = 0
    status: int = 200
    first: list[int] = field(default_factory=list)
    got: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


@contextmanager
def webhooks() -> Iterator[Webhooks]:
    said = Webhooks()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            said.asked += 1
            status = said.first.pop(0) if said.first else said.status
            if status == 200:
                said.got.append((self.path, json.loads(content)))
            self.send_response(status)
            if status == 302:
                self.send_header("Location", f"http://127.0.0.1:{said.port}/elsewhere")
            self.end_headers()
            # Slack's answer to a webhook is this, whatever the status.
            self.wfile.write(b"ok" if status == 200 else b"invalid_token")

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        said.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield said
        finally:
            server.shutdown()
            thread.join()


@dataclass
class Mail:
    """Takes mail."""

    port: int = 0
    got: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.got.append(message)
        return "250 taken"


@contextmanager
def mail() -> Iterator[Mail]:
    said = Mail(free_port())
    controller = Controller(said, hostname="127.0.0.1", port=said.port)
    controller.start()
    try:
        yield said
    finally:
        controller.stop()


@contextmanager
def silent() -> Iterator[int]:
    """The port of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def free_port() -> int:
    """A port on which nobody listens now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
