"""How many rows are the same, modified, added and removed, and how many values differ in each column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dataops.diff import aggregate, multiset
from dataops.diff.aggregate import Counts, Sides
from dataops.diff.difference import Both, Rows
from dataops.diff.pair import Prepared
from dataops.warehouse import Warehouse

LARGE = 200_000
"""Rows of both sides together from which on this is worth a second look at some of them."""

MOST_KEPT = 50_000
"""Buckets that differ, above which so many rows do that all may as well be compared at once."""

BUCKETS = 1 << 20

_TABLES = ("dataops_before", "dataops_after")
"""Temporary tables, gone with the connection."""


def is_large(sides: Sides, same_types: bool, rows: int) -> bool:
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


def keeping_keys(sides: Sides, buckets: Sequence[int]) -> list[str]:
    """Statements that keep both sides' rows of some buckets."""
    listed = ", ".join(str(each) for each in buckets) or "null"
    return [
        f"create or replace temp table {table} as "  # noqa: S608
        f"select s.* from ({side}) s where {_bucket(sides)} in ({listed})"
        for table, side in zip(_TABLES, (sides.before, sides.after), strict=True)
    ]


def kept_keys(sides: Sides) -> Sides:
    """The sides that `keeping` has kept."""
    before, after = (f"select * from temp.main.{table}" for table in _TABLES)  # noqa: S608
    return replace(sides, before=before, after=after)


def _bucket(sides: Sides) -> str:
    return f"(hash({', '.join(sides.key_names)}) % {BUCKETS})"


LOOKED_AT = 1000
"""Rows of each kind, chosen by hash, that are looked at more closely."""

_DIFFERING = "dataops_differing"
"""A temporary table, gone with the connection."""


@dataclass(frozen=True)
class Counted:
    """`changed`: values that differ by column, None without a key. `near`: a part of both sides with all differences.

    `hashes`: of the keys of some modified, removed and added rows, where the database collects them. `differing`: the
    query for rows that differ, without a key.
    """

    rows: Rows
    changed: tuple[int, ...] | None
    near: Sides
    hashes: tuple[tuple[int, ...], ...] = ()
    differing: str = ""

    def collected(self, kind: int) -> tuple[int, ...]:
        """The hashes of modified (0), removed (1) or added (2) rows; empty where none were collected."""
        return self.hashes[kind] if self.hashes else ()


def count(warehouse: Warehouse, prepared: Prepared) -> Counted:
    """Count everything."""
    return _keyed(warehouse, prepared) if prepared.keyed else _whole(warehouse, prepared)


def _keyed(warehouse: Warehouse, prepared: Prepared) -> Counted:
    sides, before, after = prepared.sides, prepared.before, prepared.after
    if prepared.sampling:
        before, after = _size(warehouse, sides.before), _size(warehouse, sides.after)
    near, whole = sides, None
    same_types = all(each.before_type == each.after_type for each in prepared.keyed)
    if is_large(sides, same_types, before + after):
        whole = aggregate.read(warehouse.rows(looking(sides, before + after))[0], 0)
        if not whole.sound(before, after):
            return _ambiguous(warehouse, prepared)
        if len(whole.hashes[0]) <= MOST_KEPT:
            for statement in keeping_keys(sides, whole.hashes[0]):
                warehouse.run(statement)
            near = kept_keys(sides)
    counts = _counts(warehouse, near, before + after)
    whole = whole or counts
    if not whole.sound(before, after):
        return _ambiguous(warehouse, prepared)
    scale = prepared.scale
    rows = Rows(
        prepared.before,
        prepared.after,
        added=(after - whole.pairs) * scale,
        removed=(before - whole.pairs) * scale,
        modified=counts.modified * scale,
        same=(whole.pairs - counts.modified) * scale,
        null_keys=Both(whole.null_before, whole.null_after),
    )
    return Counted(rows, tuple(each * scale for each in counts.changed), near, counts.hashes)


def _ambiguous(warehouse: Warehouse, prepared: Prepared) -> Counted:
    """The key does not identify every row: those that it does are joined, the others are compared whole."""
    sides, scale = prepared.sides, prepared.scale
    faults = [warehouse.rows(aggregate.repeated(sides, side))[0] for side in (sides.before, sides.after)]
    clear, others = aggregate.split(sides)
    counts = _counts(warehouse, clear, prepared.before + prepared.after)
    rest = multiset.read(warehouse.rows(multiset.counting(multiset.differing(others)))[0])
    alike = _size(warehouse, others.before) - rest.removed
    rows = Rows(
        prepared.before,
        prepared.after,
        added=(counts.after - counts.pairs + rest.added) * scale,
        removed=(counts.before - counts.pairs + rest.removed) * scale,
        modified=counts.modified * scale,
        same=(counts.pairs - counts.modified + alike) * scale,
        null_keys=Both(int(faults[0][1]), int(faults[1][1])),
        duplicate_keys=Both(int(faults[0][0]), int(faults[1][0])),
    )
    return Counted(rows, tuple(each * scale for each in counts.changed), clear)


def _whole(warehouse: Warehouse, prepared: Prepared) -> Counted:
    """Rows without a key."""
    sides, before, after = prepared.sides, prepared.before, prepared.after
    if not sides.values:
        rows = Rows(before, after, max(after - before, 0), max(before - after, 0), 0, min(before, after))
        return Counted(rows, None, sides)
    differing = multiset.differing(sides)
    if sides.dialect.adapter == "duckdb":
        buckets = [int(each[0]) for each in warehouse.rows(multiset.unlike(sides))]
        some = multiset.differing(multiset.within(sides, buckets))
        # Once for the counts and the samples, which are all that is left to ask.
        warehouse.run(f"create or replace temp table {_DIFFERING} as {some}")
        differing = f"select * from temp.main.{_DIFFERING}"  # noqa: S608
    rest = multiset.read(warehouse.rows(multiset.counting(differing))[0])
    rows = Rows(before, after, rest.added, rest.removed, 0, before - rest.removed)
    return Counted(rows, None, sides, differing=differing)


def _counts(warehouse: Warehouse, sides: Sides, most: int) -> Counts:
    return aggregate.read(warehouse.rows(aggregate.counting(sides, most, LOOKED_AT))[0], len(sides.values))


def _size(warehouse: Warehouse, side: str) -> int:
    return int(warehouse.rows(f"select count(*) from ({side}) s")[0][0])  # noqa: S608
