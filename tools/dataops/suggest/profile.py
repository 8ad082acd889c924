"""A table's profile, in one query that reads it once. DuckDB and PostgreSQL are tested, others are parsed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dataops.diff import dialects
from dataops.diff.dialects import Dialect
from dataops.suggest.proposal import Column, Table

FEW = 20
"""Values that a list of accepted ones may have."""


def some_values(dialect: Dialect, value: str) -> str:
    """An aggregate: different values as a sorted list, at most one more than `FEW`."""
    text, most = dialect.text(value), FEW + 1
    return {
        "duckdb": f"list_sort(list(distinct {text}) filter (where {value} is not null))[1:{most}]",
        "postgres": f"(array_agg(distinct {text}) filter (where {value} is not null))[1:{most}]",
        "snowflake": f"array_slice(array_agg(distinct {text}), 0, {most})",
        "bigquery": f"array_agg(distinct {text} ignore nulls limit {most})",
    }.get(dialect.adapter, f"slice(sort_array(collect_set({text})), 1, {most})")


def day_of(dialect: Dialect, moment: str) -> str:
    """Days since 1970-01-01 of a date or timestamp, in UTC; NULL for an infinite one."""
    seconds = {
        "duckdb": f"case when isfinite({moment}) then epoch({moment}) end",
        "postgres": f"case when isfinite({moment}) then extract(epoch from {moment}) end",
        "snowflake": f"date_part(epoch_second, {moment})",
        "bigquery": f"unix_seconds(timestamp({moment}))",
    }.get(dialect.adapter, f"unix_timestamp({moment})")
    return f"cast(floor(({seconds}) / 86400) as {'int64' if dialect.adapter == 'bigquery' else 'bigint'})"


def rows_by_day(dialect: Dialect, moment: str) -> str | None:
    """An aggregate: rows by day, as a map. None where it takes a query of its own."""
    return f"histogram({day_of(dialect, moment)})" if dialect.adapter == "duckdb" else None


def finite(dialect: Dialect, number: str) -> str:
    """A floating-point number, NULL where it is NaN or infinite."""
    double = f"cast({number} as {dialect.double})"
    return f"case when abs({double}) < 1e300 then {double} end"


def reserved(dialect: Dialect) -> str | None:
    """A query for the words that cannot be a column's name without quotes; None where there is no list to ask."""
    return {
        "duckdb": "select keyword_name from duckdb_keywords() where keyword_category = 'reserved'",
        "postgres": "select word from pg_get_keywords() where catcode = 'R'",
    }.get(dialect.adapter)


def known_rows(dialect: Dialect) -> str | None:
    """A query for schema, name and about how many rows of tables that the catalogue knows; views are not among them."""
    return {
        "duckdb": "select database_name, schema_name, table_name, estimated_size from duckdb_tables()",
        "postgres": "select current_database(), n.nspname, c.relname, c.reltuples::bigint from pg_class c "
        "join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'm') and c.reltuples >= 0",
    }.get(dialect.adapter)


EXACT = 250_000
"""Rows up to which equal values are counted among all of them; above, among a share that a hash chooses."""

_COUNTED = frozenset({
    dialects.INTEGER, dialects.DECIMAL, dialects.BOOLEAN, dialects.TEXT, dialects.NAMED, dialects.DATE,
    dialects.TIMESTAMP, dialects.INSTANT,
})  # fmt: skip
_LISTED = frozenset({dialects.TEXT, dialects.NAMED, dialects.INTEGER})
_HASHED = 20
"""Columns that a row is chosen by; PostgreSQL passes a function at most a hundred."""
_ROW = "dataops_row_of_the_sample"

LOADED = re.compile(
    r"^_?(etl_)?(loaded|ingested|inserted|synced|received|arrived|processed|_?dbt_updated)(_at|_on|_ts|_time)?$"
)


class Asking:
    """The query for one relation's profile, and the reading of its answer."""

    def __init__(self, dialect: Dialect, columns: Mapping[str, str], rows: int, personal: Collection[str]) -> None:
        """`rows`: about how many there are. Values of `personal` columns are counted, never fetched."""
        self._dialect = dialect
        self._families = {name: dialects.family_of(dtype) for name, dtype in columns.items()}
        self._personal = personal
        self.share = max(1, -(-rows // EXACT))

    def sql(self, relation: str) -> str:
        """The query."""
        quote = self._dialect.quote
        hashed = [quote(name) for name, family in self._families.items() if family in _COUNTED][:_HASHED]
        row = self._dialect.hashed(hashed) if hashed else "0"
        asked = ["count(*)", *(each for name in self._families for each in self._of(name)), *self._early()]
        return f"select {', '.join(asked)} from (select t.*, {row} as {_ROW} from {relation} t) s"  # noqa: S608

    def read(self, unique_id: str, answer: Sequence[Any]) -> Table:
        """The profile."""
        values = iter(answer)
        rows = int(next(values))
        columns = {name: self._column(name, rows, values) for name in self._families}
        early = int(next(values) or 0) if self.loaded else 0
        return Table(unique_id, rows, self.share, columns, self.loaded, early)

    @property
    def loaded(self) -> tuple[str, str] | None:
        """The column for when a row happened and that for when it arrived, where names tell them apart."""
        times = [name for name, family in self._families.items() if family in dialects.TEMPORAL]
        arrived = [name for name in times if LOADED.match(name.lower())]
        happened = [name for name in times if name not in arrived and name.lower().endswith("_at")]
        return (happened[0], arrived[0]) if happened and arrived else None

    def _early(self) -> list[str]:
        if self.loaded is None:
            return []
        happened, arrived = (self._dialect.quote(name) for name in self.loaded)
        return [f"sum(case when {arrived} < {happened} then 1 else 0 end)"]

    def _of(self, name: str) -> Iterator[str]:
        """What is asked of a column, in the order in which it is read."""
        dialect, family, value = self._dialect, self._families[name], self._dialect.quote(name)
        yield f"count({value})"
        if family in _COUNTED:
            looked = value
            if self.share > 1:
                looked = f"case when {dialect.divides(self.share, dialect.hashed([value]))} then {value} end"
                yield f"count({looked})"
            yield f"count(distinct {looked})"
        if self._is_listed(name):
            drawn = value
            if self.share > 1:
                drawn = f"case when {dialect.divides(self.share, _ROW)} then {value} end"
            half = f"case when {dialect.divides(2 * self.share, _ROW)} then {value} end"
            other = f"case when not ({dialect.divides(2 * self.share, _ROW)}) then {drawn} end"
            yield some_values(dialect, drawn)
            yield f"count(distinct {half})"
            yield f"count(distinct {other})"
        if family in dialects.NUMERIC and name not in self._personal:
            number = finite(dialect, value)
            yield from (f"min({number})", f"max({number})", f"count({number})")
        if family in dialects.TEMPORAL and name not in self._personal:
            by_day = rows_by_day(dialect, value)
            if by_day is not None:
                yield by_day

    def _column(self, name: str, rows: int, values: Iterator[Any]) -> Column:
        family = self._families[name]
        column = Column(name, family, rows, int(next(values)))
        if family in _COUNTED:
            looked_at = int(next(values)) if self.share > 1 else column.filled
            column = replace(column, looked_at=looked_at, distinct=int(next(values)))
        if self._is_listed(name):
            listed, half, other = list(next(values) or ()), int(next(values)), int(next(values))
            if 0 < len(listed) <= FEW:
                both = half == other == len(listed)
                column = replace(column, values=tuple(str(each) for each in listed), in_both_halves=both)
        if family in dialects.NUMERIC and name not in self._personal:
            least, most, counted = next(values), next(values), int(next(values))
            column = replace(column, least=_number(least), most=_number(most), infinite=column.filled - counted)
        by_day = family in dialects.TEMPORAL and name not in self._personal
        if by_day and rows_by_day(self._dialect, "x") is not None:
            column = replace(column, days={int(day): int(count) for day, count in (next(values) or {}).items()})
        return column

    def _is_listed(self, name: str) -> bool:
        return self._families[name] in _LISTED and name not in self._personal


def daily(dialect: Dialect, relation: str, column: str) -> str:
    """The query for rows by day, where the profile cannot tell."""
    day = day_of(dialect, dialect.quote(column))
    return f"select {day}, count(*) from {relation} where {day} is not null group by 1"  # noqa: S608


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
