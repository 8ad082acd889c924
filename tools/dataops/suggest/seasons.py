"""Rows by day: gaps, and whether weekdays differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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


def week(series: Days) -> Week | None:
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
