"""Rows compared whole: how many rows, with their multiplicity, one side has and the other has not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dataops.diff.aggregate import Sides


@dataclass(frozen=True)
class Multiset:
    """Rows that only one side has. A row that occurs three times before and once after is removed twice.

    `hashes` are some of the hashes of rows removed and added, where the database can collect them on the way.
    """

    removed: int
    added: int
    hashes: tuple[tuple[int, ...], ...] = ()


def quick(sides: Sides, collected: int) -> str | None:
    """A query on hashes of rows: in how many groups two hashes disagree, then `removed`, `added` and hashes of each.

    None: not to be had here.

    Rows that cancel out by one hash of 64 bits are held against a second one, which takes the columns backwards.
    """
    if sides.dialect.adapter != "duckdb":
        return None
    names = [*sides.key_names, *sides.value_names]
    forward, backward = hashed(sides), f"hash({', '.join([*reversed(names), '1'])})"
    both = " union all ".join(
        f"select {forward} as h, {sign}cast({backward} as hugeint) as g, {sign}1 as w from ({side}) s"  # noqa: S608
        for side, sign in ((sides.before, ""), (sides.after, "-"))
    )
    groups = f"select h, sum(w) as n, sum(g) as g from ({both}) u group by h having sum(w) <> 0 or sum(g) <> 0"  # noqa: S608
    lists = ", ".join(str(sides.dialect.smallest(f"case when n {sign} 0 then h end", collected)) for sign in (">", "<"))
    return f"select count(case when n = 0 then 1 end), {_COUNTS}, {lists} from ({groups}) d"  # noqa: S608


def hashed(sides: Sides) -> str:
    """The hash of a whole row."""
    return sides.dialect.hashed([*sides.key_names, *sides.value_names])


def exact(sides: Sides) -> str:
    """The query on the rows themselves: `removed` and `added`."""
    return f"select {_COUNTS} from ({differing(sides)}) d"  # noqa: S608


def differing(sides: Sides) -> str:
    """The rows of which the sides have different numbers, with `n`: how many more there are before than after."""
    names = [*sides.key_names, *sides.value_names]
    columns = ", ".join(names)
    both = " union all ".join(
        f"select {columns}, {weight} as w from ({side}) s"  # noqa: S608
        for side, weight in ((sides.before, 1), (sides.after, -1))
    )
    return f"select {columns}, sum(w) as n from ({both}) u group by {columns} having sum(w) <> 0"  # noqa: S608


def read(row: Sequence[Any]) -> Multiset:
    """The answer to `quick`, without its first number, or to `exact`."""
    return Multiset(int(row[0]), int(row[1]), tuple(tuple(int(each) for each in found or ()) for found in row[2:]))


_COUNTS = "coalesce(sum(case when n > 0 then n end), 0), coalesce(sum(case when n < 0 then -n end), 0)"
