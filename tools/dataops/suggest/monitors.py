"""Monitors that a table's days speak for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dataops.diff import types
from dataops.suggest import naming, seasons
from dataops.suggest.facts import Column, Table
from dataops.suggest.profile import LOADED
from dataops.suggest.seasons import Days
from dataops.suggest.vocabulary import LATENESS, MEASURE, VOLUME

_REGULAR = 0.95
"""Of the days on which rows are usual, the share that must have some."""

_ROWS_MEASURED = 20
"""Rows of an average day from which its averages are worth a chart."""

_MEASURES = 3
"""Columns of a table at most whose averages are watched."""

Found = tuple[str | None, str, dict[str, Any], str]
"""A column or None, the test's meaning, its arguments, its evidence."""


def clock(table: Table, configured: str | None) -> Column | None:
    """The column that says when a row happened: what the project says, or the leftmost that is always filled."""
    temporal = {name.lower(): column for name, column in table.columns.items() if column.family in types.TEMPORAL}
    if configured and configured.lower() in temporal:
        return temporal[configured.lower()]
    usable = [each for each in temporal.values() if each.is_full and naming.is_clock(each.name)]
    arrived = [each for each in usable if LOADED.match(each.name.lower())]
    return next(iter([each for each in usable if each not in arrived] or arrived), None)


def found(table: Table, clock: Column, written: str, loaded: Mapping[str, str]) -> Iterator[Found]:
    """Monitors by the column `clock`, in SQL `written`. `loaded`: the arguments of a monitor of lateness."""
    series = seasons.days(clock.days)
    week = seasons.week(series)
    if not _steady(series):
        return
    gaps = "no day without rows" if not series.empty else f"{series.empty:,} of them without rows"
    evidence = f"{len(series.counts):,} whole days, {gaps}, {series.mean:,.0f} rows on a mean day"
    arguments: dict[str, Any] = {"timestamp_column": written}
    if week is not None:
        arguments["seasonality"] = "day_of_week"
        evidence += f"; {week}"
    yield None, VOLUME, dict(arguments), evidence
    if loaded and not table.early:
        yield None, LATENESS, dict(loaded), f"0 of {table.rows:,} rows arrived before they happened"
    if series.mean >= _ROWS_MEASURED:
        measures = [each for each in table.columns.values() if _is_measure(each)]
        for column in measures[:_MEASURES]:
            nulls = 1 - column.filled / column.rows
            metrics = ["average", *(["null_percent"] if nulls else [])]
            told = f"{series.mean:,.0f} rows on a mean day" + (f", {nulls:.1%} of them NULL" if nulls else "")
            yield column.name, MEASURE, {"column_anomalies": metrics, "timestamp_column": written}, told


def _steady(series: Days) -> bool:
    """Whether rows come every day, or on the same days of every week."""
    if len(series.counts) < seasons.LEAST_DAYS or series.mean < seasons.LEAST_ROWS:
        return False
    by_weekday = [series.counts[at :: seasons.WEEK] for at in range(seasons.WEEK)]
    usual = [counts for counts in by_weekday if sum(1 for each in counts if each) > len(counts) / 2]
    expected = sum(len(counts) for counts in usual)
    there = sum(1 for counts in usual for each in counts if each)
    return len(usual) >= 5 and there >= _REGULAR * expected


def _is_measure(column: Column) -> bool:
    return (
        column.family in (types.DECIMAL, types.FLOAT)
        and naming.is_measure(column.name)
        and column.least is not None
        and column.least != column.most
        and column.filled > column.rows / 2
    )
