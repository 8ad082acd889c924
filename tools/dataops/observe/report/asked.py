"""Questions to the history, with the moment that days are counted back from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

Row = dict[str, Any]

_AT_ONCE = 2_000
"""Rows held beside those that are made of them."""


@dataclass(frozen=True)
class Asked:
    """A history, and what is asked of it. `now` is in UTC; `most`: runs of each node or test that are told.

    `connection` has the views of docs/history.md; `manifest` is dbt's, as it writes it.
    """

    connection: duckdb.DuckDBPyConnection
    manifest: Mapping[str, Any]
    now: datetime
    most: int

    def rows(self, sql: str, **given: Any) -> list[Row]:
        """The rows of a query that may name `$now` and whatever else is given."""
        return list(self.each(sql, **given))

    def each(self, sql: str, **given: Any) -> Iterator[Row]:
        """The same, row by row: no other query can be asked before the last."""
        named = {"now": self.now, **given}
        ran = self.connection.execute(sql, {key: value for key, value in named.items() if f"${key}" in sql})
        names = [each[0] for each in ran.description or ()]
        while rows := ran.fetchmany(_AT_ONCE):
            for row in rows:
                yield dict(zip(names, row, strict=True))


def iso(moment: datetime | None) -> str | None:
    """A time as Elementary's models write it. Those of the history are in UTC."""
    return f"{moment.isoformat(timespec='seconds')}+00:00" if moment else None
