"""Relationships: columns whose every value is the key of another chosen relation."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from dataops.suggest import naming
from dataops.suggest.proposal import Table

MOST = 100
"""Pairs that are asked for in one run, a query each."""

_EACH = 2
"""Parents at most that are tried for a column, the likeliest first."""


@dataclass(frozen=True)
class Link:
    """A column that may hold the keys of another relation."""

    child: str
    column: str
    parent: str
    field: str


def candidates(
    tables: Mapping[str, Table],
    keys: Mapping[str, str],
    names: Mapping[str, str],
    above: Mapping[str, Collection[str]],
    layers: Mapping[str, int | None],
) -> dict[tuple[str, str], list[Link]]:
    """For each column that is a key by its name, the relations whose key it may be, the likeliest first.

    `above`: what each node is made from, at whatever distance. A relation that is made from the child is no
    parent, nor is one of a later layer.
    """
    found: dict[tuple[str, str], list[Link]] = {}
    for child, table in tables.items():
        for column in table.columns.values():
            if column.name == keys.get(child) or not naming.is_key(column.name) or not column.filled:
                continue
            ranked = sorted(_ranked(child, column.name, tables, keys, names, above, layers))
            if ranked:
                found[child, column.name] = [link for _, _, link in ranked[:_EACH]]
    return found


def _ranked(
    child: str,
    column: str,
    tables: Mapping[str, Table],
    keys: Mapping[str, str],
    names: Mapping[str, str],
    above: Mapping[str, Collection[str]],
    layers: Mapping[str, int | None],
) -> Iterator[tuple[int, str, Link]]:
    for parent, field in keys.items():
        if parent == child or child in above.get(parent, ()) or not naming.is_key(field):
            continue
        later, earlier = layers[parent], layers[child]
        if later is not None and earlier is not None and later > earlier:
            continue
        if tables[parent].columns[field].family != tables[child].columns[column].family:
            continue
        names_it = naming.stem(names[parent])
        same = column.lower() == field.lower() != "id"
        ends = column.lower().endswith(f"_{field.lower()}") and field.lower() not in ("id", "key")
        by_stem = field.lower() in ("id", "key") and column.lower().endswith(f"{names_it}_{field.lower()}")
        if not (same or ends or by_stem):
            continue
        # A parent is named after what it holds; a dimension is made to be referred to; what is read is nearer.
        rank = 4 * (not field.lower().startswith(names_it) and not by_stem)
        rank += 2 * (not same) + (not names[parent].startswith("dim_")) + (parent not in above.get(child, ()))
        yield rank, names[parent], Link(child, column, parent, field)


def asking(child: str, parent: str, column: str, field: str) -> str:
    """The query, of names as SQL: how many values there are, and how many of them are no key of the parent."""
    return (
        f"select count(*), sum(case when p.k is null then 1 else 0 end) from {child} c "  # noqa: S608
        f"left join (select distinct {field} as k from {parent} where {field} is not null) p on p.k = c.{column} "
        f"where c.{column} is not null"
    )
