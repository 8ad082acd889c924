"""SQL through the project's own adapter: what a relation holds, copies of relations, and their removal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from dataops.project.failures import refusals
from dataops.project.outcome import Shape
from dataops.project.profiles import Target
from dataops.project.session import Project
from dataops.project.slices import Place

_INFORMED = ("duckdb", "postgres", "snowflake", "redshift")
"""Adapters of databases with an information schema."""

_COLUMNS = """
    select lower(table_catalog), lower(table_schema), lower(table_name), column_name, data_type
    from information_schema.columns
    where lower(table_schema) in ({})
    order by ordinal_position"""


class Warehouse:
    """An open connection of the adapter. Names are quoted as dbt quotes them."""

    def __init__(self, adapter: Any) -> None:
        self._adapter = adapter

    @property
    def adapter(self) -> str:
        """Dbt's name of the adapter: duckdb, postgres, …."""
        return str(self._adapter.type())

    def quote(self, name: str) -> str:
        """A column's or relation's name in quotes; quotes within are doubled, which adapters leave to their callers."""
        mark = str(self._adapter.quote("x"))[0]
        return str(self._adapter.quote(name.replace(mark, mark * 2)))

    def rendered(self, place: Place) -> str:
        """A relation's name as SQL."""
        return str(self._relation(place))

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of a query, as the database's driver gives them.

        Raises:
            WarehouseError: the database refuses it. The connection can be used again.
        """
        return [tuple(row) for row in self._sent(sql).fetchall()]

    def table(self, sql: str) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        """The columns' names and all rows of a query.

        Raises:
            WarehouseError: as `rows`.
        """
        cursor = self._sent(sql)
        return tuple(str(each[0]) for each in cursor.description), [tuple(row) for row in cursor.fetchall()]

    def run(self, sql: str) -> None:
        """Run a statement that has no result.

        Raises:
            WarehouseError: as `rows`.
        """
        self._sent(sql)

    def once(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a statement in a transaction of its own; its rows, if it has any.

        Raises:
            WarehouseError: as `rows`.
        """
        with self._transaction():
            cursor = self._sent(sql)
            return [tuple(row) for row in cursor.fetchall()] if cursor.description else []

    def _sent(self, sql: str) -> Any:
        with refusals(self._adapter):
            return self._adapter.connections.add_query(sql, auto_begin=False)[1]

    def create(self, destination: Place, sql: str) -> None:
        """Make `destination` a table of a query's rows, in place of whatever is there."""
        relation = self._relation(destination)
        with self._transaction():
            self._adapter.create_schema(relation.without_identifier())
        self.drop(destination)
        with refusals(self._adapter), self._transaction():
            self._adapter.execute(f"create table {relation} as {sql}")
        # dbt remembers what it has listed, and would not find this one to drop it.
        self._adapter.cache_added(relation.incorporate(type="table"))

    def nullable(self, place: Place) -> dict[str, bool]:
        """Which columns may be NULL, by name; empty where the database has no information schema that tells."""
        if self.adapter not in _INFORMED:
            return {}
        names = {"table_catalog": place.database, "table_schema": place.schema, "table_name": place.identifier}
        where = " and ".join(
            f"lower({column}) = lower({_literal(name)})" for column, name in names.items() if name is not None
        )
        rows = self.rows(f"select column_name, is_nullable from information_schema.columns where {where}")  # noqa: S608
        return {str(name): str(allowed).upper() in ("YES", "TRUE") for name, allowed in rows}

    def query_columns(self, sql: str) -> dict[str, str]:
        """The columns' types of a query by name, in its order."""
        if self.adapter == "duckdb":
            return {str(row[0]): str(row[1]) for row in self.rows(f"describe ({sql}\n)")}
        if self.adapter == "postgres":
            # The driver tells types by number; what adapters make of that has other names than a relation's columns.
            described = self._sent(f"select * from ({sql}\n) q limit 0").description  # noqa: S608
            columns = [(str(each[0]), int(each[1])) for each in described]
            oids = sorted({oid for _, oid in columns})
            listed = ", ".join(f"format_type({oid}, null)" for oid in oids)
            names = dict(zip(oids, self.rows(f"select {listed}")[0], strict=True))
            return {name: str(names[oid]) for name, oid in columns}
        described = self._adapter.get_column_schema_from_query(f"select * from ({sql}\n) q limit 0")  # noqa: S608
        return {str(column.column): str(column.dtype) for column in described}

    def answer(self) -> None:
        """Ask the warehouse the least there is to ask."""
        self._adapter.execute("select 1", fetch=True)

    def existing(self, places: Mapping[str, Place]) -> dict[str, Place]:
        """Those of `places` (by any key) that exist. One listing per schema."""
        schemas = {(place.database, place.schema) for place in places.values()}
        found: set[tuple[str | None, str, str]] = set()
        for database, schema in schemas:
            relation = self._adapter.Relation.create(database=database, schema=schema)
            with refusals(self._adapter):
                if not self._adapter.check_schema_exists(database, schema):
                    continue
                for each in self._adapter.list_relations_without_caching(relation.without_identifier()):
                    found.add((database, schema, str(each.identifier).lower()))
        return {
            key: place
            for key, place in places.items()
            if (place.database, place.schema, place.identifier.lower()) in found
        }

    def shapes(self, places: Mapping[str, Place]) -> dict[str, Shape]:
        """The shape of every place; all must exist. The rows of all are counted in one statement."""
        if not places:
            return {}
        keys = list(places)
        counts = " union all ".join(
            f"select {number} as place, count(*) as row_count from {self._relation(places[key])}"  # noqa: S608
            for number, key in enumerate(keys)
        )
        _, table = self._adapter.execute(counts, fetch=True)
        rows = {int(row[0]): int(row[1]) for row in table.rows}
        return {key: Shape(rows[number], self.columns(places[key])) for number, key in enumerate(keys)}

    def columns(self, place: Place) -> dict[str, str]:
        """The columns' types by name, in the relation's order."""
        columns = self._adapter.get_columns_in_relation(self._relation(place))
        return {str(column.column): str(column.dtype) for column in columns}

    def exact_columns(self, place: Place) -> dict[str, str]:
        """As `columns`, with lengths and digits: types as a contract has to say them."""
        columns = self._adapter.get_columns_in_relation(self._relation(place))
        return {
            str(each.column): str(
                each.data_type
                if (each.is_string() and each.char_size) or (each.is_numeric() and each.numeric_precision)
                else each.dtype
            )
            for each in columns
        }

    def constraints(self) -> dict[str, str]:
        """What becomes of each kind of constraint: enforced, not_enforced or not_supported."""
        return {str(kind.value): str(support.value) for kind, support in self._adapter.CONSTRAINT_SUPPORT.items()}

    def is_view(self, place: Place) -> bool:
        """Whether a relation is a view."""
        relation = self._adapter.get_relation(place.database, place.schema, place.identifier)
        return relation is not None and bool(relation.is_view)

    def columns_of(self, places: Mapping[str, Place]) -> dict[str, dict[str, str]]:
        """`columns` of each of `places` that exists; in one statement where there is an information schema."""
        if self.adapter not in _INFORMED:
            return {key: each for key, place in places.items() if (each := self.columns(place))}
        schemas = ", ".join(sorted({_literal(place.schema.lower()) for place in places.values()}))
        if not schemas:
            return {}
        found: dict[tuple[str, str, str], dict[str, str]] = {}
        for catalog, schema, table, column, type_ in self.rows(_COLUMNS.format(schemas)):
            found.setdefault((catalog, schema, table), {})[str(column)] = str(type_)
        names = {
            key: ((place.database or "").lower(), place.schema.lower(), place.identifier.lower())
            for key, place in places.items()
        }
        return {key: found[name] for key, name in names.items() if name in found}

    def copy(self, source: Place, destination: Place) -> None:
        """Make `destination` a table with the rows of `source`."""
        relation = self._relation(destination)
        with self._transaction():
            self._adapter.create_schema(relation.without_identifier())
        with self._transaction():
            self._adapter.execute(f"create table {relation} as select * from {self._relation(source)}")  # noqa: S608

    def drop(self, place: Place) -> None:
        """Remove a relation, be it a table or a view; nothing happens when it is not there."""
        relation = self._adapter.get_relation(place.database, place.schema, place.identifier)
        if relation is not None:
            with self._transaction():
                self._adapter.drop_relation(relation)

    def schemas(self, database: str | None) -> list[str]:
        """The names of all schemas of a database."""
        with refusals(self._adapter):
            return sorted(map(str, self._adapter.list_schemas(database)))

    def listed(self, database: str | None, schema: str) -> list[str]:
        """The names of all relations of a schema."""
        relation = self._adapter.Relation.create(database=database, schema=schema)
        with refusals(self._adapter):
            found = self._adapter.list_relations_without_caching(relation.without_identifier())
        return sorted(str(each.identifier) for each in found)

    def drop_schema(self, database: str | None, schema: str) -> None:
        """Remove a schema with all that is in it."""
        relation = self._adapter.Relation.create(database=database, schema=schema)
        with refusals(self._adapter), self._transaction():
            self._adapter.drop_schema(relation.without_identifier())

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """What is done within is committed. Macros of some adapters begin or end a transaction by themselves."""
        connections = self._adapter.connections
        connection = connections.get_thread_connection()
        if not connection.transaction_open:
            connections.begin()
        yield
        if connection.transaction_open:
            connections.commit()

    def _relation(self, place: Place) -> Any:
        return self._adapter.Relation.create(database=place.database, schema=place.schema, identifier=place.identifier)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@contextmanager
def connect(project: Project, target: Target, manifest: Any) -> Iterator[Warehouse]:
    """The warehouse of a target, closed on leaving."""
    with project.connected(target, manifest) as (adapter, _):
        yield Warehouse(adapter)
