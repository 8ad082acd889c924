"""Snowflake's SQL, written against its reference (docs.snowflake.com, SQL command reference).

* CREATE VIEW, *usage notes*: `create or replace` is atomic, and `copy grants` keeps who may read the view.
* CREATE … CLONE: a table is cloned without copying its rows; a transient one into a transient one.
* ALTER TABLE and ALTER VIEW: `rename to`, with the schema before the name.
* Information Schema, views SCHEMATA, TABLES, VIEWS: of the connection's own database.
* HASH_AGG: a digest in which the order of rows does not show.

Each DDL statement commits by itself (*Transactions*), so several views cannot be replaced at once; and SWAP WITH moves
privileges with the tables, so views are what stays in production.
"""

from __future__ import annotations

from dataops.engines.views import session as views
from dataops.engines.views.session import RefusalError, Relation
from dataops.engines.views.texts import query_of

_MISSING = (2003, 2043)
_TAKEN = 2002

_RELATIONS = """
    select table_name, 'TABLE', to_varchar(created) from information_schema.tables
    where table_schema = {0} and table_type not like '%VIEW%'
    union all
    select table_name, 'VIEW', to_varchar(created) from information_schema.views where table_schema = {0}"""
_TRANSIENT = "select is_transient from information_schema.tables where table_schema = {} and table_name = {}"
_VIEW = "select view_definition from information_schema.views where table_schema = {} and table_name = {}"


class Session(views.Session):
    """A connection to Snowflake, in the database of dbt's target."""

    mark = '"'
    longest = 255
    seconds = "date_part(epoch_second, current_timestamp())"

    def explained(self, error: Exception) -> RefusalError:
        """By the connector's number."""
        number, message = getattr(error, "errno", None), " ".join(str(error).split())
        taken = number == _TAKEN or "already exists" in message
        return RefusalError(message, missing=number in _MISSING and not taken, taken=taken)

    def folded(self, name: str, in_quotes: bool = False) -> str:
        """What is not quoted is in capitals."""
        return name if in_quotes else name.upper()

    def literal(self, text: str) -> str:
        """Backslashes escape within quotes."""
        escaped = text.replace("\\", "\\\\").replace("'", "''")
        return f"'{escaped}'"

    def schemas(self) -> set[str]:
        """Those that the role can see."""
        return {str(row[0]) for row in self.rows("select schema_name from information_schema.schemata")}

    def make_schema(self, name: str, exists: bool = False, comment: str = "") -> None:
        """Comments are written as a property."""
        words = f" comment = {self.literal(comment)}" if comment else ""
        self.run(f"create schema {'if not exists ' * exists}{self.quoted(name)}{words}")

    def relations(self, schema: str) -> dict[str, Relation]:
        """A relation that is replaced is created anew."""
        found = self.rows(_RELATIONS.format(self.literal(schema)))
        return {
            str(name): Relation(schema, str(name), str(kind) == "VIEW", f"{kind} of {created}")
            for name, kind, created in found
        }

    def text(self, relation: Relation) -> str:
        """The definition is the whole statement."""
        where = (self.literal(relation.schema), self.literal(relation.name))
        return query_of(str(self.value(_VIEW.format(*where))))

    def content(self, relation: str) -> tuple[int, int | None]:
        """By Snowflake's own digest."""
        count, digest = self.rows(f"select count(*), hash_agg(*) from {relation}")[0]  # noqa: S608
        return int(count), None if digest is None else int(digest)

    def copy(self, source: Relation, destination: str) -> None:
        """A clone shares the rows, and keeps clustering and whatever else the table is made of."""
        name = self.named(source.schema, source.name)
        if source.view:
            self.run(f"create table {destination} as select * from {name}")  # noqa: S608
            return
        where = (self.literal(source.schema), self.literal(source.name))
        transient = str(self.value(_TRANSIENT.format(*where))).upper() == "YES"
        self.run(f"create {'transient ' * transient}table {destination} clone {name}")

    def grants(self, source: Relation, view: str) -> list[str]:
        """Production's views are what roles read, and dbt grants on what it builds."""
        kind = "view" if source.view else "table"
        rows = self.rows(f"show grants on {kind} {self.named(source.schema, source.name)}")
        roles = sorted({str(row[5]) for row in rows if str(row[1]) == "SELECT" and str(row[4]) == "ROLE"})
        return [f"grant select on view {view} to role {self.quoted(role)}" for role in roles]

    def lead(self, view: str, query: str) -> str:
        """In one transaction of Snowflake's own."""
        return f"create or replace view {view} copy grants as {query}"
