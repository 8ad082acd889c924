"""Which column a name stands for inside one SELECT."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from sqlglot import exp

from dataops.sql.names import Names, Parts
from dataops.sql.relation import Column, Relation, UnresolvedError, digest, listed, one_of

Place = tuple[str, str]  # the name of a column as its key, and as written


@dataclass
class Source:
    """A relation that a SELECT reads from. `parts`: the names that it goes by, an alias or the parts of its own."""

    parts: Parts
    relation: Relation


@dataclass
class Scope:
    """What the names of a SELECT can stand for.

    `merged`: the columns of `using`. `aliases`: what the select list calls its expressions. `context`: digest of the
    rows that an aggregate or a window runs over at this point of the SELECT. `unseen`: places of sources that only
    filter, and of which `*` shows nothing.
    """

    names: Names
    parent: Scope | None = None
    ctes: dict[str, Callable[[], Relation]] = field(default_factory=dict)
    sources: list[Source] = field(default_factory=list)
    merged: dict[str, Column] = field(default_factory=dict)
    aliases: dict[str, list[Callable[[], str]]] = field(default_factory=dict)
    aliases_first: bool = False
    windows: dict[str, exp.Window] = field(default_factory=dict)
    context: str = ""
    unseen: set[int] = field(default_factory=set)

    def cte(self, key: str) -> Callable[[], Relation] | None:
        """The common table expression of that name that is in sight."""
        scope: Scope | None = self
        while scope is not None:
            if key in scope.ctes:
                return scope.ctes[key]
            scope = scope.parent
        return None

    def column(self, node: exp.Column) -> Column:
        """The column that a name stands for, or one that stands for all that it might.

        Raises:
            UnresolvedError: no relation in sight can have it.
        """
        keys = self.names.keys(node.parts)
        found = self._qualified(keys) if len(keys) > 1 else self._plain(keys[0])
        if found is None:
            raise UnresolvedError(f"cannot tell where {node.sql()} comes from")
        return found

    def source(self, parts: Parts) -> Relation | None:
        """The relation that goes by that name, in this SELECT alone."""
        for source in self.sources:
            if source.parts and source.parts[-len(parts) :] == parts:
                return source.relation
        return None

    def starred(self) -> list[Relation]:
        """What `*` stands for. Columns of `using` appear once, with the value of both."""
        seen = [source.relation for at, source in enumerate(self.sources) if at not in self.unseen]
        if not seen:
            raise UnresolvedError("selects all columns of nothing")
        if not self.merged:
            return seen
        done: set[str] = set()
        found: list[Relation] = []
        for relation in seen:
            if relation.columns is None:
                raise UnresolvedError("selects all columns of a join by name, and not all are known")
            columns = [self.merged.get(one.key, one) for one in relation.columns if one.key not in done]
            done |= {one.key for one in columns if one.key in self.merged}
            found.append(listed(relation.rows, columns))
        leading = [one.key for one in found[0].columns or ()][: len(self.merged)]
        if set(leading) != set(self.merged) and self.names.dialect.__class__.__name__ != "DuckDB":
            raise UnresolvedError("selects all columns of a join by name, whose order the engine decides")
        return found

    def _plain(self, key: str) -> Column | None:
        found, certain = self._own(key)
        if self.aliases_first or not certain:
            found.extend(Column(key, key, value()) for value in self._aliased(key))
        if not certain and self.parent is not None:
            outer = self.parent._plain(key)
            if outer is not None:
                found.append(self._from_outside(outer))
        return one_of(key, found)

    def _from_outside(self, column: Column) -> Column:
        """A column of a surrounding SELECT: another thing than the same column of this one."""
        return replace(column, value=digest("outer", column.value)) if self.sources else column

    def _own(self, key: str) -> tuple[list[Column], bool]:
        """The columns of that name, and whether it is sure to be one of them."""
        if key in self.merged:
            return [self.merged[key]], True
        found: list[Column] = []
        certain = False
        for source in self.sources:
            columns = source.relation.find(key)
            found.extend(columns)
            certain = certain or bool(columns and source.relation.columns is not None)
        whole = self.source((key,))
        if whole is not None:  # some engines read a relation's name as its whole row
            found.append(Column(key, key, digest("row", whole.layout, whole.rows)))
        return found, certain

    def _aliased(self, key: str) -> Iterator[Callable[[], str]]:
        yield from self.aliases.get(key, ())

    def _qualified(self, keys: Parts) -> Column | None:
        for cut in range(len(keys) - 1, 0, -1):
            relation = self.source(keys[:cut])
            if relation is not None:
                found = one_of(keys[cut], list(relation.find(keys[cut])))
                return found and _within(found, keys[cut + 1 :])
        if self.parent is not None:
            outer = self.parent._qualified(keys)
            if outer is not None:
                return self._from_outside(outer)
        field_of = self._plain(keys[0])
        return field_of and _within(field_of, keys[1:])


def _within(column: Column, fields: Parts) -> Column:
    """A field of a column: whoever reads a part reads the column."""
    return replace(column, value=digest("field", column.value, fields), kind=None, stored=None) if fields else column
