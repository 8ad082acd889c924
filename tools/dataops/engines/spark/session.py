"""One connection of the target's own driver: statements, rows, and what Spark refuses as errors of ours."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from typing import Any

from dataops.engines.spark.names import quoted
from dataops.errors import WarehouseError

_CODE = re.compile(r"\[([A-Z][A-Z0-9_.]+)\]")
_OVERHEAD = re.compile(r"^.*?(?=\[[A-Z][A-Z0-9_.]+\])", re.DOTALL)
_MISSING = ("TABLE_OR_VIEW_NOT_FOUND", "SCHEMA_NOT_FOUND", "VIEW_NOT_FOUND", "TABLE_NOT_FOUND")
_MISSING_WORDS = ("Table or view not found", "NoSuchTableException", "NoSuchDatabaseException")
_THERE = ("ALREADY_EXISTS", "AlreadyExists")


class SparkError(WarehouseError):
    """What Spark refused, with its error class; empty where it names none."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, "see Spark's message above, mend it, then run again")
        self.code = code

    @property
    def missing(self) -> bool:
        """Whether a relation or a database is not there."""
        return any(self.code.startswith(each) for each in _MISSING) or any(
            each in self.message for each in _MISSING_WORDS
        )

    @property
    def taken(self) -> bool:
        """Whether the name is another's already."""
        return any(each in self.code or each in self.message for each in _THERE)


class Session:
    """Statements one after another. Each is complete when its call returns: Spark has no transactions."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        self._driver: Any = None

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of a query.

        Raises:
            SparkError: it is refused, or the connection is lost.
        """
        return [tuple(row) for row in self._sent(sql, long=False).fetchall() or ()]

    def run(self, sql: str, long: bool = False) -> None:
        """Run a statement. `long`: it is asked for from time to time, as load balancers end silent connections.

        Raises:
            SparkError: as `rows`.
        """
        self._sent(sql, long)

    def value(self, sql: str) -> Any:
        """The first column of a query's only row."""
        return self.rows(sql)[0][0]

    def databases(self) -> set[str]:
        """The names of all databases."""
        return {str(row[0]) for row in self.rows("show databases")}

    def drop_database(self, name: str) -> None:
        """Remove a database with all that is in it; nothing happens where there is none."""
        self.run(f"drop database if exists {quoted(name)} cascade")

    def close(self) -> None:
        """Let go of the connection."""
        if self._driver is not None:
            # A connection that is lost cannot be closed.
            with contextlib.suppress(Exception):
                self._driver.close()
            self._driver = None

    def _sent(self, sql: str, long: bool) -> Any:
        if self._driver is None:
            self._driver = self._connect()
        try:
            # The adapter's own way to execute looks again only after its `poll_interval`, five seconds by default.
            cursor = self._driver.cursor() if long else self._driver.handle.cursor()
            cursor.execute(sql)
        except Exception as error:
            raise _explained(error) from error
        return cursor


def _explained(error: Exception) -> SparkError:
    given: Any = error.args[0] if error.args else error
    text = str(getattr(getattr(given, "status", None), "errorMessage", None) or error)
    found = _CODE.search(text)
    lines = _OVERHEAD.sub("", text).strip().splitlines() or [type(error).__name__]
    return SparkError(found.group(1) if found else "", lines[0].strip())
