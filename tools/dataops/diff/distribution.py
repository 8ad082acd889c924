"""A column's distribution on each side, in one scan of each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from dataops.diff import dialects
from dataops.diff.aggregate import Sides
from dataops.diff.difference import Profile

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)

_EXACT = 250_000
"""Up to this many rows, distinct values and quantiles are exact; above, they come from rows chosen by hash."""

_HUGE = "1e290"
"""Values beyond, infinity and NaN among them, are left out of sums, means and quantiles: a sum would overflow."""


def asking(sides: Sides, side: str, columns: Sequence[int], rows: int) -> str:
    """The query for the profiles of some columns of one side, which has `rows` rows."""
    dialect = sides.dialect
    one_in = max(1, -(-rows // _EXACT))
    names = sides.value_names
    drawn = dialect.divides(one_in, sides.hashed("s") if sides.keys else dialect.hashed([f"s.{names[0]}"]))
    asked: list[str] = ["count(*)"]
    for number in columns:
        value = f"s.{names[number]}"
        asked.append(f"count({value})")
        some = value if one_in == 1 else f"case when {drawn} then {value} end"
        asked.append(f"count(distinct {some})" if _countable(sides, number) and one_in == 1 else "null")
        if sides.values[number].numeric:
            number_of = f"cast({value} as {dialect.double})"
            finite = number_of
            if dialects.FLOAT in sides.values[number].families:
                finite = f"case when abs({number_of}) < {_HUGE} then {number_of} end"
            sampled = finite if one_in == 1 else f"case when {drawn} then {finite} end"
            asked += [f"sum({finite})", f"avg({finite})"]
            asked += [dialect.text(f"min({value})"), dialect.text(f"max({value})")]
            asked += dialect.quantiles(sampled, QUANTILES)
        elif _ordered(sides, number):
            asked += [dialect.text(f"min({value})"), dialect.text(f"max({value})")]
    return f"select {', '.join(asked)} from ({side}) s"  # noqa: S608


def read(sides: Sides, columns: Sequence[int], row: Sequence[Any], hidden: Collection[str]) -> dict[int, Profile]:
    """The answer to `asking`. Of a hidden column only counts are kept."""
    values = iter(row)
    total = int(str(next(values)))
    found = {}
    for number in columns:
        nulls = total - int(str(next(values)))
        distinct = next(values)
        profile = Profile(nulls, None if distinct is None else int(str(distinct)))
        if sides.values[number].numeric:
            sum_, mean, low, high = (next(values) for _ in range(4))
            quantiles = [next(values) for _ in sides.dialect.quantiles("", QUANTILES)]
            if len(quantiles) == 1:
                quantiles = list(quantiles[0] or ())
            profile = Profile(
                nulls,
                profile.distinct,
                _number(sum_),
                _number(mean),
                _text(low),
                _text(high),
                () if None in quantiles else tuple(float(str(each)) for each in quantiles),
            )
        elif _ordered(sides, number):
            low, high = next(values), next(values)
            profile = Profile(nulls, profile.distinct, None, None, _text(low), _text(high))
        if sides.values[number].name in hidden:
            profile = Profile(nulls, profile.distinct)
        found[number] = profile
    return found


def _countable(sides: Sides, number: int) -> bool:
    return not {dialects.JSON, dialects.MAP, dialects.NESTED} & set(sides.values[number].families)


def _ordered(sides: Sides, number: int) -> bool:
    ordered = dialects.NUMERIC | dialects.TEMPORAL
    return set(sides.values[number].families) <= ordered


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))


def _text(value: object) -> str | None:
    return None if value is None else str(value)
