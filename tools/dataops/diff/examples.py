"""A closer look at what differs: sample rows, the same ones in every run, and what they have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from dataops.diff import dialects
from dataops.diff.aggregate import Sides, any_of
from dataops.diff.columns import Paired
from dataops.diff.counts import LOOKED_AT, Counted
from dataops.diff.dialects import LONGEST
from dataops.diff.difference import Cell, SampleRow, Segment
from dataops.diff.pair import Options, Prepared
from dataops.warehouse import Warehouse

DIMENSIONS = frozenset({dialects.TEXT, dialects.NAMED, dialects.BOOLEAN, dialects.INTEGER, dialects.DATE})

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


def key_hashes(sides: Sides, most: int) -> str:
    """The query for the smallest hashes of the keys of modified rows."""
    joined = f"({sides.before}) b join ({sides.after}) a on {sides.on}"
    return f"select {sides.hashed('b')} as h from {joined} where {any_of(sides.differing())} order by h limit {most}"  # noqa: S608


def among(sides: Sides, wanted: Sequence[int]) -> Sides:
    """Both sides narrowed down to keys of these hashes; whatever else has such a hash is told apart later."""
    chosen = ", ".join(str(each) for each in wanted)
    # The smallest hashes are wanted: the bound spares most rows the look-up in the list.
    before, after = (
        f"select s.* from ({side}) s where {sides.hashed('s')} <= {max(wanted)} and {sides.hashed('s')} in ({chosen})"  # noqa: S608
        for side in (sides.before, sides.after)
    )
    return replace(sides, before=before, after=after)


def modified(sides: Sides, shown: Sequence[int], dimensions: Sequence[Dimension], most: int) -> str:
    """The query for modified rows: the key; of each of `shown` whether it differs, its old and new value; `dimensions`.

    Dimensions are as they are in production.
    """
    text = sides.dialect.start
    names, differs = sides.value_names, sides.differing()
    flags = [f"case when {differs[number]} then 1 else 0 end" for number in shown]
    values = chain.from_iterable(
        (flag, text(f"b.{names[n]}"), text(f"a.{names[n]}")) for flag, n in zip(flags, shown, strict=True)
    )
    keys = [text(f"a.{name}") for name in sides.key_names]
    selected = ", ".join([*keys, *values, *(text(f"b.{name}") for name, _ in dimensions)])
    return (
        f"select {selected} from ({sides.before}) b join ({sides.after}) a on {sides.on} "  # noqa: S608
        f"where {any_of(differs)} order by {sides.hashed('b')} limit {most}"
    )


def alone(sides: Sides, dimensions: Sequence[Dimension], added: bool, most: int) -> str:
    """The query for rows whose key only one side has: the key, all values, `dimensions`."""
    text = sides.dialect.start
    own, other = (sides.after, sides.before) if added else (sides.before, sides.after)
    names = [*sides.key_names, *sides.value_names, *(name for name, _ in dimensions)]
    selected = ", ".join(text(f"s.{name}") for name in names)
    same = " and ".join(f"o.{name} = s.{name}" for name in sides.key_names)
    return (
        f"select {selected} from ({own}) s where not exists (select 1 from ({other}) o where {same}) "  # noqa: S608
        f"order by {sides.hashed('s')} limit {most}"
    )


def whole(sides: Sides, differing: str, added: bool, most: int) -> str:
    """The query for rows compared whole that one side has more often: all values. `differing`: as in `multiset`."""
    text = sides.dialect.start
    names = [*sides.key_names, *sides.value_names]
    selected = ", ".join(text(f"d.{name}") for name in names)
    ordered = ", ".join(text(f"d.{name}") for name in names[:3])
    more = f"n {'<' if added else '>'} 0"
    return f"select {selected} from ({differing}) d where {more} order by {ordered} limit {most}"  # noqa: S608


def read_modified(
    sides: Sides, key: Sequence[str], shown: Sequence[int], rows: Sequence[Sequence[object]], hidden: Collection[str]
) -> list[SampleRow]:
    """The answer to `modified`. A hidden column's values are left out, that it differs is not."""
    found = []
    for row in rows:
        cells, at = [], sides.keys
        for number in shown:
            flag, old, new = row[at : at + 3]
            at += 3
            if flag:
                cells.append(_cell(sides.values[number].name, old, new, hidden))
        found.append(SampleRow("modified", _key(key, row, hidden), tuple(cells)))
    return found


def read_alone(
    sides: Sides, key: Sequence[str], rows: Sequence[Sequence[object]], added: bool, hidden: Collection[str]
) -> list[SampleRow]:
    """The answer to `alone` or `whole`."""
    found = []
    for row in rows:
        values = zip(sides.values, row[sides.keys : sides.keys + len(sides.values)], strict=True)
        cells = tuple(
            _cell(column.name, None if added else value, value if added else None, hidden) for column, value in values
        )
        found.append(SampleRow("added" if added else "removed", _key(key, row, hidden), cells))
    return found


def _key(key: Sequence[str], row: Sequence[object], hidden: Collection[str]) -> tuple[tuple[str, str | None], ...]:
    return tuple(
        (name, HIDDEN if name in hidden else _shown(value)) for name, value in zip(key, row[: len(key)], strict=True)
    )


def _cell(name: str, old: object, new: object, hidden: Collection[str]) -> Cell:
    return Cell(name, HIDDEN, HIDDEN) if name in hidden else Cell(name, _shown(old), _shown(new))


def _shown(value: object) -> str | None:
    if value is None:
        return None
    text = str(value)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


HIDDEN = "(personal)"
"""What stands for a value that is not shown."""


WIDEST = 60
"""Columns of a sample; a wider row is not read by anybody."""

_CELLS = 200_000
"""Values fetched to look for segments in, at most."""


def look(
    warehouse: Warehouse, prepared: Prepared, counted: Counted, options: Options
) -> tuple[list[SampleRow], list[Segment]]:
    """Samples and segments of a pair that was counted."""
    if counted.changed is None:
        return _whole(warehouse, prepared, counted, options), []
    return _Look(warehouse, prepared, counted, options).rows()


class _Look:
    def __init__(self, warehouse: Warehouse, prepared: Prepared, counted: Counted, options: Options) -> None:
        self.warehouse, self.counted, self.options = warehouse, counted, options
        self.key, self.sides, self.near = prepared.key.columns, prepared.sides, counted.near
        self.dimensions = asked(prepared.sides, options.hidden)
        self.found: list[SampleRow] = []
        self.explained: list[Segment] = []

    def rows(self) -> tuple[list[SampleRow], list[Segment]]:
        rows = self.counted.rows
        if rows.modified:
            self._modified(rows.modified)
        for added, times in ((False, rows.removed), (True, rows.added)):
            if times:
                self._alone(added, times)
        return self.found, self.explained

    def _modified(self, times: int) -> None:
        changed = self.counted.changed or ()
        shown = [number for number, each in enumerate(changed) if each][:WIDEST]
        many = self._many(3 * len(shown))
        hashes = self.counted.collected(0) or [
            int(each[0]) for each in self.warehouse.rows(key_hashes(self.near, many))
        ]
        some = among(self.near, hashes[:many])
        answer = self.warehouse.rows(modified(some, shown, self.dimensions, many))
        few = answer[: self.options.samples]
        self.found += read_modified(self.sides, self.key, shown, few, self.options.hidden)
        self._explain(self.sides.before, answer, times, "modified")

    def _alone(self, added: bool, times: int) -> None:
        brief = replace(self.near, values=self.near.values[:WIDEST])
        many = self._many(len(brief.values))
        hashes = self.counted.collected(2 if added else 1)
        some = among(brief, hashes[:many]) if hashes else brief
        answer = self.warehouse.rows(alone(some, self.dimensions, added, many))
        self.found += read_alone(brief, self.key, answer[: self.options.samples], added, self.options.hidden)
        own, kind = (self.sides.after, "added") if added else (self.sides.before, "removed")
        self._explain(own, answer, times, kind)

    def _explain(self, side: str, answer: Sequence[Sequence[str | None]], rows: int, kind: str) -> None:
        """What the rows of an answer have in common; their dimensions come last in it."""
        dimensions: list[Dimension] = self.dimensions
        candidates = leading([row[len(row) - len(dimensions) :] for row in answer], dimensions)
        if candidates:
            counts = [int(each) for each in self.warehouse.rows(usual(self.sides, side, candidates))[0]]
            self.explained += explaining(candidates, counts, rows, kind)

    def _many(self, values: int) -> int:
        """How many rows of so many values, with their key and dimensions, are looked at."""
        width = max(1, self.sides.keys + values + len(self.dimensions))
        return max(self.options.samples, min(LOOKED_AT, _CELLS // width))


def _whole(warehouse: Warehouse, prepared: Prepared, counted: Counted, options: Options) -> list[SampleRow]:
    sides = prepared.sides
    shown = replace(sides, values=sides.values[:WIDEST])
    found: list[SampleRow] = []
    for added, times in ((False, counted.rows.removed), (True, counted.rows.added)):
        if times and sides.values:
            query = whole(sides, counted.differing, added, options.samples)
            answer = [row[:WIDEST] for row in warehouse.rows(query)]
            found += read_alone(shown, (), answer, added, options.hidden)
    return found
