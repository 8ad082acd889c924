"""Connections that do not close cleanly: every statement was answered by then, so no command fails for it.

Spark's Thrift server may end a session with an error of its own, after all of its work; a connection that was lost
cannot be closed at all. What the driver said is in dbt's log.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from dbt.adapters.base.connections import BaseConnectionManager

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
