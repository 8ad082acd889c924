"""What needs no warehouse opens no connection, on adapters that open one in order to close it."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager

from dataops.project.compiling import Compiled
from tests.shop import Shop

ASKING = "select {{ run_query('select 1').columns | length }} as one\n"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Connections as they are opened. dbt-bigquery asks each for its handle in order to close it, and so opens it."""
    seen: list[Any] = []
    open_ = DuckDBConnectionManager.open

    def opening(cls: Any, connection: Any) -> Any:
        seen.append(connection)
        return open_(connection)

    def closing(cls: Any, connection: Any) -> Any:
        connection.handle.close()
        return connection

    monkeypatch.setattr(DuckDBConnectionManager, "open", classmethod(opening))
    monkeypatch.setattr(DuckDBConnectionManager, "close", classmethod(closing))
    return seen


@pytest.mark.parametrize("asked", ["fct_orders", "asking"])
def test_nothing_is_opened_to_compile(shop: Shop, opened: list[Any], asked: str) -> None:
    project = shop.project()
    with project.entered(), ExitStack() as stack:
        parsed = project.parse(shop.targets(project).parsing)
        parsed.manifest.nodes["model.shop.fct_orders"].raw_code = ASKING if asked == "asking" else "select 1"
        sql = Compiled(project, parsed, stack).sql("model.shop.fct_orders")
    assert (sql is None) == (asked == "asking")
    assert opened == []


def test_nothing_is_opened_to_lint(shop: Shop, opened: list[Any]) -> None:
    shop.write("models/marts/published.sql", "SELECT 1 as edition\n")
    assert shop.run("lint").code == 1
    assert opened == []
