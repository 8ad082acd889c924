"""Tests of single columns that a profile speaks for."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from dataops.diff import types
from dataops.suggest import naming
from dataops.suggest.facts import Column, Table
from dataops.suggest.vocabulary import RANGE

LONGEST = 30
"""Characters of a value that may be one of a list; a longer one is a text."""

ROWS_EACH = 10
"""Rows that there must be for each value of a list, on average."""

Found = tuple[str, dict[str, Any], str]
"""A test, its arguments, its evidence. The test of a range has a name of its own in each package."""


def key(table: Table, name: str, kind: str) -> str | None:
    """The column that identifies a row of a relation: one at most, as others may be unique by chance.

    It is named after the relation, or comes first. A snapshot has a row for each version of a key.
    """
    unique = [column.name for column in table.columns.values() if column.is_unique and column.is_full]
    if kind == "snapshot":
        return "dbt_scd_id" if "dbt_scd_id" in unique else None
    named = [each for each in unique if naming.is_key(each)]
    own = [each for each in named if each.lower() in ("id", "key") or naming.is_of(each, name)]
    if own:
        return own[0]
    first = next(iter(table.columns), None)
    return first if first in unique and naming.is_grain(first) else None


def tests(table: Table, column: Column, key: Collection[str], personal: bool, is_loaded: bool) -> Iterator[Found]:
    """What is proposed for one column; `key` is what identifies a row. Of a personal column only counts are told."""
    if [column.name] == list(key):
        of = f"in {column.rows:,} rows"
        if table.sampled:
            of = f"in {column.looked_at:,} values of {column.rows:,} (all whose hash is a multiple of {table.share:,})"
        yield "unique", {}, f"no value twice {of}"
    accepted = None if personal else _accepted(table, column)
    if column.is_full and (_must_be_there(column) or column.name in key or accepted):
        yield "not_null", {}, f"0 of {column.rows:,} rows NULL"
    if accepted:
        yield accepted
    bounds = None if personal else _bounds(column, is_loaded)
    if bounds:
        yield RANGE, {"at_least": bounds[0], "at_most": bounds[1]}, bounds[2]


def _must_be_there(column: Column) -> bool:
    if naming.is_key(column.name) or naming.is_flag(column.name) or column.family == types.BOOLEAN:
        return True
    return column.family in types.TEMPORAL and naming.is_clock(column.name)


def _accepted(table: Table, column: Column) -> Found | None:
    """A list of values: short ones, each of them in either half of the rows, of which there are plenty."""
    values = column.values
    if values is None or len(values) < 2 or not column.in_both_halves or naming.is_free_text(column.name):
        return None
    if column.filled < ROWS_EACH * len(values) or column.family == types.INTEGER:
        return None
    if any(len(value) > LONGEST or len(value.split()) > 4 or not value.strip() for value in values):
        return None
    if sum(not any(mark.isalpha() for mark in value) for value in values) > len(values) / 2 or _numbered(values):
        return None
    of = f"{column.filled:,} rows" if not table.sampled else f"about {column.filled // table.share:,} sampled rows"
    empty = "" if column.is_full else f"; {column.rows - column.filled:,} are NULL"
    evidence = f"{len(values)} values cover {of}, each in either half of them{empty}"
    return "accepted_values", {"values": list(values)}, evidence


def _bounds(column: Column, is_loaded: bool) -> tuple[int, int | None, str] | None:
    """A range that follows from what is measured, if every row keeps to it."""
    if column.least is None or column.most is None or column.least < 0 or column.infinite or column.distinct == 1:
        return None
    seen = f"{column.filled:,} values from {column.least:g} to {column.most:g}"
    broken = column.family != types.INTEGER
    if naming.is_share(column.name) and column.most <= 1 and broken:
        return 0, 1, f"{seen}, a part of a whole by its name"
    if naming.is_percentage(column.name) and 1 < column.most <= 100:
        return 0, 100, f"{seen}, a percentage by its name"
    if naming.is_measured(column.name) or (naming.is_counted(column.name) and is_loaded):
        return 0, None, f"{seen}, an amount by its name"
    return None


def _numbered(values: Collection[str]) -> bool:
    """Whether values are one word with different numbers, as identifiers are."""
    return len({re.sub(r"\d+", "", value) for value in values}) == 1
