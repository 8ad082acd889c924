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

from dataops.checks.deidentify import shapes

Key = tuple[str, str, str]
ANY = "*"  # stands for the columns of a relation that cannot be told apart


@dataclass(frozen=True)
class Flow:
    """A tagged column on its way: its name, the columns it came through, and the shapes it passed in this query."""

    source: str
    path: tuple[str, ...] = ()
    steps: frozenset[str] = frozenset()


Columns = dict[str, frozenset[Flow]]


class Unresolved(Exception):
    """The query could not be followed; the message says why."""


@dataclass(frozen=True)
class Query:
    """A query to follow. `stand_in`: the relation that a function over files, such as `read_csv`, stands for."""

    sql: str
    dialect: str
    relations: Mapping[Key, Columns]
    stand_in: Key | None = None

    def columns(self) -> Columns:
        """Each column of the result with what flows into it.

        Raises:
            Unresolved: part of the query cannot be followed.
        """
        try:
            tree = self._qualified()
            scopes = traverse_scope(tree)
        except (SqlglotError, RecursionError) as error:
            raise Unresolved(f"cannot be parsed: {str(error).splitlines()[0]}") from error
        if not scopes:
            raise Unresolved("is not a query")
        results: dict[int, Columns] = {}
        for scope in scopes:
            results[id(scope.expression)] = _Reader(self, scope, results).columns()
        return results[id(scopes[-1].expression)]

    def _qualified(self) -> exp.Expression:
        schema = MappingSchema(dialect=self.dialect)
        for key, columns in self.relations.items():
            table = exp.table_(*(exp.to_identifier(part, quoted=True) for part in reversed(key)))
            if columns and ANY not in columns:
                schema.add_table(table, dict.fromkeys(columns, "text"), dialect=self.dialect)
        tree = sqlglot.parse_one(self.sql, read=self.dialect)
        if self.stand_in:
            database, space, name = (exp.to_identifier(part, quoted=True) for part in self.stand_in)
            for table in list(tree.find_all(exp.Table)):
                if isinstance(table.this, (exp.ReadCSV, exp.ReadParquet)):
                    alias = table.alias or "files"
                    table.replace(exp.alias_(exp.table_(name, db=space, catalog=database), alias, table=True))
        return qualify(
            tree, schema=schema, dialect=self.dialect, validate_qualify_columns=False, quote_identifiers=False,
            isolate_tables=False, qualify_columns=True,
        )  # fmt: skip


@dataclass(frozen=True)
class _Reader:
    """One SELECT of a query; `results` holds those that it reads from."""

    query: Query
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
            star = isinstance(projection, exp.Star) or isinstance(getattr(projection, "this", None), exp.Star)
            name = ANY if star else projection.alias_or_name.lower()
            flows = self._everything() if star else frozenset(self._flows(projection, frozenset()))
            found[name] = found.get(name, frozenset()) | flows
        return found

    def _united(self, expression: exp.SetOperation) -> Columns:
        sides = [self.results[id(side.unnest())] for side in (expression.this, expression.expression)]
        if any(ANY in side for side in sides) or len({len(side) for side in sides}) > 1:
            return {ANY: frozenset(flow for side in sides for flows in side.values() for flow in flows)}
        return {name: frozenset().union(*parts) for name, *parts in zip(sides[0], *(side.values() for side in sides))}

    def _flows(self, node: exp.Expression, steps: frozenset[str]) -> Iterator[Flow]:
        """What flows into an expression. Partitions and orders of a window choose rows; they do not flow."""
        if isinstance(node, exp.Column):
            for flow in self._column(node):
                yield replace(flow, steps=flow.steps | steps)
        elif isinstance(node, exp.Query) and node is not self.scope.expression:
            for flows in self.results.get(id(node.unnest()), {ANY: self._everything()}).values():
                yield from (replace(flow, steps=flow.steps | steps) for flow in flows)
        else:
            for child in [node.this] if isinstance(node, exp.Window) else node.iter_expressions():
                yield from self._flows(child, steps | shapes(node, child))

    def _column(self, column: exp.Column) -> frozenset[Flow]:
        scope: Scope | None = self.scope
        while scope is not None:
            if column.table in scope.sources:
                found = self._relation(scope.sources[column.table])
                name = column.name.lower()
                return found[name] if name in found else _all(found)
            scope = scope.parent
        return self._everything()

    def _everything(self) -> frozenset[Flow]:
        return frozenset(flow for source in self.scope.sources.values() for flow in _all(self._relation(source)))

    def _relation(self, source: Scope | exp.Table) -> Columns:
        if isinstance(source, Scope):
            if id(source.expression) not in self.results:
                raise Unresolved("refers to itself")
            return self.results[id(source.expression)]
        if isinstance(source.this, exp.Func):
            if isinstance(source.this, (exp.ReadCSV, exp.ReadParquet, exp.Anonymous)):
                raise Unresolved(f"reads from {source.this.sql()}")
            return {ANY: frozenset(self._flows(source.this, frozenset()))}
        key = (source.catalog.lower(), source.db.lower(), source.name.lower())
        if key not in self.query.relations:
            raise Unresolved(f"reads {'.'.join(part for part in key if part)}, which is no model, seed or source")
        return self.query.relations[key]


def _all(columns: Columns) -> frozenset[Flow]:
    return frozenset(flow for flows in columns.values() for flow in flows)
