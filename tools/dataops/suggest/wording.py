"""SQL that profiles need and the databases word differently. DuckDB and PostgreSQL are tested, others are parsed."""

from __future__ import annotations

from dataops.diff.dialect import Dialect

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


def day(dialect: Dialect, moment: str) -> str:
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
    return f"histogram({day(dialect, moment)})" if dialect.adapter == "duckdb" else None


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
