"""What differs between two tables, told in plain Python: the definition that the SQL is held against."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from dataops.diff.difference import Both, Rows
from tests.diff.cases import Case, Row

RELATIVE = 1e-9
ABSOLUTE = 1e-12

Meaning = tuple[Hashable, ...]


@dataclass(frozen=True)
class Truth:
    """`changed`: in how many pairs of rows each column outside the key differs."""

    rows: Rows
    changed: dict[str, int]
    added: Counter[Meaning]
    removed: Counter[Meaning]
    modified: frozenset[Meaning]


def truth(case: Case) -> Truth:
    """Count rows by the definition: rows that the key identifies by key, all others whole."""
    before, after = meanings(case.before), meanings(case.after)
    counts = [Counter(row[: case.keys] for row in side) for side in (before, after)]
    unusable = {key for count in counts for key, times in count.items() if times > 1 or None in key or not case.keys}

    whole = [Counter(row for row in side if row[: case.keys] in unusable) for side in (before, after)]
    keyed = [{row[: case.keys]: row for row in side if row[: case.keys] not in unusable} for side in (before, after)]
    pairs = [(row, keyed[1][key]) for key, row in keyed[0].items() if key in keyed[1]]
    changed = {
        name: sum(not alike(old[place], new[place]) for old, new in pairs)
        for place, name in enumerate(case.names)
        if place >= case.keys
    }
    differ = [old for old, new in pairs if not all(map(alike, old, new))]
    added = whole[1] - whole[0] + Counter(row for key, row in keyed[1].items() if key not in keyed[0])
    removed = whole[0] - whole[1] + Counter(row for key, row in keyed[0].items() if key not in keyed[1])
    rows = Rows(
        before=len(before),
        after=len(after),
        added=added.total(),
        removed=removed.total(),
        modified=len(differ),
        same=len(before) - removed.total() - len(differ),
        null_keys=_both(sum(n for key, n in count.items() if None in key) for count in counts),
        duplicate_keys=_both(
            sum(n for key, n in count.items() if case.keys and n > 1 and None not in key) for count in counts
        ),
    )
    return Truth(rows, changed, added, removed, frozenset(row[: case.keys] for row in differ))


def meanings(rows: Iterable[Row]) -> list[Meaning]:
    return [tuple(value.meaning for value in row) for row in rows]


def alike(old: Hashable, new: Hashable) -> bool:
    """Whether two values of one column count as the same."""
    if isinstance(old, float) and isinstance(new, float):
        return math.isclose(old, new, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    return old == new


def _both(counts: Iterable[int]) -> Both:
    before, after = counts
    return Both(before, after)
