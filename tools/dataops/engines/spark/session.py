"""Spark's SQL, through dbt-spark's own connections."""

from __future__ import annotations

from typing import Any

from dataops.engines.spark import catalog, copying
from dataops.engines.spark.names import LONGEST, named
from dataops.engines.views.session import Relation
from dataops.engines.views.sparksql import SparkSQL


class Session(SparkSQL):
    """A connection to Spark."""

    longest = LONGEST

    def send(self, driver: Any, sql: str, long: bool) -> Any:
        """Past the adapter where a statement is short: its own way looks again only after its `poll_interval`."""
        cursor = driver.cursor() if long else driver.handle.cursor()
        cursor.execute(sql)
        return cursor

    def schemas(self) -> set[str]:
        """Spark's databases."""
        return {str(row[0]) for row in self.rows("show databases")}

    def relations(self, schema: str) -> dict[str, Relation]:
        """As the metastore lists them."""
        return catalog.relations(self, schema)

    def text(self, relation: Relation) -> str:
        """As it was written."""
        return catalog.text(self, named(relation.schema, relation.name))

    def content(self, relation: str) -> tuple[int, int | None]:
        """Of what is there now: a session remembers a table's files, and would not see what others added since."""
        self.run(f"refresh table {relation}")
        return super().content(relation)

    def copy(self, source: Relation, destination: str) -> None:
        """With format, partitions and buckets."""
        name = named(source.schema, source.name)
        made = copying.describe(self.rows(f"describe table extended {name}"))
        copying.copy(lambda sql: self.run(sql, long=True), name, made, destination)
