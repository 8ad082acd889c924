"""Tests of single columns and monitors that a table's profile and its days speak for."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dataops.diff import dialects
from dataops.suggest import naming
from dataops.suggest.profile import LOADED
from dataops.suggest.proposal import Column, Table
from dataops.suggest.vocabulary import LATENESS, MEASURE, RANGE, VOLUME

WEEK = 7
NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

LEAST_DAYS = 28
"""Days that a monitor needs to be proposed: its training of 14, and as many to look back on."""

LEAST_ROWS = 5
"""Rows of an average day: with fewer a day without any is no news."""

_CRITICAL = 22.458
"""Of the chi-squared distribution with 6 degrees of freedom, at 0.1 %."""

_WEEKS = 26
"""At most so many weeks are looked at: a pattern of long ago is not today's."""


@dataclass(frozen=True)
class Week:
    """A weekly pattern. `statistic`: Kruskal and Wallis's H; `high`, `low`: weekdays with their share of a mean day."""

    statistic: float
    weeks: int
    high: tuple[str, float]
    low: tuple[str, float]

    def __str__(self) -> str:
        return (
            f"weekdays differ over {self.weeks} weeks, {self.high[0]} {self.high[1]:.0%} and {self.low[0]} "
            f"{self.low[1]:.0%} of a mean day (Kruskal–Wallis H = {self.statistic:.0f}, p < 0.001)"
        )


@dataclass(frozen=True)
class Days:
    """Rows by day between the first and the last day, which are left out as they may be cut off."""

    counts: tuple[int, ...]
    first: int

    @property
    def empty(self) -> int:
        """Days without rows."""
        return self.counts.count(0)

    @property
    def mean(self) -> float:
        """Rows of a mean day."""
        return sum(self.counts) / len(self.counts) if self.counts else 0.0


def days(by_day: Mapping[int, int]) -> Days:
    """The whole days of a series, with those that have no rows."""
    if not by_day:
        return Days((), 0)
    first, last = min(by_day) + 1, max(by_day)
    # A wild date far from all others would make a series of millions of days.
    return Days(tuple(by_day.get(day, 0) for day in range(first, min(last, first + 40_000))), first)


def by_weekday(series: Days) -> Week | None:
    """The weekly pattern, where there is one.

    Each day is taken as a ratio to the mean of the seven days around it, which removes trends; the ratios of the seven
    weekdays are compared by ranks (Kruskal and Wallis, *JASA* 47, 1952), corrected for ties.
    """
    counts = series.counts[-_WEEKS * WEEK :]
    start = series.first + len(series.counts) - len(counts)
    ratios: list[tuple[int, float]] = []
    for at in range(3, len(counts) - 3):
        around = sum(counts[at - 3 : at + 4]) / WEEK
        if around:
            ratios.append(((start + at + 3) % WEEK, counts[at] / around))  # 1970-01-01 was a Thursday
    groups = [[ratio for weekday, ratio in ratios if weekday == each] for each in range(WEEK)]
    if min(len(group) for group in groups) < 4:
        return None
    statistic = _kruskal(groups)
    if statistic < _CRITICAL:
        return None
    means = [sum(group) / len(group) for group in groups]
    high, low = means.index(max(means)), means.index(min(means))
    return Week(statistic, len(counts) // WEEK, (NAMES[high], means[high]), (NAMES[low], means[low]))


def _kruskal(groups: Sequence[Sequence[float]]) -> float:
    """The H statistic of some groups; 0 where all values are equal."""
    ordered = sorted(value for group in groups for value in group)
    ranks: dict[float, float] = {}
    ties = 0.0
    at = 0
    while at < len(ordered):
        end = at
        while end < len(ordered) and ordered[end] == ordered[at]:
            end += 1
        ranks[ordered[at]] = (at + 1 + end) / 2
        ties += (end - at) ** 3 - (end - at)
        at = end
    total = len(ordered)
    correction = 1 - ties / (total**3 - total)
    if correction <= 0:
        return 0.0
    sums = sum(sum(ranks[value] for value in group) ** 2 / len(group) for group in groups)
    return (12 / (total * (total + 1)) * sums - 3 * (total + 1)) / correction


_REGULAR = 0.95
"""Of the days on which rows are usual, the share that must have some."""

_ROWS_MEASURED = 20
"""Rows of an average day from which its averages are worth a chart."""

_MEASURES = 3
"""Columns of a table at most whose averages are watched."""

FoundMonitor = tuple[str | None, str, dict[str, Any], str]
"""A column or None, the test's meaning, its arguments, its evidence."""


def clock(table: Table, configured: str | None) -> Column | None:
    """The column that says when a row happened: what the project says, or the leftmost that is always filled."""
    temporal = {name.lower(): column for name, column in table.columns.items() if column.family in dialects.TEMPORAL}
    if configured and configured.lower() in temporal:
        return temporal[configured.lower()]
    usable = [each for each in temporal.values() if each.is_full and naming.is_clock(each.name)]
    arrived = [each for each in usable if LOADED.match(each.name.lower())]
    return next(iter([each for each in usable if each not in arrived] or arrived), None)


def monitors(table: Table, clock: Column, written: str, loaded: Mapping[str, str]) -> Iterator[FoundMonitor]:
    """Monitors by the column `clock`, in SQL `written`. `loaded`: the arguments of a monitor of lateness."""
    series = days(clock.days)
    week = by_weekday(series)
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
    if len(series.counts) < LEAST_DAYS or series.mean < LEAST_ROWS:
        return False
    by_weekday = [series.counts[at::WEEK] for at in range(WEEK)]
    usual = [counts for counts in by_weekday if sum(1 for each in counts if each) > len(counts) / 2]
    expected = sum(len(counts) for counts in usual)
    there = sum(1 for counts in usual for each in counts if each)
    return len(usual) >= 5 and there >= _REGULAR * expected


def _is_measure(column: Column) -> bool:
    return (
        column.family in (dialects.DECIMAL, dialects.FLOAT)
        and naming.is_measure(column.name)
        and column.least is not None
        and column.least != column.most
        and column.filled > column.rows / 2
    )


LONGEST = 30
"""Characters of a value that may be one of a list; a longer one is a text."""

ROWS_EACH = 10
"""Rows that there must be for each value of a list, on average."""

FoundTest = tuple[str, dict[str, Any], str]
"""A test, its arguments, its evidence. The test of a range has a name of its own in each package."""


def column_key(table: Table, name: str, kind: str) -> str | None:
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


def column_tests(
    table: Table, column: Column, key: Collection[str], personal: bool, is_loaded: bool
) -> Iterator[FoundTest]:
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
    if naming.is_key(column.name) or naming.is_flag(column.name) or column.family == dialects.BOOLEAN:
        return True
    return column.family in dialects.TEMPORAL and naming.is_clock(column.name)


def _accepted(table: Table, column: Column) -> FoundTest | None:
    """A list of values: short ones, each of them in either half of the rows, of which there are plenty."""
    values = column.values
    if values is None or len(values) < 2 or not column.in_both_halves or naming.is_free_text(column.name):
        return None
    if column.filled < ROWS_EACH * len(values) or column.family == dialects.INTEGER:
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
    broken = column.family != dialects.INTEGER
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
