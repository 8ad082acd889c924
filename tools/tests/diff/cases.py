"""Random pairs of tables: one, and what random edits make of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hypothesis import strategies as st

from tests.diff.values import KEYS, Value, numbers

NAMES = ("id", "select", "order", "a b", "ÿ", "Group", "semi;colon", "it's", "before", "x", "%s", "_")
NULL = Value("null", None)
Row = tuple[Value, ...]


@dataclass(frozen=True)
class Case:
    """Two tables of the same columns. `keys`: how many columns, from the first, are the key."""

    columns: tuple[tuple[str, str], ...]
    keys: int
    before: tuple[Row, ...]
    after: tuple[Row, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.columns)

    def tables(self, schema: str, quoted: Mapping[str, str]) -> list[str]:
        """Statements that make both tables, empty ones too."""
        made = []
        columns = ", ".join(f"{quoted[name]} {type_}" for name, type_ in self.columns)
        for table, rows in (("before", self.before), ("after", self.after)):
            made.append(f"drop table if exists {schema}.{table}")
            made.append(f"create table {schema}.{table} ({columns})")
            if rows:
                values = ", ".join(f"({', '.join(value.sql for value in row)})" for row in rows)
                made.append(f"insert into {schema}.{table} values {values}")
        return made


@st.composite
def cases(draw: st.DrawFn, types: Mapping[str, tuple[Value, ...]]) -> Case:
    """Any case that fits the engine that has these types."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6, unique_by=str.lower))
    keys = draw(st.integers(0, min(2, len(names))))
    chosen = [draw(st.sampled_from(KEYS if place < keys else sorted(types))) for place in range(len(names))]
    pools = [types[type_] for type_ in chosen]
    if keys and draw(st.integers(0, 3)):
        # Three times in four a key that can tell rows apart.
        chosen[0], pools[0] = "bigint", numbers(*map(str, range(20)))
    cells = [
        st.sampled_from((*[NULL] * (1 + len(pool) // 5), *pool) if draw(st.booleans()) else pool) for pool in pools
    ]
    rows = st.tuples(*cells)
    before = draw(st.lists(rows, max_size=12, unique_by=(lambda row: row[:keys]) if draw(st.booleans()) else None))
    after: list[Row] = list(draw(st.lists(rows, max_size=4)))
    after.extend(row for row in tuple(after) if draw(st.booleans()))
    for row in before:
        fate = draw(st.sampled_from(("same", "same", "edited", "edited", "removed", "doubled")))
        if fate == "edited":
            place = draw(st.integers(min(keys, len(names) - 1), len(names) - 1))
            after.append((*row[:place], draw(cells[place]), *row[place + 1 :]))
        elif fate != "removed":
            after.extend([row] * (2 if fate == "doubled" else 1))
    columns = tuple(zip(names, chosen, strict=True))
    return Case(columns, keys, tuple(before), tuple(draw(st.permutations(after))))
