"""Trino's SQL for catalogs of Iceberg tables, written against its documentation (trino.io/docs).

* CREATE VIEW: `or replace` puts another query in a view's place; as a view reads with its definer's rights, whoever may
  read it needs none on what it reads.
* ALTER VIEW, ALTER TABLE: `rename to`.
* SHOW CREATE TABLE: the statement with which a table is made again, properties, comments and NOT NULL included. The
  Iceberg connector adds where the table's files are, and those of two tables must not be in one place.
* Information schema: schemata, tables, views, columns; system connector: metadata.table_comments.
* checksum(): a digest in which the order of rows does not show.

A commit is of one table's metadata, and a view is replaced by a statement of its own (*Iceberg connector*), so several
views cannot be replaced at once.
"""

from __future__ import annotations

import re

from dataops.engines.views import session as views
from dataops.engines.views.session import RefusalError, Relation

_MISSING = ("TABLE_NOT_FOUND", "SCHEMA_NOT_FOUND", "NOT_FOUND")
_TAKEN = ("TABLE_ALREADY_EXISTS", "VIEW_ALREADY_EXISTS", "ALREADY_EXISTS")
_MISSING_WORDS, _TAKEN_WORDS = "does not exist", "already exists"

_RELATIONS = """
    select t.table_name, t.table_type, v.view_definition
    from information_schema.tables t left join information_schema.views v
        on v.table_schema = t.table_schema and v.table_name = t.table_name
    where t.table_schema = {}"""
_VIEW = "select view_definition from information_schema.views where table_schema = {} and table_name = {}"
_COLUMNS = """
    select column_name from information_schema.columns
    where table_schema = {} and table_name = {} order by ordinal_position"""
_COMMENT = """
    select comment from system.metadata.table_comments
    where catalog_name = current_catalog and schema_name = {} and table_name = {}"""

_LOCATION = re.compile(r"\n\s*location = '(?:[^']|'')*'(,?)(?=\n)")
_NOTHING = re.compile(r"WITH \(\s*\)")


class Session(views.Session):
    """A connection to Trino, in the catalog of dbt's target."""

    mark = '"'
    longest = 128
    seconds = "cast(to_unixtime(current_timestamp) as bigint)"

    def explained(self, error: Exception) -> RefusalError:
        """By the name that Trino has for it."""
        name, message = str(getattr(error, "error_name", "")), str(getattr(error, "message", error)).strip()
        taken = name in _TAKEN or _TAKEN_WORDS in message
        return RefusalError(message, missing=not taken and (name in _MISSING or _MISSING_WORDS in message), taken=taken)

    def folded(self, name: str, in_quotes: bool = False) -> str:
        """Names are without case, in quotes too."""
        return name.lower()

    def literal(self, text: str) -> str:
        """Nothing but a quote has a meaning."""
        escaped = text.replace("'", "''")
        return f"'{escaped}'"

    def schemas(self) -> set[str]:
        """Those of the catalog."""
        return {str(row[0]) for row in self.rows("select schema_name from information_schema.schemata")}

    def make_schema(self, name: str, exists: bool = False, comment: str = "") -> None:
        """Schemas have no comments."""
        self.run(f"create schema {'if not exists ' * exists}{self.quoted(name)}")

    def relations(self, schema: str) -> dict[str, Relation]:
        """A view is known by its query. A table has no identity that could be asked for of all tables at once."""
        found = self.rows(_RELATIONS.format(self.literal(schema)))
        return {
            str(name): Relation(
                schema, str(name), definition is not None or "VIEW" in str(kind), f"{kind} {definition}"
            )
            for name, kind, definition in found
        }

    def text(self, relation: Relation) -> str:
        """The query alone."""
        return str(self.value(_VIEW.format(self.literal(relation.schema), self.literal(relation.name)))).strip()

    def content(self, relation: str) -> tuple[int, int | None]:
        """Each row digested as a whole."""
        where = (self.literal(each) for each in self._parts(relation))
        columns = ", ".join(self.quoted(str(row[0])) for row in self.rows(_COLUMNS.format(*where)))
        digest = f"to_hex(checksum(row({columns})))"
        count, found = self.rows(f"select count(*), {digest} from {relation}")[0]  # noqa: S608
        return int(count), None if found is None else int(str(found), 16)

    def copy(self, source: Relation, destination: str) -> None:
        """Made by the table's own statement, then filled; a view's rows are a table of their own."""
        name = self.named(source.schema, source.name)
        if source.view:
            self.run(f"create table {destination} as select * from {name}")  # noqa: S608
            return
        self.run(remade(str(self.value(f"show create table {name}")), destination))
        self.run(f"insert into {destination} select * from {name}")  # noqa: S608

    def lead(self, view: str, query: str) -> str:
        """With the comment that it has."""
        had = self.rows(_COMMENT.format(*(self.literal(each) for each in self._parts(view))))
        comment = f" comment {self.literal(str(had[0][0]))}" if had and had[0][0] else ""
        return f"create or replace view {view}{comment} as {query}"

    def _parts(self, relation: str) -> list[str]:
        return [self._kept(each) for each in re.findall(r'"(?:[^"]|"")+"', relation)]


def remade(statement: str, name: str) -> str:
    """The statement that made a table, for another one, whose files are where the catalog puts them."""
    body = statement[statement.index("(") :]
    place = _LOCATION.search(body)
    if place is not None:
        before, after = body[: place.start()], body[place.end() :]
        # The last property has no comma, and the one before it must not keep its own.
        body = before + after if place.group(1) else before.rstrip().rstrip(",") + after
    body = _NOTHING.sub("", body)
    return f"create table {name} {body}".rstrip()
