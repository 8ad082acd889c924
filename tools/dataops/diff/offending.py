"""The rows that make a test fail, a few of them: what a reviewer asks for first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from dataops.diff.difference import OffendingRows
from dataops.diff.examples import HIDDEN
from dataops.diff.keys import bare
from dataops.errors import WarehouseError
from dataops.project import statuses
from dataops.project.outcome import NodeResult
from dataops.sql.privacy import shown
from dataops.warehouse import Warehouse

_MOST = 5
_LONGEST = 200
_WIDEST = 30

_UNNAMED = "?column?"
"""What servers of PostgreSQL's kind call an expression without a name."""


def rows(
    warehouse: Warehouse,
    results: Iterable[NodeResult],
    compiled: Mapping[str, str],
    told: Mapping[str, str],
    personal: Mapping[str, Collection[str]],
    most: int = _MOST,
) -> tuple[OffendingRows, ...]:
    """At most `most` rows of each data test that failed or warned.

    `compiled`: each test's SQL as it ran; `told`: SQL that says more of the same rows, where there is some.
    """
    found = []
    for result in results:
        sql = told.get(result.unique_id) or compiled.get(result.unique_id)
        if result.kind != "test" or result.status not in statuses.OFFENDING or not sql:
            continue
        try:
            names, answer = warehouse.table(f"select * from ({sql}\n) t limit {most}")  # noqa: S608
        except WarehouseError:
            # The test's own message stands; rows that cannot be fetched a second time add nothing to it.
            continue
        names = names[:_WIDEST]
        columns = _distinct(names)
        secret = shown(names, personal.get(result.unique_id, ()))
        hidden = {column for column, name in zip(columns, names, strict=True) if name in secret}
        found.append(
            OffendingRows(
                result.unique_id,
                columns,
                tuple(tuple(_cell(*pair, hidden) for pair in zip(columns, row, strict=False)) for row in answer),
                result.failures or len(answer),
                tuple(sorted(hidden)),
            )
        )
    return tuple(found)


def holes(test: Any, relation: str, key: Sequence[str], quote: Callable[[str], str]) -> str | None:
    """For a `not_null` test, whose own rows are all NULL: the keys of the rows that it found. None for another test."""
    facts = getattr(test, "test_metadata", None)
    if facts is None or facts.name != "not_null" or getattr(test.config, "where", None) or not key:
        return None
    column = bare(str(test.column_name))
    columns = ", ".join(quote(each) for each in dict.fromkeys((*key, column)))
    return f"select {columns} from {relation} where {quote(column)} is null"  # noqa: S608


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Names that tell columns apart: by its number one that the test did not name, or named as an earlier one."""
    return tuple(
        f"column {number}" if name in (_UNNAMED, *names[: number - 1]) else name for number, name in enumerate(names, 1)
    )


def _cell(column: str, value: Any, hidden: Collection[str]) -> str | None:
    if column in hidden:
        return HIDDEN
    if value is None:
        return None
    text = str(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
