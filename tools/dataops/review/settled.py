"""What the plan could not know of types, settled by what was built: the database has both sides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from dataops.changes.plan import Plan
from dataops.project.difference import Break
from dataops.project.shape import Shape
from dataops.review.facts import Compared


def settled(plan: Plan, compared: Iterable[Compared]) -> Plan:
    """The plan without readers of a column that kept its type, and sure of those whose column has another one."""
    types = {each.unique_id: (_types(each.before), _types(each.after)) for each in compared}
    return replace(plan, breaking=tuple(_settled(plan.breaking, types)))


def _settled(breaking: Iterable[Break], types: dict[str, tuple[dict[str, str], dict[str, str]]]) -> Iterator[Break]:
    for each in breaking:
        before, after = (side.get(each.column.casefold()) for side in types.get(each.unique_id, ({}, {})))
        if each.kind != "retyped" or before is None or after is None:
            yield each
        elif before != after:
            yield replace(each, doubt=None if each.doubt == "type" else each.doubt)


def _types(shape: Shape | None) -> dict[str, str]:
    return {name.casefold(): kind for name, kind in shape.columns.items()} if shape else {}
