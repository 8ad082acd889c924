"""Questions to the history, with the moment that days are counted back from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

Row = dict[str, Any]


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
        named = {"now": self.now, **given}
        ran = self.connection.execute(sql, {key: value for key, value in named.items() if f"${key}" in sql})
        names = [each[0] for each in ran.description or ()]
        return [dict(zip(names, row, strict=True)) for row in ran.fetchall()]


def iso(moment: datetime | None) -> str | None:
    """A time as Elementary writes it."""
    return moment.isoformat(timespec="seconds") if moment else None
