"""Which value of which dimension explains the rows that differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from dataops.diff import types
from dataops.diff.aggregate import Sides
from dataops.diff.columns import Paired
from dataops.diff.facts import Segment

DIMENSIONS = frozenset({types.TEXT, types.NAMED, types.BOOLEAN, types.INTEGER, types.DATE})

Dimension = tuple[str, Paired]
"""A column as it is called in `Sides`, and the column."""

_SHARE = 0.5
"""A value that fewer of the rows have explains little."""

_LIFT = 1.5
"""A value that is nearly as usual among all rows explains nothing."""

_FEW = 5
"""Fewer rows than these are seen at a glance in the samples."""

_SURE = 2.576
"""The normal quantile of a two-sided confidence of 99 %."""

_MOST = 3


@dataclass(frozen=True)
class Leading:
    """The most frequent value of a dimension among `looked_at` rows, of which `times` have it."""

    dimension: Dimension
    value: str | None
    times: int
    looked_at: int

    @property
    def share(self) -> float:
        """How many of the rows have it."""
        return self.times / self.looked_at

    @property
    def least(self) -> float:
        """The lower end of the share's interval (Wilson, Journal of the American Statistical Association, 1927)."""
        n, p, z = self.looked_at, self.share, _SURE
        middle = p + z * z / (2 * n)
        return float((middle - z * (p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5) / (1 + z * z / n))


def asked(sides: Sides, hidden: Collection[str]) -> list[Dimension]:
    """The columns that can explain: whether they have few values is seen later, types and privacy are known here."""
    return [
        (name, column)
        for name, column in sides.named
        if set(column.families) <= DIMENSIONS and not column.problem and column.name not in hidden
    ]


def leading(rows: Sequence[Sequence[str | None]], dimensions: Sequence[Dimension]) -> list[Leading]:
    """For each dimension its most frequent value, where most of the rows have it."""
    if len(rows) < _FEW:
        return []
    found = []
    for at, dimension in enumerate(dimensions):
        value, times = Counter(row[at] for row in rows).most_common(1)[0]
        found.append(Leading(dimension, value, times, len(rows)))
    return [each for each in found if each.share >= _SHARE]


def usual(sides: Sides, side: str, candidates: Sequence[Leading]) -> str:
    """The query for how many of a side's rows there are, and how many have each candidate's value."""

    def has(name: str, value: str | None) -> str:
        if value is None:
            return f"s.{name} is null"
        quoted = value.replace("'", "''")
        if sides.dialect.adapter in ("bigquery", "snowflake", "spark", "databricks"):
            quoted = quoted.replace("\\", "\\\\")
        return f"{sides.dialect.start(f's.{name}')} = '{quoted}'"

    counts = [f"count(case when {has(each.dimension[0], each.value)} then 1 end)" for each in candidates]
    return f"select count(*), {', '.join(counts)} from ({side}) s"  # noqa: S608


def explaining(candidates: Sequence[Leading], counts: Sequence[int], rows: int, kind: str) -> list[Segment]:
    """The candidates that are surely far more frequent among `rows` rows of a kind than among all, clearest first."""
    total, *having = counts
    found = []
    for each, times in zip(candidates, having, strict=True):
        normal = times / total if total else 0.0
        if each.least > _LIFT * normal and each.share - normal >= 0.2:
            name = each.dimension[1].name
            found.append(Segment(name, each.value, each.share, normal, round(each.share * rows), kind))
    return sorted(found, key=lambda each: (each.usual - each.share, each.column))[:_MOST]
