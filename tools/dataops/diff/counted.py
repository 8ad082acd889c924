"""How many rows are the same, modified, added and removed, and how many values differ in each column."""

from __future__ import annotations

from dataclasses import dataclass

from dataops.diff import aggregate, multiset, narrow, unkeyed
from dataops.diff.aggregate import Counts, Sides
from dataops.diff.facts import Both, Rows
from dataops.diff.prepared import Prepared
from dataops.warehouse import Warehouse

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
    if narrow.suits(sides, same_types, before + after):
        whole = aggregate.read(warehouse.rows(narrow.looking(sides, before + after))[0], 0)
        if not whole.sound(before, after):
            return _ambiguous(warehouse, prepared)
        if len(whole.hashes[0]) <= narrow.MOST:
            for statement in narrow.keeping(sides, whole.hashes[0]):
                warehouse.run(statement)
            near = narrow.kept(sides)
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
    faults = [warehouse.rows(unkeyed.repeated(sides, side))[0] for side in (sides.before, sides.after)]
    clear, others = unkeyed.split(sides)
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
