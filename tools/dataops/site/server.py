"""HTTP for the site: its files out of memory, and a stream of what changes (server-sent events)."""

from __future__ import annotations

import ipaddress
import json
import select
import socket
import socketserver
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from dataops import __version__
from dataops.errors import SettingsError

EVERYTHING = "*"
_REMEMBERED = 500
_FIXED = "assets/"
"""Files below it are those of the installed version: no change is one of theirs."""


@dataclass(frozen=True)
class File:
    """A file as it is sent. `tag` is another one for another content."""

    content: bytes
    tag: str


@dataclass(frozen=True)
class Change:
    """What a browser has to know. `files` that are others now; `now`: what runs; `say`: what is read out."""

    version: int
    files: frozenset[str]
    now: str
    say: str


class Showing:
    """Files by their path, each made when somebody asks for it, and once."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._making = threading.Lock()
        self._contents: Mapping[str, Callable[[], bytes]] = {}
        self._made: dict[str, File] = {}
        self._changes: deque[Change] = deque([Change(0, frozenset(), "", "")], _REMEMBERED)

    def show(
        self, contents: Mapping[str, Callable[[], bytes]], changed: frozenset[str], now: str = "", say: str = ""
    ) -> None:
        """Show these from now on. `changed`: files that are others than before, EVERYTHING for all."""
        with self._changed:
            every = EVERYTHING in changed
            kept = (path for path in self._made if path.startswith(_FIXED) or not (every or path in changed))
            self._made = {path: self._made[path] for path in kept}
            self._contents = contents
            self._changes.append(Change(self._changes[-1].version + 1, changed, now, say))
            self._changed.notify_all()

    def file(self, path: str) -> File | None:
        """A file as it is now; None where there is none of that path."""
        with self._changed:
            make, made = self._contents.get(path), self._made
        if make is None:
            return None
        with self._making:
            if path not in made:
                content = make()
                made[path] = File(content, blake2b(content, digest_size=12).hexdigest())
            return made[path]

    def state(self) -> Change:
        """What a browser is told that has just come: whatever it holds may be out of date."""
        with self._changed:
            last = self._changes[-1]
        return Change(last.version, frozenset({EVERYTHING}), last.now, "")

    def since(self, version: int, patience: float) -> Change | None:
        """What changed since a version, as one change. Waits so many seconds for it; None if nothing did."""
        with self._changed:
            self._changed.wait_for(lambda: self._changes[-1].version > version, patience)
            new = [each for each in self._changes if each.version > version]
        if not new:
            return None
        files = frozenset[str]().union(*(each.files for each in new))
        missed = new[0].version > version + 1
        said = ". ".join(each.say for each in new if each.say)
        return Change(new[-1].version, frozenset({EVERYTHING}) if missed else files, new[-1].now, said)


_BEAT = 15.0
"""Seconds after which a browser that has nothing to hear is sent a comment."""
_LOOK = 0.5
"""Seconds after which a browser that went away is noticed."""
_STALLED = 30.0

_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


class Server(ThreadingHTTPServer):
    """Serves what is shown. A thread for each connection, which ends with it."""

    request_queue_size = 64

    def __init__(self, host: str, port: int, showing: Showing) -> None:
        """Take a port, 0 for a free one; nobody is answered before `serve_forever`.

        Raises:
            SettingsError: the host is not this machine's, or the port is taken.
        """
        self.showing = showing
        try:
            family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
            self.address_family = family
            super().__init__((str(address[0]), port), _Handler)
        except OSError as error:
            why = error.strerror or str(error)
            raise SettingsError(
                f"cannot listen at {host}, port {port}: {why}", "name another --port, or none for a free one"
            ) from error
        bound = self.server_address[0]
        # A page from elsewhere can give its own name this machine's address: then it asks by that name.
        self.names = _LOCAL | {host} if ipaddress.ip_address(str(bound)).is_loopback else None

    def server_bind(self) -> None:
        """Take the port without asking anybody for this machine's name."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """Who leaves in the middle of an answer is no error, and what fails in making one is answered with it."""


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    server_version = f"dataops/{__version__}"
    sys_version = ""
    timeout = _STALLED

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path).removeprefix("/") or "index.html"
        if not self._welcome():
            self._refuse(HTTPStatus.FORBIDDEN, "This server answers to localhost.")
        elif path == "live":
            self._follow()
        else:
            self._file(path)

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(
        self,
        format: str,  # noqa: A002 - its name
        *args: object,
    ) -> None:
        """Say nothing: the terminal is for what the command itself says."""

    def _welcome(self) -> bool:
        names = self.server.names
        try:
            return names is None or urlsplit(f"//{self.headers['Host'] or ''}").hostname in names
        except ValueError:
            return False

    def _file(self, path: str) -> None:
        try:
            file = self.server.showing.file(path)
        except Exception as error:  # noqa: BLE001 - one page that cannot be made ends neither the others nor the server
            self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR, f"Not made: {type(error).__name__}: {error}")
            return
        if file is None:
            self._refuse(HTTPStatus.NOT_FOUND, "There is no such page.")
            return
        tag = f'"{file.tag}"'
        same = self.headers["If-None-Match"] == tag
        self.send_response(HTTPStatus.NOT_MODIFIED if same else HTTPStatus.OK)
        self.send_header("ETag", tag)
        self._headers(_TYPES.get(PurePosixPath(path).suffix, "application/octet-stream"), "no-cache")
        if not same:
            self.send_header("Content-Length", str(len(file.content)))
        self.end_headers()
        if not same and self.command == "GET":
            self.wfile.write(file.content)

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        content = f"{why}\n".encode("utf-8", "replace")
        self.send_response(status)
        self._headers("text/plain", "no-store")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def _headers(self, kind: str, cache: str) -> None:
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Cache-Control", cache)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        # Data are scripts, which any page could load from here, and pages it could put in a frame.
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("X-Frame-Options", "SAMEORIGIN")

    def _follow(self) -> None:
        """Tell of changes until the browser goes away."""
        self.close_connection = True
        self.send_response(HTTPStatus.OK)
        self._headers("text/event-stream", "no-store")
        self.end_headers()
        if self.command == "HEAD":
            return
        change = self.server.showing.state()
        self._tell(change)
        version, told = change.version, time.monotonic()
        while not self._left():
            new = self.server.showing.since(version, _LOOK)
            if new is not None:
                self._tell(new)
                version, told = new.version, time.monotonic()
            elif time.monotonic() - told > _BEAT:
                self.wfile.write(b":\n\n")
                told = time.monotonic()

    def _tell(self, change: Change) -> None:
        text = json.dumps({"files": sorted(change.files), "now": change.now, "say": change.say})
        self.wfile.write(f"retry: 1000\ndata: {text}\n\n".encode())

    def _left(self) -> bool:
        """Whether the other end has closed: it has nothing else to send."""
        readable, _, _ = select.select([self.connection], [], [], 0)
        return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)
