"""Spark's SQL, through dbt-spark's own connections."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dataops.engines.spark import catalog, copying
from dataops.engines.spark.names import LONGEST, named, quoted
from dataops.engines.views.session import RefusalError, Relation
from dataops.engines.views.sparksql import SparkSQL

_MANY = 40
"""Tables that are asked for their files in one query."""

_FILES = (
    "select {name} as name, cast(bit_xor(xxhash64(file, size, at)) as string) as digest from (select distinct"
    " _metadata.file_path as file, _metadata.file_size as size, _metadata.file_modification_time as at from {table})"
)


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

    def marks(self, schemas: Iterable[str]) -> dict[str, str]:
        """Of a table its files, which are never changed, only added and removed; of a view its text."""
        found = {f"{schema}.{name}": each for schema in schemas for name, each in self.relations(schema).items()}
        tables = [name for name, each in found.items() if not each.view]
        files: dict[str, str] = {}
        for at in range(0, len(tables), _MANY):
            files |= self._files(tables[at : at + _MANY])
        return {name: f"{each.identity} {files.get(name, '')}" for name, each in found.items()}

    def _files(self, tables: list[str]) -> dict[str, str]:
        """A digest of each table's files; of rows, where Spark does not tell the files of one."""
        places = {name: ".".join(map(quoted, name.split(".", 1))) for name in tables}
        for each in places.values():
            # As for `content`.
            self.run(f"refresh table {each}")
        asked = (_FILES.format(name=self.literal(name), table=each) for name, each in places.items())
        try:
            return {str(name): str(digest) for name, digest in self.rows(" union all ".join(asked))}
        except RefusalError:
            if len(tables) > 1:
                return {name: digest for each in tables for name, digest in self._files([each]).items()}
            return {name: str(self.content(each)) for name, each in places.items()}

    def copy(self, source: Relation, destination: str) -> None:
        """With format, partitions and buckets."""
        name = named(source.schema, source.name)
        made = copying.describe(self.rows(f"describe table extended {name}"))
        copying.copy(lambda sql: self.run(sql, long=True), name, made, destination)
