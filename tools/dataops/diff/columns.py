"""The columns of two relations, paired by name, each with how its values are compared."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from dataops.diff import dialects
from dataops.diff.dialects import Dialect


@dataclass(frozen=True)
class Tolerance:
    """Floats are the same within max(`absolute`, `relative` × the larger magnitude); NaN is the same as NaN.

    Text is the same in every character, unless letter case or white space at either end is ignored.
    """

    relative: float = 1e-9
    absolute: float = 1e-12
    ignore_case: bool = False
    ignore_space: bool = False

    def text(self, value: str) -> str:
        """A text's SQL without what is ignored of it."""
        value = f"trim({value})" if self.ignore_space else value
        return f"lower({value})" if self.ignore_case else value


@dataclass(frozen=True)
class Paired:
    """A column of both sides. `before` and `after` are SQL of its values, brought to one form; `float` compares
    within the tolerance. `problem`: why its values cannot be compared.
    """

    name: str
    before_type: str
    after_type: str
    before: str
    after: str
    float: bool = False
    problem: str = ""

    @property
    def families(self) -> tuple[str, str]:
        """The families of both types."""
        return dialects.family_of(self.before_type), dialects.family_of(self.after_type)

    @property
    def numeric(self) -> bool:
        """Whether both sides are numbers."""
        return set(self.families) <= dialects.NUMERIC

    def differs(self, dialect: Dialect, tolerance: Tolerance, one: str, other: str) -> str:
        """SQL that is true where two values of this column differ, and never NULL."""
        if dialects.TEXT in self.families:
            return dialect.distinct(tolerance.text(one), tolerance.text(other))
        unequal = dialect.distinct(one, other)
        if not self.float:
            return unequal
        small = f"{tolerance.absolute!r}"
        big = f"greatest(abs({one}), abs({other}))"
        # Each step keeps the next from overflowing or underflowing, which some databases refuse.
        return (
            f"case when not ({unequal}) then false when {one} is null or {other} is null then true "
            f"when abs({one}) >= {dialect.infinity} or abs({other}) >= {dialect.infinity} then true "
            f"when ({one} < 0) <> ({other} < 0) then case when {big} <= {small} "
            f"then abs({one}) + abs({other}) > {small} else true end "
            f"when {big} <= {small} then false "
            f"else abs({one} - {other}) > greatest({small}, {tolerance.relative!r} * {big}) end"
        )


def matched(before: Collection[str], after: Collection[str]) -> dict[str, str]:
    """The columns of `before` that `after` has too, by that side's name for them; letter case is no difference."""
    exact = {name: name for name in before if name in set(after)}
    folded: dict[str, list[str]] = {}
    for name in after:
        folded.setdefault(name.lower(), []).append(name)
    twice = {name for name in folded if sum(each.lower() == name for each in before) > 1}
    loose = {
        name: folded[name.lower()][0]
        for name in before
        if name not in exact and len(folded.get(name.lower(), ())) == 1 and name.lower() not in twice
    }
    return {name: exact.get(name) or loose[name] for name in before if name in exact or name in loose}


def paired(dialect: Dialect, before: Mapping[str, str], after: Mapping[str, str]) -> list[Paired]:
    """Every column of both sides, in the order of the side after."""
    names = {own: name for name, own in matched(before, after).items()}
    return [_pair(dialect, own, names[own], before[names[own]], after[own]) for own in after if own in names]


def _pair(dialect: Dialect, name: str, before_name: str, before_type: str, after_type: str) -> Paired:
    one, other = dialect.quote(before_name), dialect.quote(name)
    left, right = dialects.family_of(before_type), dialects.family_of(after_type)
    if dialects.INCOMPARABLE in (left, right):
        which = before_type if left == dialects.INCOMPARABLE else after_type
        return Paired(name, before_type, after_type, one, other, problem=f"values of type {which} cannot be compared")
    one, other = dialect.whole(one, before_type), dialect.whole(other, after_type)
    if left == right:
        if left == dialects.FLOAT:
            return Paired(name, before_type, after_type, one, other, float=True)
        if left in dialects.TEMPORAL:
            one, other = _coarser(one, before_type, other, after_type)
        return Paired(name, before_type, after_type, one, other)
    if {left, right} <= dialects.NUMERIC:
        if dialects.FLOAT in (left, right):
            one, other = (f"cast({each} as {dialect.double})" for each in (one, other))
            return Paired(name, before_type, after_type, one, other, float=True)
        return Paired(name, before_type, after_type, one, other)
    if {left, right} <= dialects.TEMPORAL:
        one, other = _utc(one, left), _utc(other, right)
        one, other = _coarser(one, before_type, other, after_type)
        return Paired(name, before_type, after_type, one, other)
    return Paired(name, before_type, after_type, dialect.text(one), dialect.text(other))


def _utc(value: str, family: str) -> str:
    return f"({value} at time zone 'UTC')" if family == dialects.INSTANT else value


def _coarser(one: str, before_type: str, other: str, after_type: str) -> tuple[str, str]:
    """Both sides at the precision of the coarser type."""
    left, right = dialects.precision(before_type), dialects.precision(after_type)
    mixed = dialects.family_of(before_type) != dialects.family_of(after_type)

    def plain(dtype: str) -> str:
        # Once in UTC, an instant is a timestamp: a cast to its own type would shift it by the session's time zone.
        return "timestamp" if mixed and dialects.family_of(dtype) == dialects.INSTANT else dtype

    if left < right:
        return one, f"cast({other} as {plain(before_type)})"
    if right < left:
        return f"cast({one} as {plain(after_type)})", other
    return one, other
