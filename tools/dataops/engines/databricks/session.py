"""Databricks' SQL, written against its reference (docs.databricks.com, SQL language reference).

* ALTER VIEW: `as` replaces a view's query, and `rename to` its name; who may read it stays.
* CREATE TABLE CLONE: `clone`, deep where nothing else is said, copies a Delta or Iceberg table with its partitions,
  clustering and properties.
* ALTER TABLE: `rename to`, within a schema.
* Information schema (Unity Catalog): SCHEMATA, TABLES, VIEWS, of the connection's catalog.
* SHOW GRANTS: whom, what, and on which kind of object it was granted.

A transaction is of one table (*ACID guarantees*), so several views cannot be replaced at once.
"""

from __future__ import annotations

from typing import Any

from dataops.engines.views.session import Relation
from dataops.engines.views.sparksql import SparkSQL

_RELATIONS = """
    select table_name, table_type, created, created_by from information_schema.tables
    where table_catalog = current_catalog() and table_schema = {}"""
_VIEW = """
    select view_definition from information_schema.views
    where table_catalog = current_catalog() and table_schema = {} and table_name = {}"""
_OWN = ("TABLE", "VIEW")


class Session(SparkSQL):
    """A connection to Databricks, in the catalog of dbt's target."""

    longest = 255

    def send(self, driver: Any, sql: str, long: bool) -> Any:
        """The adapter's connection has one cursor, which it replaces."""
        return driver.execute(sql)

    def schemas(self) -> set[str]:
        """Those of the catalog that the principal can see."""
        rows = self.rows("select schema_name from information_schema.schemata where catalog_name = current_catalog()")
        return {str(row[0]) for row in rows}

    def relations(self, schema: str) -> dict[str, Relation]:
        """A relation that is replaced is created anew."""
        found = self.rows(_RELATIONS.format(self.literal(schema)))
        return {
            str(name): Relation(schema, str(name), "VIEW" in str(kind), f"{kind} of {created} by {by}")
            for name, kind, created, by in found
        }

    def text(self, relation: Relation) -> str:
        """The query alone."""
        return str(self.value(_VIEW.format(self.literal(relation.schema), self.literal(relation.name)))).strip()

    def copy(self, source: Relation, destination: str) -> None:
        """A clone has whatever the table is made of; a view's rows are a table of their own."""
        name = self.named(source.schema, source.name)
        how = f"as select * from {name}" if source.view else f"clone {name}"  # noqa: S608
        self.run(f"create table {destination} {how}", long=True)

    def grants(self, source: Relation, view: str) -> list[str]:
        """Production's views are what people read, and dbt grants on what it builds."""
        rows = self.rows(f"show grants on table {self.named(source.schema, source.name)}")
        # Principal, privilege, and the kind of what it was granted on: what a schema grants, its views have too.
        who = sorted({str(row[0]) for row in rows if str(row[1]) == "SELECT" and str(row[2]).upper() in _OWN})
        return [f"grant select on table {view} to {self.quoted(each)}" for each in who]
