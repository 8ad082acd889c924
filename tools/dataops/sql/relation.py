"""What a query yields, as far as it can be compared: which rows, and what each column holds, each as a digest.

The digest of the rows stands for a bag of rows; a column's digest for a function of such a row. Two queries whose
digests are the same have the same content. The reverse is not claimed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from hashlib import blake2b

from sqlglot import exp

from dataops.sql.types import Type, merged

SEVERAL = 8
"""So many columns that a name might stand for are told apart."""


class UnresolvedError(Exception):
    """Nothing can be proved about a query; the message says why, in words for a reviewer."""


def digest(*parts: object) -> str:
    """A short name for something that is made of these parts and nothing else."""
    return blake2b(repr(parts).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


@dataclass(frozen=True)
class Column:
    """A column of a relation.

    `key` is what its name is compared by; `kind` its type, where the SQL tells it; `stored` the one that a catalog
    knows, of a column that is passed on as it is. `origin` is the node and the column it comes from, while nothing but
    `*` has read it. `unnamed`: the engine makes up its name from the text.
    """

    name: str
    key: str
    value: str
    kind: Type | None = None
    stored: Type | None = None
    origin: tuple[str, str] | None = None
    unnamed: bool = False


@dataclass(frozen=True)
class Relation:
    """What a table, a CTE or a query yields. `columns` is None where they cannot be listed.

    `layout` covers all that `*` sees: names, values and their order. `order` covers what the rows are sorted by on
    the way: it counts only for what depends on the order, such as a limit.
    """

    rows: str
    columns: tuple[Column, ...] | None
    layout: str
    find: Callable[[str], tuple[Column, ...]]
    order: str = ""


def listed(rows: str, columns: Iterable[Column], order: str = "") -> Relation:
    """A relation whose columns are all known."""
    columns = tuple(columns)

    def find(key: str) -> tuple[Column, ...]:
        return tuple(column for column in columns if column.key == key)

    layout = digest("columns", tuple((column.name, column.value) for column in columns))
    return Relation(rows, columns, layout, find, order)


def one_of(key: str, found: list[Column]) -> Column | None:
    """The one column, or a stand-in that differs whenever one of several differs."""
    values = {column.value for column in found}
    if not found or len(values) == 1:
        return found[0] if found else None
    origins = [column.origin for column in found if column.origin]
    return Column(key, key, digest("one of", sorted(values)), origin=origins[0] if origins else None)


def open_ended(rows: str, layout: str, find: Callable[[str], tuple[Column, ...]], order: str = "") -> Relation:
    """A relation that may have any column; `find` tells what a name would stand for.

    It is asked once for each name, and many answers become one: along a chain of relations of which each reads the
    one before twice, questions and answers would double at each step.
    """

    @cache
    def few(key: str) -> tuple[Column, ...]:
        found = find(key)
        one = one_of(key, list(found))
        return found if one is None or len(found) <= SEVERAL else (one,)

    return Relation(rows, None, layout, few, order)


def composed(rows: str, parts: Iterable[Column | Relation], order: str = "") -> Relation:
    """The columns of a select list in which a relation stands for all of its columns."""
    parts = tuple(parts)
    columns: list[Column] = []
    for part in parts:
        if isinstance(part, Column):
            columns.append(part)
        elif part.columns is not None:
            columns.extend(part.columns)
        else:
            return _open(rows, parts, order)
    return listed(rows, columns, order)


def _open(rows: str, parts: tuple[Column | Relation, ...], order: str) -> Relation:
    def find(key: str) -> tuple[Column, ...]:
        found: list[Column] = []
        for part in parts:
            if isinstance(part, Relation):
                found.extend(part.find(key))
            elif part.key == key:
                found.append(part)
        return tuple(found)

    seen = [part.layout if isinstance(part, Relation) else (part.name, part.value) for part in parts]
    return open_ended(rows, digest("open", seen), find, order)


def mapped(relation: Relation, change: Callable[[Column], Column], mark: str) -> Relation:
    """The relation with every column changed alike; `mark` names the change for columns that cannot be listed."""
    if relation.columns is not None:
        return listed(relation.rows, map(change, relation.columns), relation.order)
    return open_ended(
        relation.rows,
        digest("mapped", mark, relation.layout),
        lambda key: tuple(map(change, relation.find(key))),
        relation.order,
    )


def only(relation: Relation, leave_out: frozenset[str]) -> Relation:
    """The relation without some columns."""
    if relation.columns is not None:
        kept = (column for column in relation.columns if column.key not in leave_out)
        return listed(relation.rows, kept, relation.order)
    return open_ended(
        relation.rows,
        digest("without", sorted(leave_out), relation.layout),
        lambda key: () if key in leave_out else relation.find(key),
        relation.order,
    )


def renamed(relation: Relation, names: list[tuple[str, str]]) -> Relation:
    """The relation with the column names that an alias gives it, by position.

    Raises:
        UnresolvedError: the alias does not name exactly the columns that there are.
    """
    if relation.columns is None or len(relation.columns) != len(names):
        raise UnresolvedError("renames columns that cannot be listed")
    pairs = zip(relation.columns, names, strict=True)
    return listed(relation.rows, (replace(one, name=name, key=key) for one, (name, key) in pairs), relation.order)


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
        return _open_union(rows, left, right, order)
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


def _open_union(rows: str, left: Relation, right: Relation, order: str) -> Relation:
    """By place, without knowing the places: a name of the left side may meet any column of the right."""

    def find(key: str) -> tuple[Column, ...]:
        return tuple(
            Column(one.name, one.key, digest("united", one.value, left.layout, right.layout)) for one in left.find(key)
        )

    return open_ended(rows, digest("united", left.layout, right.layout), find, order)
