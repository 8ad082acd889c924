"""A production on Spark that is released without dbt: statements make its relations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pyhive import hive

from dataops.engines.spark.session import Session
from dataops.engines.views.journal import Change, Journal, Release
from dataops.engines.views.lock import Lock
from dataops.engines.views.store import Store
from tests.spark.lake import HOST, Spark


class KilledError(BaseException):
    """Stands for a process that ends."""


class Driver:
    """As the adapter's connection; `left`: how many statements are sent before the process ends, None: all."""

    def __init__(self, port: int, left: list[int] | None = None) -> None:
        self.handle = self
        self._connection = hive.connect(host=HOST, port=port, username="test")
        self._left = left

    def cursor(self) -> Any:
        if self._left is not None:
            if self._left[0] <= 0:
                raise KilledError
            self._left[0] -= 1
        return self._connection.cursor()

    def close(self) -> None:
        self._connection.close()


@dataclass
class Production:
    spark: Spark
    schema: str
    sessions: list[Session] = field(default_factory=list)

    def session(self, left: list[int] | None = None) -> Session:
        made = Session(lambda: Driver(self.spark.port, left))
        self.sessions.append(made)
        return made

    def store(self, session: Session) -> Store:
        journal = Journal(session, self.schema)
        return Store(session, journal, _Held(lambda: None))

    def lock(self, session: Session, process: int | None = None) -> Lock:
        return Lock(session, f"{self.schema}__dataops", "the test's production", self.session, process)

    def release(self, name: str, found: bool = False) -> Release:
        """Its database, with a table and a view of it that both say its name."""
        database = f"{self.schema}__{name}"
        if not found:
            self.spark.sql(f"create database {database}")
            self.spark.sql(f"create table {database}.one using parquet as select '{name}' as release")
            self.spark.sql(f"create view {database}.two as select release from {database}.one")
        return Release(name, name, {self.schema: database}, found)

    def shows(self) -> tuple[str, str]:
        return tuple(self.spark.value(f"select release from {self.schema}.{name}") for name in ("one", "two"))  # type: ignore[return-value]


class _Held:
    def __init__(self, check: Callable[[], None]) -> None:
        self.check = check


def adopting(production: Production, new: Release) -> Change:
    return Change(
        new, production.release("found", found=True), [[production.schema, "one"], [production.schema, "two"]]
    )
