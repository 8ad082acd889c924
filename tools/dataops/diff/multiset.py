"""Rows compared whole: how many rows, with their multiplicity, one side has and the other has not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from dataops.diff.aggregate import Sides

BUCKETS = 1 << 20
"""Enough for most buckets to hold the same on both sides, few enough to be counted in memory."""


@dataclass(frozen=True)
class Multiset:
    """Rows that only one side has. A row that occurs three times before and once after is removed twice."""

    removed: int
    added: int


def unlike(sides: Sides) -> str:
    """The query for the buckets, of many that rows are put into by a hash, in which the sides do not hold the same.

    A bucket's rows are counted and summed up by a second hash, which takes the columns backwards. What it takes is
    bounded by the number of buckets, however many rows there are. DuckDB only.
    """
    # Half of it fits a signed number, which is summed up faster than a longer one.
    backwards = f"cast(hash({', '.join([*reversed([*sides.key_names, *sides.content]), '1'])}) // 2 as bigint)"
    both = " union all ".join(
        f"select {_bucket(sides)} as bucket, {sign}{backwards} as g, {sign}1 as w from ({side}) s"  # noqa: S608
        for side, sign in ((sides.before, ""), (sides.after, "-"))
    )
    return f"select bucket from ({both}) u group by bucket having sum(w) <> 0 or sum(g) <> 0"  # noqa: S608


def within(sides: Sides, buckets: Sequence[int]) -> Sides:
    """Both sides' rows of some buckets; all rows, when those are many."""
    if len(buckets) > BUCKETS // 4:
        return sides
    listed = ", ".join(str(each) for each in buckets) or "null"
    before, after = (
        f"select s.* from ({side}) s where {_bucket(sides)} in ({listed})"  # noqa: S608
        for side in (sides.before, sides.after)
    )
    return replace(sides, before=before, after=after)


def counting(differing: str) -> str:
    """The query behind `Multiset`, given the query for the rows that differ."""
    removed, added = ("coalesce(sum(case when n > 0 then n end), 0)", "coalesce(sum(case when n < 0 then -n end), 0)")
    return f"select {removed}, {added} from ({differing}) d"  # noqa: S608


def differing(sides: Sides) -> str:
    """The rows of which the sides have different numbers, with `n`: how many more there are before than after."""
    columns = ", ".join(_names(sides))
    both = " union all ".join(
        f"select {columns}, {weight} as w from ({side}) s"  # noqa: S608
        for side, weight in ((sides.before, 1), (sides.after, -1))
    )
    return f"select {columns}, sum(w) as n from ({both}) u group by {columns} having sum(w) <> 0"  # noqa: S608


def read(row: Sequence[Any]) -> Multiset:
    """The answer to `counting`."""
    return Multiset(int(row[0]), int(row[1]))


def _names(sides: Sides) -> list[str]:
    return [*sides.key_names, *sides.value_names]


def _bucket(sides: Sides) -> str:
    return f"(hash({', '.join(_names(sides))}) % {BUCKETS})"
