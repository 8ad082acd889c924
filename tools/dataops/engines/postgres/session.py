"""One session on the server: statements, transactions, and what the server refuses as errors of ours."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any

import psycopg2

from dataops.errors import WarehouseError

LOCKED = "55P03"
"""A lock was not to be had in time."""

DEADLOCK = "40P01"

_HINTS = {
    "42501": "grant the role what docs/postgresql.md lists: it has to own production's relations and create schemas",
    "53100": "make room on the server's disk, then run again",
    "53200": "raise max_locks_per_transaction: a release takes some three locks a relation",
    "53300": "close other sessions, or raise max_connections",
    "57P01": "the server ended the session: run again when it is up",
    LOCKED: "somebody else holds a relation of production: run again, or end that session",
}
_LOST = "the connection was lost: run again; the next command finishes or forgets what this one began"
_OTHERWISE = "see the server's message above, mend it, then run again"

_SETTINGS = {
    # Every name is written in full, and the server writes them in full too.
    "search_path": "''",
    "statement_timeout": "0",
    "lock_timeout": "'60s'",
    "idle_in_transaction_session_timeout": "0",
    "client_min_messages": "warning",
    "standard_conforming_strings": "on",
    # A copy that policies would cut is an error and not a shorter copy.
    "row_security": "off",
}
_SINCE_14 = {
    "idle_session_timeout": "0",
    # A server that is busy for a client notices within this time that the client is gone, and lets go of its locks.
    "client_connection_check_interval": "500",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}


class ServerError(WarehouseError):
    """What the server refused, with its five-character `code`; empty where the connection is lost."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, _HINTS.get(code, _OTHERWISE if code else _LOST))
        self.code = code


class Session:
    """A session of its own, outside dbt's; each statement is committed by itself except within `transaction`."""

    def __init__(self, connect: Callable[[], Any], purpose: str) -> None:
        """Connect.

        Raises:
            WarehouseError: the server cannot be reached, or refuses the role.
        """
        self._handle = connect()
        if not self._handle.autocommit:
            self._handle.rollback()
            self._handle.autocommit = True
        self.version = int(self._handle.server_version)
        name = f"dataops {purpose} on {socket.gethostname()} (PID {os.getpid()})"[:63]
        settings = _SETTINGS | (_SINCE_14 if self.version >= 140000 else {})
        self.run("; ".join(f"set {key} = {value}" for key, value in settings.items()))
        self.rows("select set_config('application_name', %(name)s, false)", {"name": name})

    def close(self) -> None:
        """End the session; whatever was not committed never was."""
        with contextlib.suppress(ServerError):
            # The server may take its time to notice.
            self.run("rollback; select pg_advisory_unlock_all()")
        self._handle.close()

    @property
    def lost(self) -> bool:
        """Whether the connection is known to have ended."""
        return bool(self._handle.closed)

    @property
    def pid(self) -> int:
        """The server's process of this session."""
        return int(self._handle.get_backend_pid())

    def rows(self, sql: str, given: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """All rows of a query. `given`: its `%(name)s`.

        Raises:
            ServerError: the server refuses it.
        """
        return self._sent(sql, given, fetch=True)

    def value(self, sql: str, given: Mapping[str, Any] | None = None) -> Any:
        """The one value of a query of one row."""
        return self.rows(sql, given)[0][0]

    def run(self, sql: str, given: Mapping[str, Any] | None = None) -> None:
        """One or more statements without a result.

        Raises:
            ServerError: the server refuses one.
        """
        self._sent(sql, given, fetch=False)

    def copy(self, sql: str, file: IO[bytes]) -> None:
        """Write what a `copy … to stdout` sends into a file.

        Raises:
            ServerError: the server refuses it.
        """
        with self._asking() as cursor:
            cursor.copy_expert(sql, file)

    @contextmanager
    def transaction(self, kind: str = "") -> Iterator[None]:
        """All of what is done within, or nothing."""
        self.run(f"begin {kind}")
        try:
            yield
        except BaseException:
            if not self.lost:
                self._undo("rollback")
            raise
        self.run("commit")

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part of a transaction that is undone by itself, and lets go of its own locks, when it fails."""
        self.run("savepoint attempt")
        try:
            yield
        except BaseException:
            if not self.lost:
                self._undo("rollback to savepoint attempt")
            raise
        self.run("release savepoint attempt")

    def _undo(self, sql: str) -> None:
        try:
            self.run(sql)
        except ServerError:
            # The connection went, and the transaction with it: what led here is told.
            self._handle.close()

    def _sent(self, sql: str, given: Mapping[str, Any] | None, fetch: bool) -> list[tuple[Any, ...]]:
        with self._asking() as cursor:
            cursor.execute(sql, given)
            return list(cursor.fetchall()) if fetch else []

    @contextmanager
    def _asking(self) -> Iterator[Any]:
        try:
            with self._handle.cursor() as cursor:
                yield cursor
        except psycopg2.Error as error:
            told = error.diag.message_primary or str(error)
            detail = f" ({error.diag.message_detail})" if error.diag.message_detail else ""
            raise ServerError(error.pgcode or "", f"PostgreSQL: {told}{detail}") from error
