"""Profiles of the chosen relations, and the few further questions that they raise, such as keys of several columns."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

from dataops.diff import dialects
from dataops.diff.dialects import Dialect
from dataops.errors import WarehouseError
from dataops.project.slices import Place
from dataops.sql.privacy import shown
from dataops.suggest import links, naming, profile
from dataops.suggest.links import Link
from dataops.suggest.profile import Asking, daily
from dataops.suggest.proposal import Table
from dataops.warehouse import Warehouse

MOST_COMBINATIONS = 5
"""Columns that are tried together, in twos and threes: 20 combinations, all in one query."""

Columns = tuple[str, ...]


def column_combinations(table: Table) -> list[Columns]:
    """The combinations worth asking for, the shortest and leftmost first."""
    named = [
        column.name
        for column in table.columns.values()
        if column.is_full
        and column.distinct > 1
        and column.family not in (dialects.FLOAT, dialects.DECIMAL, dialects.BOOLEAN)
        and column.looked_at
        and (naming.is_grain(column.name) or column.family == dialects.DATE or column.values is not None)
    ][:MOST_COMBINATIONS]
    return [
        chosen
        for size in (2, 3)
        for chosen in combinations(named, size)
        if any(naming.is_key(each) or table.columns[each].family in dialects.TEMPORAL for each in chosen)
    ]


def asking_combinations(dialect: Dialect, relation: str, table: Table, asked: Sequence[Columns]) -> str:
    """The query: for each combination, how many of its values were looked at and how many of them differ."""
    counts = []
    for columns in asked:
        hashed = dialect.hashed([dialect.quote(each) for each in columns])
        looked = hashed if table.share == 1 else f"case when {dialect.divides(table.share, hashed)} then {hashed} end"
        counts += [f"count({looked})", f"count(distinct {looked})"]
    return f"select {', '.join(counts)} from {relation}"  # noqa: S608


def identifying(table: Table, asked: Sequence[Columns], answer: Sequence[Any]) -> tuple[Columns, str] | None:
    """The first combination of which no value came twice, with the evidence."""
    counted = [int(each) for each in answer]
    for number, columns in enumerate(asked):
        looked_at, distinct = counted[2 * number], counted[2 * number + 1]
        if 0 < looked_at == distinct:
            of = f"{looked_at:,} rows" if not table.sampled else f"{looked_at:,} of {table.rows:,} rows, chosen by hash"
            return columns, f"no combination twice in {of}; no single column is a key"
    return None


_PLAIN = re.compile(r"[a-z_][a-z0-9_]*\Z")


class Reading:
    """An open warehouse, and the queries that were sent to it, by purpose."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self.dialect = Dialect(warehouse.adapter, warehouse.quote)
        self.queries: Counter[str] = Counter()
        asked = profile.reserved(self.dialect)
        self._reserved = {str(word) for (word,) in warehouse.rows(asked)} if asked else set()

    def existing(self, places: Mapping[str, Place]) -> tuple[dict[str, Place], dict[str, str]]:
        """Those of `places` that are there, and why each other is not."""
        found: dict[str, Place] = {}
        why: dict[str, str] = {}
        schemas: dict[tuple[str | None, str], dict[str, Place]] = {}
        for unique_id, place in places.items():
            schemas.setdefault((place.database, place.schema), {})[unique_id] = place
        for (database, schema), within in schemas.items():
            try:
                there = self._warehouse.existing(within)
            except WarehouseError as error:
                where = ".".join(part for part in (database, schema) if part)
                why.update(dict.fromkeys(within, f"{where} cannot be read: {error.message}"))
                continue
            found.update(there)
            why.update({uid: f"{place} is not there" for uid, place in within.items() if uid not in there})
        return found, why

    def rows(self) -> dict[tuple[str, str, str], int]:
        """About how many rows the catalogue says that tables have, by their lower-case full names."""
        asked = profile.known_rows(self.dialect)
        listed = self._warehouse.rows(asked) if asked else []
        return {(str(a).lower(), str(b).lower(), str(c).lower()): int(rows) for a, b, c, rows in listed}

    def profile(self, unique_id: str, place: Place, personal: frozenset[str], rows: int | None) -> Table:
        """A relation's profile. One whose rows the catalogue does not know is counted first.

        Raises:
            WarehouseError: it cannot be read.
        """
        relation = self._warehouse.rendered(place)
        if rows is None:
            rows = int(self._warehouse.rows(f"select count(*) from {relation}")[0][0])  # noqa: S608
            self.queries["count"] += 1
        columns = self._warehouse.columns(place)
        asking = Asking(self.dialect, columns, rows, shown(columns, personal))
        self.queries["profile"] += 1
        return asking.read(unique_id, self._warehouse.rows(asking.sql(relation))[0])

    def with_days(self, table: Table, place: Place, name: str) -> Table:
        """The same profile with rows by day of one column, where the profile could not tell."""
        column = table.columns[name]
        if column.days or not column.filled:
            return table
        self.queries["days"] += 1
        rows = self._warehouse.rows(daily(self.dialect, self._warehouse.rendered(place), name))
        days = replace(column, days={int(day): int(count) for day, count in rows})
        return replace(table, columns={**table.columns, name: days})

    def combination(self, table: Table, place: Place) -> tuple[tuple[str, ...], str] | None:
        """The columns that identify a row together, with the evidence."""
        asked = column_combinations(table)
        if not asked:
            return None
        self.queries["combination"] += 1
        sql = asking_combinations(self.dialect, self._warehouse.rendered(place), table, asked)
        return identifying(table, asked, self._warehouse.rows(sql)[0])

    def holds(self, link: Link, places: Mapping[str, Place]) -> int | None:
        """How many values a column has, if each is a key of its parent."""
        self.queries["relationship"] += 1
        rendered = self._warehouse.rendered
        column, field = self.dialect.quote(link.column), self.dialect.quote(link.field)
        sql = links.asking(rendered(places[link.child]), rendered(places[link.parent]), column, field)
        count, missing = self._warehouse.rows(sql)[0]
        return int(count) if count and not missing else None

    def must_be_quoted(self, name: str) -> bool:
        """Whether SQL knows a column by this name only in quotes."""
        plain = name.lower() if self.dialect.adapter in ("duckdb", "bigquery", "spark", "databricks") else name
        plain = name.lower() if self.dialect.adapter == "snowflake" and name.isupper() else plain
        return not _PLAIN.match(plain) or plain in self._reserved

    def written(self, name: str) -> str:
        """A column's name as it is written in SQL: in quotes only where it must be."""
        return self.dialect.quote(name) if self.must_be_quoted(name) else name
