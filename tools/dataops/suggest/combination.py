"""What identifies a row where no single column does: a few columns together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

from dataops.diff import types
from dataops.diff.dialect import Dialect
from dataops.suggest import naming
from dataops.suggest.facts import Table

MOST = 5
"""Columns that are tried together, in twos and threes: 20 combinations, all in one query."""

Columns = tuple[str, ...]


def candidates(table: Table) -> list[Columns]:
    """The combinations worth asking for, the shortest and leftmost first."""
    named = [
        column.name
        for column in table.columns.values()
        if column.is_full
        and column.distinct > 1
        and column.family not in (types.FLOAT, types.DECIMAL, types.BOOLEAN)
        and column.looked_at
        and (naming.is_grain(column.name) or column.family == types.DATE or column.values is not None)
    ][:MOST]
    return [
        chosen
        for size in (2, 3)
        for chosen in combinations(named, size)
        if any(naming.is_key(each) or table.columns[each].family in types.TEMPORAL for each in chosen)
    ]


def asking(dialect: Dialect, relation: str, table: Table, asked: Sequence[Columns]) -> str:
    """The query: for each combination, how many of its values were looked at and how many of them differ."""
    counts = []
    for columns in asked:
        hashed = dialect.hashed([dialect.quote(each) for each in columns])
        looked = hashed if table.share == 1 else f"case when {dialect.divides(table.share, hashed)} then {hashed} end"
        counts += [f"count({looked})", f"count(distinct {looked})"]
    return f"select {', '.join(counts)} from {relation}"  # noqa: S608


def read(table: Table, asked: Sequence[Columns], answer: Sequence[Any]) -> tuple[Columns, str] | None:
    """The first combination of which no value came twice, with the evidence."""
    counted = [int(each) for each in answer]
    for number, columns in enumerate(asked):
        looked_at, distinct = counted[2 * number], counted[2 * number + 1]
        if 0 < looked_at == distinct:
            of = f"{looked_at:,} rows" if not table.sampled else f"{looked_at:,} of {table.rows:,} rows, chosen by hash"
            return columns, f"no combination twice in {of}; no single column is a key"
    return None
