"""Two relations to compare: what is asked, and the pair made ready to be counted, with its columns paired, its key
usable or none, its rows within a window or a share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from dataops.diff.aggregate import Sides
from dataops.diff.columns import Paired, Tolerance, paired
from dataops.diff.dialects import Dialect
from dataops.diff.difference import Both, Key, Sampling, Window
from dataops.warehouse import Warehouse


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


@dataclass(frozen=True)
class Prepared:
    """`columns` are those of both sides; `keyed` are the key's. `before` and `after`: rows that are compared."""

    sides: Sides
    key: Key
    keyed: tuple[Paired, ...]
    columns: tuple[Paired, ...]
    before: int
    after: int
    window: Window | None
    sampling: Sampling | None
    notes: tuple[str, ...]

    @property
    def scale(self) -> int:
        """How many rows each row that is compared stands for."""
        return self.sampling.one_in if self.sampling else 1


def prepare(warehouse: Warehouse, pair: Pair, options: Options) -> Prepared:
    """Make a pair ready; asks the warehouse for counts and, with `event_time`, for the time that both sides cover."""
    dialect = Dialect(warehouse.adapter, warehouse.quote)
    columns = paired(dialect, pair.before.columns, pair.after.columns)
    key, keyed, problems = _usable(options.key, columns)
    notes = [*options.notes, *problems, *([] if columns else ["The two sides have no column in common."])]
    before, after = (_count(warehouse, side) for side in (pair.before, pair.after))
    window, conditions = _window(warehouse, pair, options, columns, before, after)
    if window:
        before, after = before - window.outside.before, after - window.outside.after
    one_in = 1
    if options.sampled_above and keyed:
        one_in = max(1, -(-max(before, after) // options.sampled_above))
    values = tuple(
        each for each in columns if not each.problem and each not in keyed and _suspected(each, options.suspects)
    )
    others = tuple(each for each in columns if not each.problem and each not in (*values, *keyed))
    selects = [
        _select(dialect, side, place, (keyed, values, others), conditions, one_in)
        for place, side in enumerate((pair.before, pair.after))
    ]
    sides = Sides(dialect, options.tolerance, selects[0], selects[1], len(keyed), values, others)
    sampling = None
    if one_in > 1:
        looked_at = max(1, min(before, after) // one_in)
        sampling = Sampling(one_in, 1.96 * (0.25 / looked_at) ** 0.5)
    return Prepared(sides, key, keyed, tuple(columns), before, after, window, sampling, tuple(notes))


def _usable(key: Key, columns: list[Paired]) -> tuple[Key, tuple[Paired, ...], list[str]]:
    """The key with its columns; none, and why, where a side lacks one or its values cannot be compared."""
    by_name = {column.name.lower(): column for column in columns}
    absent = [name for name in key.columns if name.lower() not in by_name]
    if absent:
        why = f"The key's column {', '.join(absent)} is not on both sides: rows are compared whole."
        return Key((), ""), (), [why]
    chosen = tuple(by_name[name.lower()] for name in key.columns)
    if any(column.problem for column in chosen):
        return Key((), ""), (), ["The key's values cannot be compared: rows are compared whole."]
    return replace(key, columns=tuple(each.name for each in chosen)), chosen, []


def _suspected(column: Paired, suspects: frozenset[str] | None) -> bool:
    return suspects is None or column.name in suspects


def _window(
    warehouse: Warehouse, pair: Pair, options: Options, columns: list[Paired], before: int, after: int
) -> tuple[Window | None, list[str]]:
    """The time that both sides cover with its condition on each side; none where both cover the same."""
    name = options.event_time
    column = next((each for each in columns if name and each.name.lower() == name.lower()), None)
    if column is None:
        return None, []
    limits = warehouse.rows(overlap(pair.before.sql, pair.after.sql, column))[0]
    conditions = covered(column, limits)
    if not conditions:
        return None, []
    within = [
        _count(warehouse, side, condition)
        for side, condition in zip((pair.before, pair.after), conditions, strict=True)
    ]
    outside = Both(before - within[0], after - within[1])
    return Window(column.name, str(limits[0]), str(limits[1]), outside), conditions


def _select(
    dialect: Dialect,
    side: Side,
    place: int,
    columns: tuple[tuple[Paired, ...], tuple[Paired, ...], tuple[Paired, ...]],
    conditions: list[str],
    one_in: int,
) -> str:
    """A side's rows over positions, so that no name of a column can be in the way. `place`: 0 before, 1 after."""
    keyed = columns[0]
    named = [
        f"{(each.before, each.after)[place]} as {letter}{number}"
        for letter, group in zip("kcx", columns, strict=True)
        for number, each in enumerate(group)
    ]
    where = [conditions[place]] if conditions else []
    if one_in > 1:
        where.append(dialect.divides(one_in, dialect.hashed([_hashable(dialect, each, place) for each in keyed])))
    condition = f" where {' and '.join(where)}" if where else ""
    return f"select {', '.join(named or ['1 as nothing'])} from {side.sql} s{condition}"  # noqa: S608


def _hashable(dialect: Dialect, column: Paired, place: int) -> str:
    """A key's value in a form in which its hash is the same on both sides, whatever their types."""
    value = (column.before, column.after)[place]
    if column.before_type == column.after_type or not column.numeric:
        return value
    return f"cast({value} as {dialect.double})"


def _count(warehouse: Warehouse, side: Side, condition: str = "") -> int:
    where = f" where {condition}" if condition else ""
    return int(warehouse.rows(f"select count(*) from {side.sql} s{where}")[0][0])  # noqa: S608
