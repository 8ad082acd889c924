"""Which value of which dimension explains the rows that differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from dataops.diff import types
from dataops.diff.aggregate import Sides
from dataops.diff.facts import Segment

DIMENSIONS = frozenset({types.TEXT, types.NAMED, types.BOOLEAN, types.INTEGER, types.DATE})

_SHARE = 0.5
"""A value that fewer of the rows have explains little."""

_LIFT = 1.5
"""A value that is nearly as usual among all rows explains nothing."""

_FEW = 5
"""Fewer rows than these are seen at a glance in the samples."""

_MOST = 3


def asked(sides: Sides, hidden: Collection[str]) -> list[int]:
    """The columns that can explain: few enough values are seen later, types and privacy are known here."""
    return [
        number
        for number, column in enumerate(sides.values)
        if column.families[0] in DIMENSIONS and column.families[1] in DIMENSIONS and column.name not in hidden
    ]


def leading(rows: Sequence[Sequence[object]], dimensions: Sequence[int]) -> list[tuple[int, object, float]]:
    """For each dimension its most frequent value and that value's share, where it is a large one."""
    if len(rows) < _FEW:
        return []
    found = []
    for at, number in enumerate(dimensions):
        value, times = Counter(row[at] for row in rows).most_common(1)[0]
        if times / len(rows) >= _SHARE:
            found.append((number, value, times / len(rows)))
    return found


def usual(sides: Sides, candidates: Sequence[tuple[int, object, float]]) -> str:
    """The query for how many of production's rows have each candidate's value."""
    names = sides.value_names

    def text(value: str) -> str:
        return f"substring({sides.dialect.text(value)}, 1, 201)"

    def has(number: int, value: object) -> str:
        if value is None:
            return f"s.{names[number]} is null"
        quoted = str(value).replace("'", "''")
        if sides.dialect.adapter in ("bigquery", "snowflake", "spark", "databricks"):
            quoted = quoted.replace("\\", "\\\\")
        return f"{text(f's.{names[number]}')} = '{quoted}'"

    counts = [f"count(case when {has(number, value)} then 1 end)" for number, value, _ in candidates]
    return f"select count(*), {', '.join(counts)} from ({sides.before}) s"  # noqa: S608


def explaining(
    sides: Sides, candidates: Sequence[tuple[int, object, float]], counts: Sequence[int], modified: int
) -> list[Segment]:
    """The candidates that are far more frequent among the modified rows than among all, the clearest first."""
    total, *having = counts
    found = []
    for (number, value, share), rows in zip(candidates, having, strict=True):
        normal = rows / total if total else 0.0
        if share >= _LIFT * normal and share - normal >= 0.2:
            text = None if value is None else str(value)
            found.append(Segment(sides.values[number].name, text, share, normal, round(share * modified)))
    return sorted(found, key=lambda each: (each.usual - each.share, each.column))[:_MOST]
