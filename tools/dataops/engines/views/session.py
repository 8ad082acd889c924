"""One connection of the target's own driver, and what the SQL of its warehouse words otherwise.

An engine of views needs little of a warehouse: schemas that are made and dropped, tables that are copied, and a view
that is led elsewhere by one statement, so that whoever reads it finds the one or the other.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from dataops.errors import WarehouseError


@dataclass(frozen=True)
class Relation:
    """A relation. `view`: whether it has no rows of its own; `identity` differs where somebody replaced it."""

    schema: str
    name: str
    view: bool
    identity: str


class RefusalError(WarehouseError):
    """What the warehouse refused. `missing`: since a relation or a schema is not there; `taken`: since the name is."""

    def __init__(self, message: str, missing: bool = False, taken: bool = False) -> None:
        super().__init__(message, "see the warehouse's message above, mend it, then run again")
        self.missing = missing
        self.taken = taken


class Session(ABC):
    """Statements one after another. Each is complete when its call returns: nothing here needs a transaction."""

    mark: ClassVar[str]
    """What identifiers are quoted with."""

    longest: ClassVar[int]
    """Characters of a schema's or a relation's name."""

    seconds: ClassVar[str]
    """The server's time in seconds, as SQL."""

    forgets: ClassVar[bool] = False
    """Whether it is not certain that a view that `lead` replaces is read by whoever could read it before."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        self._driver: Any = None

    # -- statements -----------------------------------------------------------------------------------------------

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of a query.

        Raises:
            RefusalError: it is refused, or the connection is lost.
        """
        return [tuple(row) for row in self._sent(sql, long=False).fetchall() or ()]

    def each(self, sql: str) -> Iterator[tuple[Any, ...]]:
        """The rows of a query one by one, as the driver has them from the server.

        Raises:
            RefusalError: as `rows`.
        """
        cursor = self._sent(sql, long=False)
        while True:
            try:
                row = cursor.fetchone()
            except Exception as error:
                raise self.explained(error) from error
            if row is None:
                return
            yield tuple(row)

    def run(self, sql: str, long: bool = False) -> None:
        """Run a statement. `long`: it is asked for from time to time, as load balancers end silent connections.

        Raises:
            RefusalError: as `rows`.
        """
        self._sent(sql, long)

    def value(self, sql: str) -> Any:
        """The first column of a query's only row."""
        return self.rows(sql)[0][0]

    def now(self) -> int:
        """The server's time in seconds."""
        return int(self.value(f"select {self.seconds}"))

    def close(self) -> None:
        """Let go of the connection."""
        if self._driver is not None:
            # A connection that is lost cannot be closed.
            with contextlib.suppress(Exception):
                self._driver.close()
            self._driver = None

    def opened(self) -> Any:
        """The driver's connection."""
        if self._driver is None:
            self._driver = self._connect()
        return self._driver

    def _sent(self, sql: str, long: bool) -> Any:
        driver = self.opened()
        try:
            return self.send(driver, sql, long)
        except Exception as error:
            raise self.explained(error) from error

    def send(self, driver: Any, sql: str, long: bool) -> Any:
        """Give the driver a statement; what its rows are fetched from. `long`: as for `run`."""
        cursor = driver.cursor()
        cursor.execute(sql)
        return cursor

    @abstractmethod
    def explained(self, error: Exception) -> RefusalError:
        """What the driver raised."""

    # -- names ----------------------------------------------------------------------------------------------------

    def quoted(self, name: str) -> str:
        """An identifier as SQL."""
        return self.mark + name.replace(self.mark, self.mark * 2) + self.mark

    def named(self, schema: str, relation: str) -> str:
        """A relation as SQL."""
        return f"{self.quoted(schema)}.{self.quoted(relation)}"

    def beside(self, name: str, ending: str) -> str:
        """A name with `__` and an ending. Of one that would be too long, a part and a digest of the whole."""
        if len(f"{name}__{ending}") <= self.longest:
            return f"{name}__{ending}"
        digest = hashlib.sha256(name.encode()).hexdigest()[:8]
        return f"{name[: self.longest - len(ending) - len(digest) - 3]}_{digest}__{ending}"

    @abstractmethod
    def folded(self, name: str, in_quotes: bool = False) -> str:
        """An identifier as the warehouse keeps it. `in_quotes`: whether it is written in quotes."""

    @abstractmethod
    def literal(self, text: str) -> str:
        """A text as SQL."""

    # -- schemas and relations ------------------------------------------------------------------------------------

    @abstractmethod
    def schemas(self) -> set[str]:
        """The names of all schemas."""

    def make_schema(self, name: str, exists: bool = False, comment: str = "") -> None:
        """Make a schema. `exists`: it may be there already."""
        words = f" comment {self.literal(comment)}" if comment else ""
        self.run(f"create schema {'if not exists ' * exists}{self.quoted(name)}{words}")

    def drop_schema(self, name: str) -> None:
        """Remove a schema with all that is in it; nothing happens where there is none."""
        self.run(f"drop schema if exists {self.quoted(name)} cascade")

    @abstractmethod
    def relations(self, schema: str) -> dict[str, Relation]:
        """All relations of a schema by name; none where there is no such schema."""

    @abstractmethod
    def text(self, relation: Relation) -> str:
        """A view's query as it was written."""

    @abstractmethod
    def content(self, relation: str) -> tuple[int, int | None]:
        """How many rows a relation has, named as SQL, and a digest of them in which their order does not show."""

    def marks(self, schemas: Iterable[str]) -> dict[str, str]:
        """By `schema.name`, for each relation of these schemas what differs once somebody writes to it.

        Nothing at all where that cannot be told without reading all rows.
        """
        return {}

    def beneath(self, relation: Relation) -> Relation:
        """The relation that a view of a release shows; of anything else, itself."""
        shown = self.shown(relation)
        found = self.relations(shown[0]).get(shown[1]) if shown is not None else None
        return self.beneath(found) if found is not None else relation

    def shown(self, relation: Relation) -> tuple[str, str] | None:
        """Schema and name of what `publication` lets a view show; None of anything else."""
        return self._shown(self.text(relation)) if relation.view else None

    def _shown(self, text: str) -> tuple[str, str] | None:
        """By a view's text, however the warehouse writes it."""
        name = rf"({self.mark}(?:[^{self.mark}]|{self.mark * 2})+{self.mark}|\w+)"
        found = re.fullmatch(rf"select\s+\*\s+from\s+(?:{name}\.)?{name}\.{name}", text, re.IGNORECASE)
        return (self._kept(found[2]), self._kept(found[3])) if found else None

    def _kept(self, name: str) -> str:
        """A name in SQL as the warehouse keeps it."""
        if name.startswith(self.mark):
            return self.folded(name[1:-1].replace(self.mark * 2, self.mark), in_quotes=True)
        return self.folded(name)

    @abstractmethod
    def copy(self, source: Relation, destination: str) -> None:
        """Make `destination`, which is named as SQL and does not exist, a table with the rows of `source`.

        It is a table that dbt can go on from: with all that it was made of.
        """

    # -- views ----------------------------------------------------------------------------------------------------

    def grants(self, source: Relation, view: str) -> list[str]:
        """The statements that let a view be read by whoever may read `source`; none where views need no grants."""
        return []

    @abstractmethod
    def lead(self, view: str, query: str) -> str:
        """The statement that lets a view that exists show another query, at once for whoever reads it."""

    def rename_table(self, table: str, name: str) -> str:
        """The statement that renames a table."""
        return f"alter table {table} rename to {name}"

    def let_read(self, schemas: Collection[str], readers: Collection[str]) -> None:  # noqa: B027
        """Let the views of `readers` read these schemas for whoever may read the views.

        Nothing is needed where a view reads with its owner's rights, or where grants alone decide.
        """

    def hindrance(self, table: Relation) -> str | None:
        """Why a view must not take the place of a table that dbt built, if there is a reason."""
        return None

    # -- the lock -------------------------------------------------------------------------------------------------

    def make_lock(self, name: str, query: str) -> str:
        """The statement that makes the lock; of two at once, one fails."""
        return f"create view {name} as {query}"

    def renew_lock(self, name: str, query: str) -> str:
        """The statement that lets the lock say something else."""
        return self.lead(name, query)

    def rename_lock(self, name: str, new: str) -> str:
        """The statement that renames the lock; of two at once, one fails."""
        return f"alter view {name} rename to {new}"

    def drop_lock(self, name: str) -> str:
        """The statement that removes the lock."""
        return f"drop view if exists {name}"
