"""Set operations: the columns of both sides, by place or by name."""

from __future__ import annotations

from sqlglot import exp

from dataops.changes.relation import Column, Relation, UnresolvedError, digest, listed, open_ended
from dataops.changes.types import merged


def united(node: exp.SetOperation, left: Relation, right: Relation) -> Relation:
    """What a union, an intersection or a difference of two relations yields.

    Raises:
        UnresolvedError: it matches columns in a way that is not followed.
    """
    by_name = bool(node.args.get("by_name"))
    keeps_all = isinstance(node, exp.Union) and not node.args.get("distinct")
    columns = _by_name(left, right) if by_name else _by_place(left, right)
    name = type(node).__name__, bool(node.args.get("distinct"))
    rows = digest(name, left.rows, right.rows)
    order = digest(left.order, right.order) if left.order or right.order else ""
    if columns is None:
        if not keeps_all:
            rows = digest(rows, left.layout, right.layout)
        return _open(rows, left, right, order)
    if not keeps_all:  # rows are compared by all of their columns
        rows = digest(rows, sorted(column.value for column in columns))
    return listed(rows, columns, order)


def _by_place(left: Relation, right: Relation) -> list[Column] | None:
    if left.columns is None or right.columns is None:
        return None
    if len(left.columns) != len(right.columns):
        raise UnresolvedError("puts together queries with different numbers of columns")
    return [_both(one, other) for one, other in zip(left.columns, right.columns, strict=True)]


def _by_name(left: Relation, right: Relation) -> list[Column]:
    if left.columns is None or right.columns is None:
        raise UnresolvedError("puts columns together by name, and not all are known")
    first = {column.key: column for column in left.columns}
    second = {column.key: column for column in right.columns}
    if len(first) < len(left.columns) or len(second) < len(right.columns):
        raise UnresolvedError("puts columns together by name, and some share a name")
    shared = [_both(one, second[key]) if key in second else _alone(one, "left") for key, one in first.items()]
    return shared + [_alone(other, "right") for key, other in second.items() if key not in first]


def _both(one: Column, other: Column) -> Column:
    return Column(one.name, one.key, digest("united", one.value, other.value), merged(one.kind, other.kind))


def _alone(column: Column, side: str) -> Column:
    return Column(column.name, column.key, digest("united", side, column.value), column.kind)


def _open(rows: str, left: Relation, right: Relation, order: str) -> Relation:
    """By place, without knowing the places: a name of the left side may meet any column of the right."""

    def find(key: str) -> tuple[Column, ...]:
        return tuple(
            Column(one.name, one.key, digest("united", one.value, left.layout, right.layout)) for one in left.find(key)
        )

    return open_ended(rows, digest("united", left.layout, right.layout), find, order)
