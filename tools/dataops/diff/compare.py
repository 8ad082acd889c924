"""Compare two relations: count in one aggregate, then look closer only at what differs."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from dataops.diff import aggregate, multiset, profile, samples, segments, unkeyed
from dataops.diff.aggregate import Counts, Sides
from dataops.diff.columns import Paired, Tolerance, matched, paired
from dataops.diff.dialect import Dialect
from dataops.diff.facts import Both, ColumnDiff, Diff, Key, Profile, Rows, SampleRow, Sampling, Segment, Window
from dataops.diff.segments import Dimension
from dataops.diff.window import covered, overlap
from dataops.warehouse import Warehouse


@dataclass(frozen=True)
class Side:
    """One side: `label` for the reader, `sql` to select from, its columns' types, and which of them may be NULL."""

    label: str
    sql: str
    columns: Mapping[str, str]
    nullable: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class Pair:
    """What is compared with what. `against` is as in `Diff`."""

    name: str
    before: Side
    after: Side
    against: str = "relation"


@dataclass(frozen=True)
class Options:
    """How. `key`: see `keys`. `event_time`: a column of both sides. `suspects`: columns that can differ, None for all.

    `hidden`: columns whose values are personal. `samples`: rows shown of each kind. `sampled_above`: sides with more
    rows than this are compared on a share of them, None for never. `notes` are passed on.
    """

    key: Key
    tolerance: Tolerance = field(default_factory=Tolerance)
    event_time: str | None = None
    suspects: frozenset[str] | None = None
    hidden: frozenset[str] = frozenset()
    samples: int = 5
    sampled_above: int | None = None
    notes: tuple[str, ...] = ()


LOOKED_AT = 1000
"""Modified rows, chosen by hash, that segments are looked for in."""

_WIDEST = 60
"""Columns of a sample, and columns whose distributions are told; more are not read by anybody."""

_CELLS = 200_000
"""Values fetched to look for segments in, at most."""

_DIFFERING = "dataops_differing"
"""A temporary table, gone with the connection."""

_MANY = 100
"""From so many columns on, DuckDB's search for what expressions have in common takes longer than the query."""


def compare(warehouse: Warehouse, pair: Pair, options: Options) -> Diff:
    """Compare the two sides of a pair.

    Raises:
        WarehouseError: a query failed.
    """
    started = time.perf_counter()
    return replace(_Comparison(warehouse, pair, options).diff(), seconds=time.perf_counter() - started)


class _Comparison:
    def __init__(self, warehouse: Warehouse, pair: Pair, options: Options) -> None:
        self.warehouse, self.pair, self.options = warehouse, pair, options
        self.dialect = Dialect(warehouse.adapter, warehouse.quote)
        self.notes = list(options.notes)
        self.columns = paired(self.dialect, pair.before.columns, pair.after.columns)
        self.key, self.key_columns = self._usable_key()
        self.values = tuple(each for each in self.columns if self._compared(each))
        self.window: Window | None = None
        self.sampling: Sampling | None = None
        # Of modified, removed and added rows, where they are known.
        self.hashes: tuple[tuple[int, ...], ...] = ()
        # Without a key: the query for the rows that differ.
        self.differing = ""

    def _usable_key(self) -> tuple[Key, list[Paired]]:
        """The key with its columns; none where a side lacks one or its values cannot be compared."""
        by_name = {column.name.lower(): column for column in self.columns}
        absent = [name for name in self.options.key.columns if name.lower() not in by_name]
        if absent:
            self.notes.append(f"The key's column {', '.join(absent)} is not on both sides: rows are compared whole.")
            return Key((), ""), []
        columns = [by_name[name.lower()] for name in self.options.key.columns]
        if any(column.problem for column in columns):
            self.notes.append("The key's values cannot be compared: rows are compared whole.")
            return Key((), ""), []
        return replace(self.options.key, columns=tuple(each.name for each in columns)), columns

    def _compared(self, column: Paired) -> bool:
        suspected = self.options.suspects is None or column.name in self.options.suspects
        return not column.problem and suspected and column not in self.key_columns

    def diff(self) -> Diff:
        """Everything that is to be known of the pair."""
        if self.warehouse.adapter == "duckdb":
            # Counting needs no order, and only without one does DuckDB run a bounded join on all threads.
            self.warehouse.run("set preserve_insertion_order = false")
            idle = "common_subexpressions,statistics_propagation" if len(self.values) > _MANY else ""
            self.warehouse.run(f"set disabled_optimizers = '{idle}'")
        before, after = self._sizes()
        sides = self._sides(before, after)
        if self.window:
            before, after = before - self.window.outside.before, after - self.window.outside.after
        if not self.columns:
            self.notes.append("The two sides have no column in common.")
        rows, changed = self._keyed(sides, before, after) if sides.keys else self._whole(sides, before, after)
        found, explained = self._closer(sides, rows, changed)
        return Diff(
            self.pair.name,
            self.pair.before.label,
            self.pair.after.label,
            self.pair.against,
            self.key,
            rows,
            self._columns(sides, rows, changed),
            self._reordered(),
            tuple(found),
            tuple(explained),
            self.window,
            self.sampling,
            tuple(self.notes),
        )

    def _sizes(self) -> tuple[int, int]:
        before, after = (f"(select count(*) from {side.sql} s)" for side in (self.pair.before, self.pair.after))  # noqa: S608
        row = self.warehouse.rows(f"select {before}, {after}")[0]
        return int(row[0]), int(row[1])

    def _sides(self, before: int, after: int) -> Sides:
        """Both sides as selects over positions, so that no name of a column can be in the way."""
        conditions: list[str] = []
        column = self._event_time()
        if column is not None:
            limits = self.warehouse.rows(overlap(self.pair.before.sql, self.pair.after.sql, column))[0]
            conditions = covered(column, limits)
        one_in = 1
        if self.options.sampled_above and self.key_columns:
            one_in = max(1, -(-max(before, after) // self.options.sampled_above))

        others = tuple(
            each for each in self.columns if not each.problem and each not in (*self.values, *self.key_columns)
        )

        def select(side: Side, place: int) -> str:
            keys = [(each.before, each.after)[place] for each in self.key_columns]
            named = [f"{key} as k{number}" for number, key in enumerate(keys)]
            named += [f"{(each.before, each.after)[place]} as c{n}" for n, each in enumerate(self.values)]
            named += [f"{(each.before, each.after)[place]} as x{n}" for n, each in enumerate(others)]
            where = [conditions[place]] if conditions else []
            if one_in > 1:
                same = [self._comparable_key(number, place) for number in range(len(keys))]
                where.append(self.dialect.divides(one_in, self.dialect.hashed(same)))
            condition = f" where {' and '.join(where)}" if where else ""
            return f"select {', '.join(named or ['1 as nothing'])} from {side.sql} s{condition}"  # noqa: S608

        sides = Sides(
            self.dialect,
            self.options.tolerance,
            select(self.pair.before, 0),
            select(self.pair.after, 1),
            len(self.key_columns),
            self.values,
            others,
        )
        if column is not None and conditions:
            within = [
                int(self.warehouse.rows(f"select count(*) from {side.sql} s where {condition}")[0][0])  # noqa: S608
                for side, condition in zip((self.pair.before, self.pair.after), conditions, strict=True)
            ]
            self.window = Window(
                column.name, str(limits[0]), str(limits[1]), Both(before - within[0], after - within[1])
            )
        if one_in > 1:
            looked_at = max(1, min(before, after) // one_in)
            self.sampling = Sampling(one_in, 1.96 * (0.25 / looked_at) ** 0.5)
        return sides

    def _comparable_key(self, number: int, place: int) -> str:
        """A key's value in a form in which its hash is the same on both sides, whatever their types."""
        column = self.key_columns[number]
        value = (column.before, column.after)[place]
        if column.before_type == column.after_type or not column.numeric:
            return value
        return f"cast({value} as {self.dialect.double})"

    def _event_time(self) -> Paired | None:
        name = self.options.event_time
        return next((each for each in self.columns if name and each.name.lower() == name.lower()), None)

    def _keyed(self, sides: Sides, before: int, after: int) -> tuple[Rows, tuple[int, ...] | None]:
        scale = self.sampling.one_in if self.sampling else 1
        totals = before, after
        if self.sampling:
            before, after = (self._count(side) for side in (sides.before, sides.after))
        counts = self._counts(sides, before + after)
        if counts.sound(before, after):
            self.hashes = counts.hashes
            rows = Rows(
                *totals,
                added=(after - counts.pairs) * scale,
                removed=(before - counts.pairs) * scale,
                modified=counts.modified * scale,
                same=(counts.pairs - counts.modified) * scale,
                null_keys=Both(counts.null_before, counts.null_after),
            )
            return rows, tuple(each * scale for each in counts.changed)
        return self._ambiguous(sides, totals, scale)

    def _ambiguous(self, sides: Sides, totals: tuple[int, int], scale: int) -> tuple[Rows, tuple[int, ...]]:
        """The key does not identify every row: those that it does are joined, the others are compared whole."""
        faults = [self.warehouse.rows(unkeyed.repeated(sides, side))[0] for side in (sides.before, sides.after)]
        clear, others = unkeyed.split(sides)
        counts = self._counts(clear, sum(totals))
        rest = multiset.read(self.warehouse.rows(multiset.counting(multiset.differing(others)))[0])
        alike = self._count(others.before) - rest.removed
        rows = Rows(
            *totals,
            added=(counts.after - counts.pairs + rest.added) * scale,
            removed=(counts.before - counts.pairs + rest.removed) * scale,
            modified=counts.modified * scale,
            same=(counts.pairs - counts.modified + alike) * scale,
            null_keys=Both(int(faults[0][1]), int(faults[1][1])),
            duplicate_keys=Both(int(faults[0][0]), int(faults[1][0])),
        )
        return rows, tuple(each * scale for each in counts.changed)

    def _whole(self, sides: Sides, before: int, after: int) -> tuple[Rows, None]:
        """Rows without a key."""
        if not sides.values:
            return Rows(before, after, max(after - before, 0), max(before - after, 0), 0, min(before, after)), None
        self.differing = multiset.differing(sides)
        if sides.dialect.adapter == "duckdb":
            buckets = [int(each[0]) for each in self.warehouse.rows(multiset.unlike(sides))]
            some = multiset.differing(multiset.within(sides, buckets))
            # Once for the counts and the samples, which are all that is left to ask.
            self.warehouse.run(f"create or replace temp table {_DIFFERING} as {some}")
            self.differing = f"select * from {_DIFFERING}"  # noqa: S608
        rest = multiset.read(self.warehouse.rows(multiset.counting(self.differing))[0])
        return Rows(before, after, rest.added, rest.removed, 0, before - rest.removed), None

    def _counts(self, sides: Sides, most: int) -> Counts:
        query = aggregate.counting(sides, most, LOOKED_AT)
        return aggregate.read(self.warehouse.rows(query)[0], len(sides.values))

    def _count(self, side: str) -> int:
        return int(self.warehouse.rows(f"select count(*) from ({side}) s")[0][0])  # noqa: S608

    def _closer(self, sides: Sides, rows: Rows, changed: Sequence[int] | None) -> tuple[list[SampleRow], list[Segment]]:
        """Sample rows, and what the modified rows have in common."""
        if changed is None:
            return self._samples_whole(sides, rows), []
        most, hidden = self.options.samples, self.options.hidden
        if rows.duplicate_keys or (rows.null_keys.before and rows.null_keys.after):
            sides, _ = unkeyed.split(sides)
        found: list[SampleRow] = []
        explained: list[Segment] = []
        dimensions = segments.asked(sides, hidden)
        if rows.modified:
            shown = [number for number, times in enumerate(changed) if times][:_WIDEST]
            looked_at = _looked_at(3 * len(shown) + len(dimensions) + sides.keys, most)
            hashes = self._hashes(0) or [int(each[0]) for each in self.warehouse.rows(samples.hashes(sides, looked_at))]
            some = samples.among(sides, hashes[:looked_at])
            answer = self.warehouse.rows(samples.modified(some, shown, dimensions, looked_at))
            found += samples.read_modified(sides, self.key.columns, shown, answer[:most], hidden)
            explained += self._segments(sides, sides.before, dimensions, answer, rows.modified, "modified")
        narrow = replace(sides, values=sides.values[:_WIDEST])
        for at, added, times in ((1, False, rows.removed), (2, True, rows.added)):
            if times:
                looked_at = _looked_at(sides.keys + len(narrow.values) + len(dimensions), most)
                some = samples.among(narrow, self._hashes(at)[:looked_at]) if self._hashes(at) else narrow
                answer = self.warehouse.rows(samples.alone(some, dimensions, added, looked_at))
                found += samples.read_alone(narrow, self.key.columns, answer[:most], added, hidden)
                own, kind = (sides.after, "added") if added else (sides.before, "removed")
                explained += self._segments(sides, own, dimensions, answer, times, kind)
        return found, explained

    def _hashes(self, at: int) -> tuple[int, ...]:
        return self.hashes[at] if self.hashes else ()

    def _samples_whole(self, sides: Sides, rows: Rows) -> list[SampleRow]:
        found: list[SampleRow] = []
        for added, times in ((False, rows.removed), (True, rows.added)):
            if times and sides.values:
                query = samples.whole(sides, self.differing, added, self.options.samples)
                shown = replace(sides, values=sides.values[:_WIDEST])
                answer = [row[:_WIDEST] for row in self.warehouse.rows(query)]
                found += samples.read_alone(shown, (), answer, added, self.options.hidden)
        return found

    def _segments(
        self,
        sides: Sides,
        side: str,
        dimensions: Sequence[Dimension],
        answer: Sequence[Sequence[str | None]],
        rows: int,
        kind: str,
    ) -> list[Segment]:
        """What the rows of an answer have in common; their dimensions come last in it."""
        candidates = segments.leading([row[len(row) - len(dimensions) :] for row in answer], dimensions)
        if not candidates:
            return []
        counts = [int(each) for each in self.warehouse.rows(segments.usual(sides, side, candidates))[0]]
        return segments.explaining(candidates, counts, rows, kind)

    def _columns(self, sides: Sides, rows: Rows, changed: Sequence[int] | None) -> tuple[ColumnDiff, ...]:
        """Every column of either side, those of the side after first."""
        partners = matched(self.pair.before.columns, self.pair.after.columns)
        profiles = self._profiles(sides, rows, changed)
        place = {column.name: number for number, column in enumerate(self.values)}
        pairs = {column.name: column for column in self.columns}
        found = []
        for name, dtype in self.pair.after.columns.items():
            if name not in pairs:
                found.append(ColumnDiff(name, None, dtype, hidden=name in self.options.hidden))
                continue
            column, number = pairs[name], place.get(name)
            before, after = profiles.get(number, (None, None)) if number is not None else (None, None)
            found.append(
                ColumnDiff(
                    name,
                    column.before_type,
                    dtype,
                    changed[number] if changed is not None and number is not None else self._key_changed(column),
                    rows.modified + rows.same if changed is not None and number is not None else None,
                    self._why_not(column),
                    self._nullable(column),
                    name in self.options.hidden,
                    before,
                    after,
                )
            )
        gone = [name for name in self.pair.before.columns if name not in partners]
        found += [
            ColumnDiff(name, self.pair.before.columns[name], None, hidden=name in self.options.hidden) for name in gone
        ]
        return tuple(found)

    def _key_changed(self, column: Paired) -> int | None:
        return 0 if column in self.key_columns else None

    def _why_not(self, column: Paired) -> str:
        if column.problem:
            return column.problem
        if column in self.key_columns:
            return ""
        if column not in self.values:
            return "this change cannot alter it"
        return ""

    def _nullable(self, column: Paired) -> tuple[bool, bool] | None:
        one = {name.lower(): each for name, each in self.pair.before.nullable.items()}.get(column.name.lower())
        other = self.pair.after.nullable.get(column.name)
        return None if one is None or other is None else (one, other)

    def _profiles(self, sides: Sides, rows: Rows, changed: Sequence[int] | None) -> dict[int, tuple[Profile, Profile]]:
        """Profiles of the columns that differ; of all, when the rows differ, since each column can have drifted."""
        moved = rows.added or rows.removed
        every = [n for n in range(len(sides.values)) if moved or (changed is not None and changed[n])]
        some = sorted(every, key=lambda n: -changed[n] if changed is not None else 0)[:_WIDEST]
        if len(some) < len(every):
            self.notes.append(
                f"Distributions are given of {len(some)} columns of {len(every):,} that can have drifted."
            )
        if not some:
            return {}
        one, other = (
            profile.read(sides, some, self.warehouse.rows(query)[0], self.options.hidden)
            for query in (
                profile.asking(sides, sides.before, some, rows.before),
                profile.asking(sides, sides.after, some, rows.after),
            )
        )
        return {number: (one[number], other[number]) for number in some}

    def _reordered(self) -> bool:
        partners = matched(self.pair.before.columns, self.pair.after.columns)
        there = [partners[name] for name in self.pair.before.columns if name in partners]
        kept = set(there)
        return there != [name for name in self.pair.after.columns if name in kept]


def _looked_at(width: int, least: int) -> int:
    """How many rows of so many values are looked at for what they have in common."""
    return max(least, min(LOOKED_AT, _CELLS // max(width, 1)))
