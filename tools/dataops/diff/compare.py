"""Compare two relations: count in one aggregate, then look closer only at what differs."""

from __future__ import annotations

import time
from collections.abc import Mapping

from dataops.diff import distribution, examples
from dataops.diff.columns import Paired, matched
from dataops.diff.counts import Counted, count
from dataops.diff.difference import ColumnDiff, Diff, Profile
from dataops.diff.pair import Options, Pair, Prepared, prepare
from dataops.warehouse import Warehouse

_MANY = 100
"""From so many columns on, DuckDB's search for what expressions have in common takes longer than the query."""

Profiles = Mapping[str, tuple[Profile, Profile]]


def compare(warehouse: Warehouse, pair: Pair, options: Options) -> Diff:
    """Compare the two sides of a pair.

    Raises:
        WarehouseError: a query failed.
    """
    started = time.perf_counter()
    _settle(warehouse, pair)
    prepared = prepare(warehouse, pair, options)
    counted = count(warehouse, prepared)
    samples, segments = examples.look(warehouse, prepared, counted, options)
    profiles, notes = _profiles(warehouse, prepared, counted, options)
    return Diff(
        pair.name,
        pair.before.label,
        pair.after.label,
        pair.against,
        prepared.key,
        counted.rows,
        _columns(pair, options, prepared, counted, profiles),
        _reordered(pair),
        tuple(samples),
        tuple(segments),
        prepared.window,
        prepared.sampling,
        (*prepared.notes, *notes),
        seconds=time.perf_counter() - started,
    )


def _settle(warehouse: Warehouse, pair: Pair) -> None:
    """DuckDB's settings for what follows; they last as long as the connection."""
    if warehouse.adapter == "duckdb":
        # Counting needs no order, and only without one does DuckDB run a bounded join on all threads.
        warehouse.run("set preserve_insertion_order = false")
        idle = "common_subexpressions,statistics_propagation" if len(pair.after.columns) > _MANY else ""
        warehouse.run(f"set disabled_optimizers = '{idle}'")


def _profiles(
    warehouse: Warehouse, prepared: Prepared, counted: Counted, options: Options
) -> tuple[Profiles, list[str]]:
    """Profiles of the columns that differ, by name; of all when the rows differ, since each can have drifted."""
    rows, changed, sides = counted.rows, counted.changed, prepared.sides
    moved = rows.added or rows.removed
    every = [n for n in range(len(sides.values)) if moved or (changed is not None and changed[n])]
    some = sorted(every, key=lambda n: -changed[n] if changed is not None else 0)[: examples.WIDEST]
    if not some:
        return {}, []
    one, other = (
        distribution.read(sides, some, warehouse.rows(distribution.asking(sides, side, some, size))[0], options.hidden)
        for side, size in ((sides.before, rows.before), (sides.after, rows.after))
    )
    less = [f"Distributions are given of {len(some)} columns of {len(every):,} that can have drifted."]
    found = {sides.values[number].name: (one[number], other[number]) for number in some}
    return found, less if len(some) < len(every) else []


def _columns(
    pair: Pair, options: Options, prepared: Prepared, counted: Counted, profiles: Profiles
) -> tuple[ColumnDiff, ...]:
    """Every column of either side, those of the side after first."""
    both = {column.name: column for column in prepared.columns}
    found = [
        _column(both[name], pair, options, prepared, counted, profiles)
        if name in both
        else ColumnDiff(name, None, dtype, hidden=name in options.hidden)
        for name, dtype in pair.after.columns.items()
    ]
    partners = matched(pair.before.columns, pair.after.columns)
    found += [
        ColumnDiff(name, dtype, None, hidden=name in options.hidden)
        for name, dtype in pair.before.columns.items()
        if name not in partners
    ]
    return tuple(found)


def _column(
    column: Paired, pair: Pair, options: Options, prepared: Prepared, counted: Counted, profiles: Profiles
) -> ColumnDiff:
    values = prepared.sides.values
    changed, compared = (0 if column in prepared.keyed else None), None
    if counted.changed is not None and column in values:
        changed, compared = counted.changed[values.index(column)], counted.rows.modified + counted.rows.same
    before, after = profiles.get(column.name, (None, None))
    return ColumnDiff(
        column.name,
        column.before_type,
        column.after_type,
        changed,
        compared,
        _why_not(column, prepared),
        _nullable(column, pair),
        column.name in options.hidden,
        before,
        after,
    )


def _why_not(column: Paired, prepared: Prepared) -> str:
    if column.problem or column in (*prepared.keyed, *prepared.sides.values):
        return column.problem
    return "this change cannot alter it"


def _nullable(column: Paired, pair: Pair) -> tuple[bool, bool] | None:
    one = {name.lower(): each for name, each in pair.before.nullable.items()}.get(column.name.lower())
    other = pair.after.nullable.get(column.name)
    return None if one is None or other is None else (one, other)


def _reordered(pair: Pair) -> bool:
    partners = matched(pair.before.columns, pair.after.columns)
    there = [partners[name] for name in pair.before.columns if name in partners]
    kept = set(there)
    return there != [name for name in pair.after.columns if name in kept]
