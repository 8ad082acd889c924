"""A few rows that differ, the same ones in every run: those whose keys have the smallest hashes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import chain

from dataops.diff.aggregate import Sides, any_of
from dataops.diff.dialect import LONGEST
from dataops.diff.facts import Cell, SampleRow
from dataops.diff.segments import Dimension


def hashes(sides: Sides, most: int) -> str:
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
