"""BigQuery's SQL, written against its reference (cloud.google.com/bigquery/docs).

* Data definition language: CREATE VIEW (`or replace` has options and a query, and nothing of the view before), CREATE
  TABLE CLONE (no row is copied; partitions, clustering and options stay), ALTER TABLE RENAME TO (within a dataset,
  tables only), CREATE and DROP SCHEMA.
* Data control language: GRANT on a view.
* INFORMATION_SCHEMA: SCHEMATA and OBJECT_PRIVILEGES of a region; TABLES, VIEWS and TABLE_OPTIONS of a dataset.
* *Authorized datasets*: whoever may read a view needs no access to what it reads, where the dataset that it reads names
  the view's own.
* *Using row-level security with other features*: policies stay with a table that is renamed. They are not on a table
  that is made anew.

A transaction holds no DDL on tables that stay (*Multi-statement transactions*), so several views cannot be replaced at
once. Views cannot be renamed, so the lock is a table.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from dataops.engines.views import session as views
from dataops.engines.views.session import RefusalError, Relation

_MISSING, _TAKEN = 404, 409

_RELATIONS = """
    select t.table_name, t.table_type, concat(string(t.creation_time), coalesce(to_hex(md5(v.view_definition)), ''))
    from {0}.INFORMATION_SCHEMA.TABLES as t left join {0}.INFORMATION_SCHEMA.VIEWS as v using (table_name)"""
_VIEW = "select view_definition from {}.INFORMATION_SCHEMA.VIEWS where table_name = {}"
_OPTIONS = """
    select option_name, option_value from {}.INFORMATION_SCHEMA.TABLE_OPTIONS
    where table_name = {} and option_name in ('description', 'friendly_name', 'labels', 'tags') order by option_name"""
_SCHEMAS = "select schema_name from {}.INFORMATION_SCHEMA.SCHEMATA"
_READERS = """
    select privilege_type, grantee from {}.INFORMATION_SCHEMA.OBJECT_PRIVILEGES
    where object_schema = {} and object_name = {} order by privilege_type, grantee"""


class Session(views.Session):
    """A connection to BigQuery, in the project of dbt's target."""

    mark = "`"
    longest = 1024
    seconds = "unix_seconds(current_timestamp())"
    forgets = True

    def send(self, driver: Any, sql: str, long: bool) -> Any:
        """The adapter's connection is Google's own client, which waits for each job."""
        return _Answer(driver.query(sql).result())

    def explained(self, error: Exception) -> RefusalError:
        """By the code of the answer."""
        code, message = getattr(error, "code", None), " ".join(str(getattr(error, "message", error)).split())
        taken = code == _TAKEN or "Already Exists" in message
        return RefusalError(message, missing=code == _MISSING and not taken, taken=taken)

    def folded(self, name: str, in_quotes: bool = False) -> str:
        """Names of datasets and tables keep their case."""
        return name

    def literal(self, text: str) -> str:
        """JSON's escapes are BigQuery's own."""
        return json.dumps(text)

    def location(self) -> str:
        """Where the datasets are: the target's `location`."""
        return str(self.opened().location)

    def schemas(self) -> set[str]:
        """The datasets of the project in the target's location."""
        return {str(row[0]) for row in self.rows(_SCHEMAS.format(self._region))}

    def make_schema(self, name: str, exists: bool = False, comment: str = "") -> None:
        """In the target's location; comments are written as an option."""
        words = f", description = {self.literal(comment)}" if comment else ""
        options = f"location = {self.literal(self.location())}{words}"
        self.run(f"create schema {'if not exists ' * exists}{self.quoted(name)} options ({options})")

    def relations(self, schema: str) -> dict[str, Relation]:
        """A relation that is replaced is created anew; a view is known by its query as well."""
        try:
            found = self.rows(_RELATIONS.format(self.quoted(schema)))
        except RefusalError as error:
            if error.missing:
                return {}
            raise
        return {
            str(name): Relation(schema, str(name), "VIEW" in str(kind), f"{kind} of {made}")
            for name, kind, made in found
        }

    def text(self, relation: Relation) -> str:
        """The query alone."""
        return str(self.value(_VIEW.format(self.quoted(relation.schema), self.literal(relation.name)))).strip()

    def content(self, relation: str) -> tuple[int, int | None]:
        """Its rows as JSON, each digested."""
        digest = "bit_xor(farm_fingerprint(to_json_string(each_row)))"
        count, found = self.rows(f"select count(*), {digest} from {relation} as each_row")[0]  # noqa: S608
        return int(count), None if found is None else int(found)

    def copy(self, source: Relation, destination: str) -> None:
        """A clone shares the rows, and keeps whatever else the table is made of."""
        name = self.named(source.schema, source.name)
        how = f"as select * from {name}" if source.view else f"clone {name}"  # noqa: S608
        self.run(f"create table {destination} {how}")

    def grants(self, source: Relation, view: str) -> list[str]:
        """Production's views are what people read, and dbt grants on what it builds."""
        where = (self._region, self.literal(source.schema), self.literal(source.name))
        return [
            f"grant {self.quoted(str(role))} on view {view} to {self.literal(str(whom))}"
            for role, whom in self.rows(_READERS.format(*where))
        ]

    def lead(self, view: str, query: str) -> str:
        """With the description and the labels that it has."""
        schema, name = view.strip(self.mark).split(f"{self.mark}.{self.mark}")
        had = self.rows(_OPTIONS.format(self.quoted(schema), self.literal(name)))
        options = f" options ({', '.join(f'{option} = {value}' for option, value in had)})" if had else ""
        return f"create or replace view {view}{options} as {query}"

    def rename_table(self, table: str, name: str) -> str:
        """The new name is one of the same dataset."""
        return f"alter table {table} rename to {name[name.rindex('.') + 1 :]}"

    def let_read(self, schemas: Collection[str], readers: Collection[str]) -> None:
        """As authorized datasets: a reader of production has no access to the datasets of releases."""
        client = self.opened()
        for each in schemas:
            dataset = client.get_dataset(each)
            resource = dataset.to_api_repr()
            access = list(resource.get("access", ()))
            for reader in sorted({*readers} - {each}):
                entry = {
                    "dataset": {
                        "dataset": {"projectId": dataset.project, "datasetId": reader},
                        "targetTypes": ["VIEWS"],
                    }
                }
                if entry not in access:
                    access.append(entry)
            client.update_dataset(type(dataset).from_api_repr({**resource, "access": access}), ["access_entries"])

    def hindrance(self, table: Relation) -> str | None:
        """A release's table would be read without the policies, by everybody."""
        client = self.opened()
        path = client.get_table(f"{table.schema}.{table.name}").path
        answer = client._connection.api_request(method="GET", path=f"{path}/rowAccessPolicies")
        found = sorted(
            str(each["rowAccessPolicyReference"]["policyId"]) for each in answer.get("rowAccessPolicies", ())
        )
        return f"has row access policies that a release would be without: {', '.join(found)}" if found else None

    def make_lock(self, name: str, query: str) -> str:
        """A table: views cannot be renamed."""
        return f"create table {name} as {query}"

    def renew_lock(self, name: str, query: str) -> str:
        """In one step."""
        return f"create or replace table {name} as {query}"

    def rename_lock(self, name: str, new: str) -> str:
        """Of a table."""
        return self.rename_table(name, new)

    def drop_lock(self, name: str) -> str:
        """Of a table."""
        return f"drop table if exists {name}"

    @property
    def _region(self) -> str:
        return self.quoted(f"region-{self.location().lower()}")


class _Answer:
    """Rows as other drivers give them."""

    def __init__(self, rows: Any) -> None:
        self._rows = rows

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All of them."""
        return [tuple(each.values()) for each in self._rows]
