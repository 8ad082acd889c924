"""Connections that do not close cleanly: every statement was answered by then, so no command fails for it.

Spark's Thrift server may end a session with an error of its own, after all of its work; a connection that was lost
cannot be closed at all. What the driver said is in dbt's log. BigQuery's adapter opens a connection in order to close
it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from dbt.adapters.base import BaseAdapter
from dbt.adapters.base.connections import BaseConnectionManager
from dbt.adapters.contracts.connection import ConnectionState

_CLOSE = "_close_handle"


@contextmanager
def noted(folder: Path) -> Iterator[None]:
    """While this lasts, what dbt's connections raise on closing goes into the log in `folder`, and no further."""
    close = BaseConnectionManager.__dict__[_CLOSE]

    def closed(manager: type[BaseConnectionManager], connection: Any) -> None:
        try:
            close.__get__(None, manager)(connection)
        except Exception as error:  # noqa: BLE001 - it is written down, and nothing hangs on it any more
            folder.mkdir(parents=True, exist_ok=True)
            with (folder / "dbt.log").open("a", encoding="utf-8") as log:
                moment = f"{datetime.now(timezone.utc):%H:%M:%S}"
                log.write(f"{moment}  dataops: the connection {connection.name} did not close cleanly: {error}\n")

    setattr(BaseConnectionManager, _CLOSE, classmethod(closed))
    try:
        yield
    finally:
        setattr(BaseConnectionManager, _CLOSE, close)


@contextmanager
def unopened(adapter: BaseAdapter) -> Iterator[None]:
    """If nothing was asked of the adapter's connection meanwhile, it is forgotten, and not left to be closed."""
    try:
        yield
    finally:
        connection = adapter.connections.get_if_exists()
        if connection is not None and connection.state in (ConnectionState.INIT, ConnectionState.FAIL):
            adapter.connections.clear_thread_connection()
