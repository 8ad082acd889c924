"""Large relations: where they differ is found without carrying their columns through a join.

Keys are joined with one hash of each row's values beside them. Rows whose hashes agree are the same, but for one pair
in 2⁶⁴; the others, and those that one side alone has, are known by the bucket that their key's hash falls into. Only
the rows of these buckets are then compared value by value. DuckDB only: it is the narrow join that is cheap there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dataops.diff.aggregate import Sides

LARGE = 200_000
"""Rows of both sides together from which on this is worth a second look at some of them."""

MOST = 50_000
"""Buckets that differ, above which so many rows do that all may as well be compared at once."""

BUCKETS = 1 << 20

_TABLES = ("dataops_before", "dataops_after")
"""Temporary tables, gone with the connection."""


def suits(sides: Sides, same_types: bool, rows: int) -> bool:
    """Whether to look this way. `same_types`: the key's types are the same on both sides, and so are its hashes."""
    return sides.dialect.adapter == "duckdb" and same_types and bool(sides.values) and rows >= LARGE


def looking(sides: Sides, most: int) -> str:
    """The query behind `Counts` without its columns; the only list of hashes is that of the buckets that differ.

    A column's value counts as it is hashed: what differs only within a tolerance is looked at again.
    """
    missing = " or ".join(f"{name} is null" for name in sides.key_names)
    rows = " full outer join ".join(
        f"(select {', '.join(sides.key_names)}, {_bucket(sides)} as bucket, "  # noqa: S608
        f"hash({', '.join(sides.content)}) as content, hash({', '.join(sides.key_names)}) as keyed, "
        f"case when {missing} then 1 end as hole, 1 as here from ({side}) s) {alias}"
        for side, alias in ((sides.before, "b"), (sides.after, "a"))
    )
    judged = [
        *(f"{side}.{name} as {side}_{name}" for side in ("b", "a") for name in ("here", "hole")),
        "case when a.here is null then b.keyed end as b_alone",
        "case when b.here is null then a.keyed end as a_alone",
        "case when b.content = a.content then null else coalesce(b.bucket, a.bucket) end as unlike",
    ]
    counts = [
        *("count(b_here)", "count(a_here)", "count(case when b_here = 1 and a_here = 1 then 1 end)", "count(unlike)"),
        *("count(b_hole)", "count(a_hole)"),
        "count(b_alone) - count(distinct b_alone) + count(a_alone) - count(distinct a_alone)",
        "list(distinct unlike) filter (where unlike is not null)",
    ]
    joined = f"select {', '.join(judged)} from {rows} on {sides.on} limit {most + 1}"  # noqa: S608
    return f"select {', '.join(counts)} from ({joined}) j"  # noqa: S608


def keeping(sides: Sides, buckets: Sequence[int]) -> list[str]:
    """Statements that keep both sides' rows of some buckets."""
    listed = ", ".join(str(each) for each in buckets) or "null"
    return [
        f"create or replace temp table {table} as "  # noqa: S608
        f"select s.* from ({side}) s where {_bucket(sides)} in ({listed})"
        for table, side in zip(_TABLES, (sides.before, sides.after), strict=True)
    ]


def kept(sides: Sides) -> Sides:
    """The sides that `keeping` has kept."""
    before, after = (f"select * from temp.main.{table}" for table in _TABLES)  # noqa: S608
    return replace(sides, before=before, after=after)


def _bucket(sides: Sides) -> str:
    return f"(hash({', '.join(sides.key_names)}) % {BUCKETS})"
