"""From which columns a query's columns are made, and what is done to them on the way: an interpretation of its SQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, traverse_scope
from sqlglot.schema import MappingSchema

from dataops.sql.deidentify import shapes
from dataops.sql.relation import UnresolvedError

Key = tuple[str, str, str]
ANY = "*"  # stands for the columns of a relation that cannot be told apart


@dataclass(frozen=True)
class Flow:
    """A tagged column on its way: its name, the columns it came through, and the shapes it passed in this query."""

    source: str
    path: tuple[str, ...] = ()
    steps: frozenset[str] = frozenset()


Columns = dict[str, frozenset[Flow]]


@dataclass(frozen=True)
class Lineage:
    """What a query's columns are made from.

    `stand_in`: the relation that a function over files, such as `read_csv`, stands for.
    """

    sql: str
    dialect: str
    relations: Mapping[Key, Columns]
    stand_in: Key | None = None

    def columns(self) -> Columns:
        """Each column of the result with what flows into it.

        Raises:
            UnresolvedError: part of the query cannot be followed.
        """
        try:
            tree = self._qualified()
            scopes = traverse_scope(tree)
        except (SqlglotError, RecursionError) as error:
            raise UnresolvedError(f"cannot be parsed: {str(error).splitlines()[0]}") from error
        if not scopes:
            raise UnresolvedError("is not a query")
        results: dict[int, Columns] = {}
        for scope in scopes:
            results[id(scope.expression)] = _Reader(self, scope, results).columns()
        return results[id(scopes[-1].expression)]

    def _qualified(self) -> exp.Expr:
        schema = MappingSchema(dialect=self.dialect)
        for key, columns in self.relations.items():
            table = _table(key)
            if columns and ANY not in columns:
                schema.add_table(table, dict.fromkeys(columns, "text"), dialect=self.dialect)
        tree = sqlglot.parse_one(self.sql, read=self.dialect)
        if tree.find(exp.Pivot):
            raise UnresolvedError("turns rows into columns")
        if self.stand_in:
            for table in list(tree.find_all(exp.Table)):
                if isinstance(table.this, (exp.ReadCSV, exp.ReadParquet)):
                    table.replace(exp.alias_(_table(self.stand_in), table.alias or "files", table=True))
        return qualify(
            tree, schema=schema, dialect=self.dialect, validate_qualify_columns=False, quote_identifiers=False,
            isolate_tables=False, qualify_columns=True,
        )  # fmt: skip


@dataclass(frozen=True)
class _Reader:
    """One SELECT of a query; `results` holds those that it reads from."""

    query: Lineage
    scope: Scope
    results: dict[int, Columns]

    def columns(self) -> Columns:
        expression = self.scope.expression
        if isinstance(expression, exp.SetOperation):
            return self._united(expression)
        if not isinstance(expression, exp.Select):  # unnest and the like: whatever goes in may come out
            return {ANY: frozenset(self._flows(expression, frozenset()))}
        found: Columns = {}
        for projection in expression.selects:
            name = ANY if projection.is_star or projection.find(exp.Columns) else projection.alias_or_name.lower()
            found[name] = found.get(name, frozenset()) | frozenset(self._flows(projection, frozenset()))
        return found

    def _united(self, expression: exp.SetOperation) -> Columns:
        sides = [self.results[id(side.unnest())] for side in (expression.this, expression.expression)]
        if any(ANY in side for side in sides) or len({len(side) for side in sides}) > 1:
            return {ANY: frozenset(flow for side in sides for flows in side.values() for flow in flows)}
        left, right = sides
        return {name: one | other for (name, one), other in zip(left.items(), right.values(), strict=True)}

    def _flows(self, node: exp.Expr, steps: frozenset[str]) -> Iterator[Flow]:
        """What flows into an expression. Partitions and orders of a window choose rows; they do not flow."""
        if isinstance(node, exp.Column) and not isinstance(node.this, exp.Star):
            yield from _after(self._column(node), steps)
        elif isinstance(node, (exp.Column, exp.TableColumn, exp.Star, exp.Columns)):
            if not isinstance(node.parent, exp.Count):
                yield from _after(self._everything(outer=not node.is_star), steps)
        elif isinstance(node, exp.Query) and node is not self.scope.expression:
            if id(node.unnest()) not in self.results:
                raise UnresolvedError(f"has a query that cannot be followed: {node.sql()[:80]}")
            yield from _after(_all(self.results[id(node.unnest())]), steps)
        else:
            for child in [node.this] if isinstance(node, exp.Window) else node.iter_expressions():
                gained = shapes(node, child)
                if "offset" in gained and not all(
                    any(self._flows(side, steps)) for side in (node.this, node.expression)
                ):
                    gained -= {"offset"}  # from a column that is no secret, the days are the date
                yield from self._flows(child, steps | gained)

    def _column(self, column: exp.Column) -> frozenset[Flow]:
        scope: Scope | None = self.scope
        while scope is not None:
            if column.table in scope.sources:
                found = self._relation(scope.sources[column.table])
                name = column.name.lower()
                return found[name] if name in found else _all(found)
            scope = scope.parent
        return self._everything()

    def _everything(self, outer: bool = True) -> frozenset[Flow]:
        """What is in reach of this SELECT, for a name that cannot be placed; `outer`: of those around it as well."""
        found: set[Flow] = set()
        scope: Scope | None = self.scope
        while scope is not None:
            read = [source for _, source in scope.selected_sources.values()]
            for source in read or scope.sources.values():
                if source is not self.scope:
                    found |= _all(self._relation(source))
            scope = scope.parent if outer else None
        return frozenset(found)

    def _relation(self, source: Scope | exp.Table) -> Columns:
        if isinstance(source, Scope):
            if id(source.expression) not in self.results:
                raise UnresolvedError("refers to itself")
            return self.results[id(source.expression)]
        if isinstance(source.this, exp.Func):
            if isinstance(source.this, (exp.ReadCSV, exp.ReadParquet, exp.Anonymous)):
                raise UnresolvedError(f"reads from {source.this.sql()}")
            return {ANY: frozenset(self._flows(source.this, frozenset()))}
        key = (source.catalog.lower(), source.db.lower(), source.name.lower())
        if key not in self.query.relations:
            raise UnresolvedError(f"reads {'.'.join(part for part in key if part)}, which is no model, seed or source")
        return self.query.relations[key]


def _all(columns: Columns) -> frozenset[Flow]:
    return frozenset(flow for flows in columns.values() for flow in flows)


def _after(flows: frozenset[Flow], steps: frozenset[str]) -> Iterator[Flow]:
    return (replace(flow, steps=flow.steps | steps) for flow in flows)


def _table(key: Key) -> exp.Table:
    database, space, name = (exp.to_identifier(part) if part else None for part in key)
    return exp.table_(name or "", db=space, catalog=database)
