"""Production's rows in the next release: of relations that dbt adds to, with all that a table has besides rows."""

from __future__ import annotations

from dataops.engines.postgres.catalog import Relation
from dataops.engines.postgres.names import literal, quoted
from dataops.engines.postgres.session import Session

_ABOUT = "select relpersistence, array_to_string(reloptions, ', ') from pg_class where oid = %(oid)s"

_COLUMNS = """
    select attname from pg_attribute
    where attrelid = %(oid)s and attnum > 0 and not attisdropped and attgenerated = '' order by attnum"""

_SEQUENCES = """
    select a.attname, d.deptype::text, n.nspname, c.relname, format_type(s.seqtypid, null),
           s.seqincrement, s.seqmin, s.seqmax, s.seqstart, s.seqcache, s.seqcycle
    from pg_depend d
    join pg_class c on c.oid = d.objid and c.relkind = 'S'
    join pg_namespace n on n.oid = c.relnamespace
    join pg_sequence s on s.seqrelid = c.oid
    join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
    where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass
      and d.refobjid = %(oid)s and d.deptype in ('a', 'i')"""

_INDEXES = """
    select c.relname, pg_get_indexdef(i.indexrelid), k.conname, pg_get_constraintdef(k.oid),
           i.indisclustered, i.indisreplident
    from pg_index i join pg_class c on c.oid = i.indexrelid
    left join pg_constraint k on k.conindid = i.indexrelid and k.conrelid = i.indrelid and k.contype in ('p', 'u', 'x')
    where i.indrelid = %(oid)s and i.indisvalid order by c.relname"""


def copy(session: Session, source: Relation, schema: str, name: str = "") -> Relation:
    """A copy of a table in another schema, within a transaction; of the same name unless one is given."""
    target = Relation(0, schema, name or source.name, "r", source.owner)
    persistence, options = session.rows(_ABOUT, {"oid": source.oid})[0]
    unlogged = "unlogged " if persistence == "u" else ""
    stored = f" with ({options})" if options else ""
    session.run(f"create {unlogged}table {target.sql} (like {source.sql} including all excluding indexes){stored}")
    for column, kind, *sequence in session.rows(_SEQUENCES, {"oid": source.oid}):
        _count_on(session, target, str(column), str(kind), sequence)
    columns = ", ".join(quoted(str(name)) for (name,) in session.rows(_COLUMNS, {"oid": source.oid}))
    if columns:
        session.run(
            f"insert into {target.sql} ({columns}) overriding system value select {columns} from {source.sql}"  # noqa: S608
        )
    indexes(session, source, target)
    session.run(f"analyze {target.sql}")
    return target


def indexes(session: Session, source: Relation, target: Relation, by_hand: bool = False) -> None:
    """Give a relation the indexes and keys of another that it has not. `by_hand`: only those that dbt did not name.

    dbt names an index by a digest of 32 characters, so that each build makes its own.
    """
    there = {str(row[0]) for row in session.rows(_INDEXES, {"oid": _number(session, target)})}
    for name, definition, constraint, constrained, clustered, replica in session.rows(_INDEXES, {"oid": source.oid}):
        if name in there or (by_hand and (constraint or _is_dbts(str(name)))):
            continue
        if constraint:
            session.run(f"alter table {target.sql} add constraint {quoted(constraint)} {constrained}")
        else:
            _, told, rest = str(definition).partition(" USING ")
            head = "create unique index" if str(definition).startswith("CREATE UNIQUE") else "create index"
            session.run(f"{head} {quoted(name)} on {target.sql}{told}{rest}")
        if clustered:
            session.run(f"alter table {target.sql} cluster on {quoted(name)}")
        if replica:
            session.run(f"alter table {target.sql} replica identity using index {quoted(name)}")


def _is_dbts(name: str) -> bool:
    return len(name) == 32 and set(name) <= set("0123456789abcdef")


def _count_on(session: Session, target: Relation, column: str, kind: str, sequence: list[object]) -> None:
    """Let a column count on where the original's stands."""
    schema, name, type_, by, least, most, start, cache, cycle = sequence
    original = f"{quoted(str(schema))}.{quoted(str(name))}"
    last, called = session.rows(f"select last_value, is_called from {original}")[0]  # noqa: S608
    field = f"{target.sql}.{quoted(column)}"
    if kind == "a":
        own = f"{quoted(target.schema)}.{quoted(str(name))}"
        session.run(
            f"create sequence {own} as {type_} increment {by} minvalue {least} maxvalue {most} start {start}"
            f" cache {cache} {'cycle' if cycle else 'no cycle'} owned by {field};"
            f" alter table {target.sql} alter column {quoted(column)} set default nextval({literal(own)})"
        )
    else:
        own = str(session.value("select pg_get_serial_sequence(%(t)s, %(c)s)", {"t": target.sql, "c": column}))
    session.run("select setval(%(own)s::regclass, %(last)s, %(called)s)", {"own": own, "last": last, "called": called})


def _number(session: Session, relation: Relation) -> int:
    return int(session.value("select %(name)s::regclass::oid::bigint", {"name": relation.sql}))
