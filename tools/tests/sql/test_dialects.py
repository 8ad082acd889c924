"""Every adapter's SQL is known to both libraries that read it."""

from __future__ import annotations

import pytest
from sqlfluff.core import dialect_selector
from sqlglot import Dialect

from dataops.sql.dialects import dialect, lint_dialect

ADAPTERS = (
    "athena", "bigquery", "clickhouse", "databricks", "duckdb", "fabric", "fabricspark", "mysql", "oracle", "postgres",
    "redshift", "snowflake", "spark", "sqlite", "sqlserver", "starrocks", "synapse", "teradata", "trino",
)  # fmt: skip


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_an_adapters_dialect_is_one_that_the_libraries_have(adapter: str) -> None:
    assert dialect_selector(lint_dialect(adapter))
    assert Dialect.get_or_raise(dialect(adapter))
