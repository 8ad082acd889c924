"""The one query that counts everything: a full outer join of both sides on the key, aggregated to a single row. Rows
that the key does not identify are split off before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from dataops.diff import dialects
from dataops.diff.columns import Paired, Tolerance
from dataops.diff.dialects import Dialect


@dataclass(frozen=True)
class Sides:
    """What is compared: SQL of each side's rows as `select`s with columns k0, k1, … (the key) and c0, … (values).

    `values` are the columns whose values are compared, in the order of c0, c1, …; `others`, as x0, x1, …, are there to
    explain what differs.
    """

    dialect: Dialect
    tolerance: Tolerance
    before: str
    after: str
    keys: int
    values: tuple[Paired, ...]
    others: tuple[Paired, ...] = ()

    @property
    def key_names(self) -> list[str]:
        """k0, k1, …."""
        return [f"k{number}" for number in range(self.keys)]

    @property
    def value_names(self) -> list[str]:
        """c0, c1, …."""
        return [f"c{number}" for number in range(len(self.values))]

    @property
    def content(self) -> list[str]:
        """What a hash of the values is made of. DuckDB hashes NULL, `[]` and `[NULL]` alike; as text they differ."""
        nested = {dialects.NESTED, dialects.MAP}
        texts = [
            self.dialect.text(name)
            for name, column in zip(self.value_names, self.values, strict=True)
            if nested & set(column.families)
        ]
        return [*self.value_names, *texts]

    @property
    def named(self) -> list[tuple[str, Paired]]:
        """Every column but the key's, with its name here."""
        others = [f"x{number}" for number in range(len(self.others))]
        return [*zip(self.value_names, self.values, strict=True), *zip(others, self.others, strict=True)]

    @property
    def on(self) -> str:
        """The condition of the join of `b` (before) and `a` (after)."""
        return " and ".join(f"b.{name} = a.{name}" for name in self.key_names)

    def differing(self) -> list[str]:
        """For each compared column, SQL that is true where `b` and `a` differ in it."""
        return [
            column.differs(self.dialect, self.tolerance, f"b.{name}", f"a.{name}")
            for name, column in zip(self.value_names, self.values, strict=True)
        ]

    def hashed(self, alias: str) -> str:
        """The hash of the key, which orders samples the same way in every run."""
        return self.dialect.hashed([f"{alias}.{name}" for name in self.key_names])


@dataclass(frozen=True)
class Counts:
    """The aggregate. `duplicates`: among rows that one side alone has, a key occurs twice.

    `hashes` are some of the smallest hashes of the keys of modified, removed and added rows; empty where the database
    cannot collect them on the way.
    """

    before: int
    after: int
    pairs: int
    modified: int
    null_before: int
    null_after: int
    duplicates: bool
    changed: tuple[int, ...]
    hashes: tuple[tuple[int, ...], ...] = ()

    def sound(self, before: int, after: int) -> bool:
        """Whether the key identified every row, given the rows of each side.

        Of the keys that both sides have, let b and a be how often each occurs: the join has Σab pairs where the sides
        have Σb and Σa rows. With a, b ≥ 1, all three are equal only if every b and a is 1. A join that was stopped
        has more rows than both sides together, so that it cannot agree with both.
        """
        complete = self.before == before and self.after == after
        return complete and not self.duplicates and not (self.null_before and self.null_after)


def counting(sides: Sides, most: int, collected: int) -> str:
    """The query behind `Counts`. `most`: rows that a join can have if keys are unique; it stops after one more.

    `collected`: how many hashes of modified, of removed and of added rows are wanted.
    """
    joined = [f"{side}.here as {side}_here" for side in ("b", "a")]
    joined += [f"{side}.{name} as {side}_{name}" for side in ("b", "a") for name in sides.key_names]
    both = "b.here = 1 and a.here = 1"
    joined += [f"{both} and ({differs}) as d{number}" for number, differs in enumerate(sides.differing())]
    flags = [f"d{number}" for number in range(len(sides.values))]
    judged = [
        *("b_here", "a_here"),
        *(f"case when {side}_here = 1 and ({_missing(sides, side)}) then 1 end as {side}_null" for side in ("b", "a")),
        f"case when a_here is null then {_hash(sides, 'b')} end as b_alone",
        f"case when b_here is null then {_hash(sides, 'a')} end as a_alone",
        f"case when {any_of(flags)} then {_hash(sides, 'b')} end as differs",
        *flags,
    ]
    counts = [
        *("count(b_here)", "count(a_here)", "count(case when b_here = 1 and a_here = 1 then 1 end)", "count(differs)"),
        *("count(b_null)", "count(a_null)"),
        "count(b_alone) - count(distinct b_alone) + count(a_alone) - count(distinct a_alone)",
        *(f"count(case when {flag} then 1 end)" for flag in flags),
        *(each for name in ("differs", "b_alone", "a_alone") if (each := sides.dialect.smallest(name, collected))),
    ]
    rows = " full outer join ".join(
        f"(select 1 as here, s.* from ({side}) s) {alias}"  # noqa: S608
        for side, alias in ((sides.before, "b"), (sides.after, "a"))
    )
    inner = f"select {', '.join(joined)} from {rows} on {sides.on} limit {most + 1}"  # noqa: S608
    return f"select {', '.join(counts)} from (select {', '.join(judged)} from ({inner}) j) k"  # noqa: S608


def _missing(sides: Sides, side: str) -> str:
    return " or ".join(f"{side}_{name} is null" for name in sides.key_names)


def _hash(sides: Sides, side: str) -> str:
    return sides.dialect.hashed([f"{side}_{name}" for name in sides.key_names])


def read(row: Sequence[Any], columns: int) -> Counts:
    """The answer to `counting` of so many columns."""
    before, after, pairs, modified, null_before, null_after, repeated, *changed = (
        int(each) for each in row[: 7 + columns]
    )
    hashes = tuple(tuple(int(each) for each in found or ()) for found in row[7 + columns :])
    return Counts(before, after, pairs, modified, null_before, null_after, bool(repeated), tuple(changed), hashes)


def any_of(conditions: Sequence[str]) -> str:
    """The disjunction as a balanced tree: a database bounds how deep an expression may be, not how wide."""
    if not conditions:
        return "false"
    if len(conditions) == 1:
        return conditions[0]
    half = len(conditions) // 2
    return f"({any_of(conditions[:half])} or {any_of(conditions[half:])})"


def split(sides: Sides) -> tuple[Sides, Sides]:
    """The rows that the key identifies on both sides, and the others: a NULL in the key, or a key that occurs twice.

    A key that occurs twice on one side puts the rows of both sides with that key among the others.
    """
    keys = ", ".join(sides.key_names)
    twice = " union ".join(
        f"select {keys} from ({side}) s group by {keys} having count(*) > 1"  # noqa: S608
        for side in (sides.before, sides.after)
    )
    same = " and ".join(f"m.{name} = s.{name}" for name in sides.key_names)
    missing = " or ".join(f"s.{name} is null" for name in sides.key_names)
    shared = f"exists (select 1 from ({twice}) m where {same})"  # noqa: S608

    def rows(side: str, condition: str) -> str:
        return f"select s.* from ({side}) s where {condition}"  # noqa: S608

    identified, others = f"not ({missing}) and not {shared}", f"({missing}) or {shared}"
    return (
        replace(sides, before=rows(sides.before, identified), after=rows(sides.after, identified)),
        replace(sides, before=rows(sides.before, others), after=rows(sides.after, others)),
    )


def repeated(sides: Sides, side: str) -> str:
    """The query for how many rows of one side share their key with another row of it, and how many lack it."""
    keys = ", ".join(sides.key_names)
    missing = " or ".join(f"{name} is null" for name in sides.key_names)
    groups = f"select count(*) as n, max(case when {missing} then 1 else 0 end) as hole from ({side}) s group by {keys}"  # noqa: S608
    return (
        "select coalesce(sum(case when hole = 0 and n > 1 then n end), 0), "  # noqa: S608
        f"coalesce(sum(case when hole = 1 then n end), 0) from ({groups}) g"
    )
