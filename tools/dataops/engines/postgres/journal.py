"""What is live, what is kept and where: tables in the database itself, written in the transaction that publishes.

dataops_releases.published   each time a release became live; the newest row of a production is what is live
dataops_releases.contents    the relations of each release that is live or kept, by the numbers they keep when moved
dataops_releases.beside      the schemas that are made for releases, so that a killed process leaves none unknown
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from dataops.engines.postgres import catalog
from dataops.engines.postgres.names import quoted
from dataops.engines.postgres.session import Session
from dataops.engines.postgres.written import Expected, Seen
from dataops.errors import NewerFormatError

SCHEMA = "dataops_releases"
FORMAT = 1

_WAITING = f"""
    create table if not exists {SCHEMA}.waiting (
        production text primary key, release text not null, begun text not null, is_taken boolean not null)"""
"""Not there where an earlier version made the others."""

_MADE = f"""
    create schema {SCHEMA};
    comment on schema {SCHEMA} is 'releases of dataops, format {FORMAT}';
    create table {SCHEMA}.published (
        id bigint generated always as identity primary key,
        production text not null, release text not null, superseded text, action text not null,
        at timestamptz not null default clock_timestamp(), by text not null default session_user, snapshot text);
    create table {SCHEMA}.contents (
        production text not null, release text not null, schema text not null, name text not null,
        oid oid not null, rows bigint, definition text, primary key (production, release, schema, name));
    create table {SCHEMA}.beside (
        schema text primary key, production text not null, serves text not null, release text);
    {_WAITING}"""


class Journal:
    """The tables, for one production of the database."""

    def __init__(self, session: Session, production: str) -> None:
        self._session = session
        self._given = {"production": production}

    def exists(self) -> bool:
        """Whether anything was ever released in this database.

        Raises:
            NewerFormatError: a newer version wrote it.
        """
        found = self._session.rows(
            "select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = %(name)s", {"name": SCHEMA}
        )
        version = str(found[0][0]).rsplit(" ", 1)[-1] if found else ""
        if version.isdigit() and int(version) > FORMAT:
            raise NewerFormatError(
                f"the schema {SCHEMA} has format {version}, this version reads up to {FORMAT}",
                "install the newer dbt-dataops that wrote it",
            )
        return bool(found)

    def make(self) -> None:
        """Make the tables, unless they are there."""
        if not self.exists():
            with self._session.transaction():
                self._session.run(_MADE)

    def live(self) -> str | None:
        """The release that was published last; None before the first."""
        found = self._session.rows(
            f"select release from {SCHEMA}.published where production = %(production)s order by id desc limit 1",  # noqa: S608
            self._given,
        )
        return str(found[0][0]) if found else None

    def publish(self, action: str, release: str, superseded: str | None, snapshot: str | None) -> None:
        """Say, within the transaction that makes it so, that a release is live. `snapshot`: all that it is made of."""
        self._session.run(
            f"insert into {SCHEMA}.published (production, release, superseded, action, snapshot) values"  # noqa: S608
            " (%(production)s, %(release)s, %(superseded)s, %(action)s, %(snapshot)s)",
            {**self._given, "release": release, "superseded": superseded, "action": action, "snapshot": snapshot},
        )

    def published(self, release: str) -> Expected | None:
        """A release as it was first published; None when it was not, but found."""
        found = self._session.rows(
            f"select snapshot from {SCHEMA}.published where production = %(production)s and release = %(release)s"  # noqa: S608
            " and snapshot is not null order by id limit 1",
            {**self._given, "release": release},
        )
        return Expected(str(found[0][0]), self.contents(release)) if found else None

    def contents(self, release: str) -> dict[tuple[str, str], Seen]:
        """A release's relations by the names under which it is served."""
        found = self._session.rows(
            f"select schema, name, oid::bigint, rows, definition from {SCHEMA}.contents"  # noqa: S608
            " where production = %(production)s and release = %(release)s",
            {**self._given, "release": release},
        )
        return {(str(schema), str(name)): Seen(int(oid), rows, text) for schema, name, oid, rows, text in found}

    def set_contents(self, release: str, contents: Mapping[tuple[str, str], Seen]) -> None:
        """Say what a release is made of, by the names under which it is served."""
        columns = {
            "schemas": [schema for schema, _ in contents],
            "names": [name for _, name in contents],
            "oids": [each.oid for each in contents.values()],
            "rows": [each.rows for each in contents.values()],
            "texts": [each.text for each in contents.values()],
        }
        self._session.run(
            f"delete from {SCHEMA}.contents where production = %(production)s and release = %(release)s;"  # noqa: S608
            f" insert into {SCHEMA}.contents (production, release, schema, name, oid, rows, definition)"
            " select %(production)s, %(release)s, * from unnest(%(schemas)s::text[], %(names)s::text[],"
            " %(oids)s::oid[], %(rows)s::bigint[], %(texts)s::text[])",
            {**self._given, "release": release, **columns},
        )

    def whole(self) -> set[str]:
        """The releases of which every relation is there."""
        found = self._session.rows(
            f"select r.release from {SCHEMA}.contents r left join pg_class c on c.oid = r.oid and c.relname = r.name"  # noqa: S608
            " where r.production = %(production)s group by r.release having count(*) = count(c.oid)",
            self._given,
        )
        return {str(release) for (release,) in found}

    def beside(self, release: str | None) -> dict[str, str]:
        """The schemas that keep a release, or in which the next one is built (None), and what each serves."""
        found = self._session.rows(
            f"select schema, serves from {SCHEMA}.beside"  # noqa: S608
            " where production = %(production)s and release is not distinct from %(release)s",
            {**self._given, "release": release},
        )
        return {str(schema): str(serves) for schema, serves in found}

    def all_beside(self) -> set[str]:
        """Every schema of the database that was made for releases, of whichever production."""
        return {str(schema) for (schema,) in self._session.rows(f"select schema from {SCHEMA}.beside")}  # noqa: S608

    def add_beside(self, schemas: Mapping[str, str], release: str | None) -> None:
        """Make schemas for a release, by what each serves; within a transaction. Those that are there stay."""
        there = catalog.schemas(self._session, list(schemas))
        for schema, serves in schemas.items():
            if schema not in there:
                self._session.run(f"create schema {quoted(schema)}")
            self._session.run(
                f"insert into {SCHEMA}.beside (schema, production, serves, release) values"  # noqa: S608
                " (%(schema)s, %(production)s, %(serves)s, %(release)s) on conflict do nothing",
                {**self._given, "schema": schema, "serves": serves, "release": release},
            )

    def drop_beside(self, schemas: Iterable[str]) -> None:
        """Remove schemas that were made for a release, with all that is in them."""
        names = sorted(schemas)
        if names:
            with self._session.transaction():
                self.remove_beside(names)

    def remove_beside(self, names: Collection[str]) -> None:
        """As `drop_beside`, within a transaction."""
        there = [quoted(each) for each in names if each in catalog.schemas(self._session, names)]
        if there:
            self._session.run(f"drop schema {', '.join(there)} cascade")
        self._session.run(f"delete from {SCHEMA}.beside where schema = any(%(names)s)", {"names": list(names)})  # noqa: S608

    def waiting(self) -> tuple[str, str, bool] | None:
        """The release that waits to be published, what was written down of its beginning, and whether it is taken.

        Taken is one that a process has put back into the schemas from which releases are published.
        """
        if not self.exists() or not self._session.value(f"select to_regclass('{SCHEMA}.waiting') is not null"):
            return None
        found = self._session.rows(
            f"select release, begun, is_taken from {SCHEMA}.waiting where production = %(production)s",  # noqa: S608
            self._given,
        )
        return (str(found[0][0]), str(found[0][1]), bool(found[0][2])) if found else None

    def set_waiting(self, release: str, begun: str, is_taken: bool) -> None:
        """Say which release waits; within a transaction."""
        self._session.run(_WAITING)
        self.unset_waiting()
        self._session.run(
            f"insert into {SCHEMA}.waiting values (%(production)s, %(release)s, %(begun)s, %(is_taken)s)",  # noqa: S608
            {**self._given, "release": release, "begun": begun, "is_taken": is_taken},
        )

    def unset_waiting(self) -> None:
        """Say that none waits."""
        self._session.run(f"delete from {SCHEMA}.waiting where production = %(production)s", self._given)  # noqa: S608

    def rename_beside(self, schema: str, name: str, release: str | None) -> None:
        """Let a schema that was made for releases have another name, and be of another one; within a transaction."""
        self._session.run(f"alter schema {quoted(schema)} rename to {quoted(name)}")
        self._session.run(
            f"update {SCHEMA}.beside set schema = %(name)s, release = %(release)s where schema = %(schema)s",  # noqa: S608
            {"schema": schema, "name": name, "release": release},
        )

    def forget(self, release: str) -> None:
        """Forget what a release was made of."""
        self._session.run(
            f"delete from {SCHEMA}.contents where production = %(production)s and release = %(release)s",  # noqa: S608
            {**self._given, "release": release},
        )

    def vacate(self) -> None:
        """Remove the schemas and the rows of a production that is no more, and the tables where no other has any."""
        found = self._session.rows(
            f"select schema from {SCHEMA}.beside where production = %(production)s",  # noqa: S608
            self._given,
        )
        self.drop_beside(str(schema) for (schema,) in found)
        with self._session.transaction():
            self._session.run(_WAITING)
            tables = [f"{SCHEMA}.{name}" for name in ("published", "contents", "beside", "waiting")]
            self._session.run(f"lock table {', '.join(tables)} in access exclusive mode")
            for each in tables:
                self._session.run(f"delete from {each} where production = %(production)s", self._given)  # noqa: S608
            counts = " + ".join(f"(select count(*) from {each})" for each in tables)  # noqa: S608
            if not self._session.value(f"select {counts}"):
                self._session.run(f"drop schema {SCHEMA} cascade")
