"""Which columns identify a row of a model: what the project itself says of it, in a fixed order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dataops.diff.difference import Key

NONE = Key((), "")

_COMBINATIONS = ("unique_combination_of_columns", "expect_compound_columns_to_be_unique", "has_unique_rows")
_QUOTES = ('"', "`")
_COMBINED = ("combination_of_columns", "column_list", "columns")


def chosen(node: Any, tests: Sequence[Any], given: Sequence[str] = ()) -> Key:
    """The key of a model, snapshot or seed. `tests` are the data tests on it; `given` are columns the user named.

    In this order: what the user named, constraints, `unique` with `not_null` tests, tests of unique combinations,
    `unique_key`, a snapshot's key, and `meta: {key: …}`. No columns when there is none of these.
    """
    if given:
        return Key(tuple(given), "--key")
    for key in (*_constraints(node), *_tested(tests), *_configured(node)):
        if key.columns and all(key.columns):
            return Key(tuple(map(bare, key.columns)), key.origin)
    return NONE


def bare(column: str) -> str:
    """A column's name without the quotes around it: so dbt hands a column with `quote: true` to its tests."""
    for quote in _QUOTES:
        if len(column) > 2 and column[0] == column[-1] == quote:
            return column[1:-1].replace(quote * 2, quote)
    return column


def _constraints(node: Any) -> Iterator[Key]:
    kinds = {"primary_key": "primary key constraint", "unique": "unique constraint"}
    for wanted, origin in kinds.items():
        for constraint in getattr(node, "constraints", None) or ():
            if str(constraint.type) == wanted and constraint.columns:
                yield Key(tuple(constraint.columns), origin)
        for column in node.columns.values():
            if any(str(each.type) == wanted for each in getattr(column, "constraints", None) or ()):
                yield Key((column.name,), origin)


def _tested(tests: Sequence[Any]) -> Iterator[Key]:
    unique: list[str] = []
    filled: set[str] = set()
    combined: list[Key] = []
    for test in tests:
        facts = getattr(test, "test_metadata", None)
        if facts is None or getattr(test.config, "where", None):
            continue
        if facts.name == "not_null" and test.column_name:
            filled.add(bare(test.column_name))
        elif facts.name == "unique" and test.column_name:
            unique.append(bare(test.column_name))
        elif facts.name in _COMBINATIONS:
            columns = next((facts.kwargs[word] for word in _COMBINED if facts.kwargs.get(word)), ())
            combined.append(Key(tuple(str(each) for each in columns), f"test {facts.name}"))
    yield from (Key((name,), "tests unique and not_null") for name in unique if name in filled)
    yield from combined
    yield from (Key((name,), "test unique") for name in unique)


def _configured(node: Any) -> Iterator[Key]:
    config = node.config
    key = getattr(config, "unique_key", None)
    columns = (key,) if isinstance(key, str) else tuple(key or ())
    if columns and str(node.resource_type) == "snapshot":
        names: Mapping[str, str] = getattr(config, "snapshot_meta_column_names", None) or {}
        since = names.get("dbt_valid_from") if isinstance(names, Mapping) else getattr(names, "dbt_valid_from", None)
        yield Key((*columns, since or "dbt_valid_from"), "the snapshot's unique_key")
    elif columns:
        yield Key(columns, "unique_key")
    meta = {**(getattr(node, "meta", None) or {}), **(getattr(config, "meta", None) or {})}
    named = meta.get("key") or meta.get("primary_key")
    if named:
        yield Key((named,) if isinstance(named, str) else tuple(named), "meta")
