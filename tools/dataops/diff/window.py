"""The time that both sides cover: what one side alone is too young or too old to have is no difference."""

from __future__ import annotations

from collections.abc import Sequence

from dataops.diff.columns import Paired


def overlap(before: str, after: str, column: Paired) -> str:
    """The query for the time that both sides cover and whether either covers more; NULL where a side is empty."""
    one = f"(select min({column.before}) as lo, max({column.before}) as hi from {before} s) b"  # noqa: S608
    other = f"(select min({column.after}) as lo, max({column.after}) as hi from {after} s) a"  # noqa: S608
    start = "case when b.lo > a.lo then b.lo else a.lo end"
    end = "case when b.hi < a.hi then b.hi else a.hi end"
    differ = "case when b.lo <> a.lo or b.hi <> a.hi then 1 else 0 end"
    empty = "b.lo is null or a.lo is null"
    return (
        f"select case when {empty} then null else {start} end, case when {empty} then null else {end} end, "  # noqa: S608
        f"{differ} from {one} cross join {other}"
    )


def covered(column: Paired, limits: Sequence[object]) -> list[str]:
    """The condition on each side for rows of the time that both cover; none when both cover the same.

    A row without a time is compared whatever the window.
    """
    start, end, differ = limits
    if start is None or not differ:
        return []
    low, high = (f"cast('{each}' as {column.after_type})" for each in (start, end))
    return [f"({value} is null or {value} between {low} and {high})" for value in (column.before, column.after)]
