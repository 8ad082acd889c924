"""What a relation has besides its rows and that its successor takes over: owner, grants, comments, policies, indexes.

dbt makes a table anew and gives it what its configuration says. What was given to the earlier one by hand, the new one
gets before it is moved. Where the project configures grants of a privilege, the project decides who has it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from dataops.engines.postgres import copy
from dataops.engines.postgres.catalog import Relation
from dataops.engines.postgres.names import literal, quoted
from dataops.engines.postgres.session import Session

Governed = Mapping[tuple[str, str], Collection[str]]
"""The privileges, in capitals, that the project configures, by the relation's schema and name."""

_GRANTS = """
    select coalesce(a.attname, ''), coalesce(r.rolname, ''), e.privilege_type, e.is_grantable
    from pg_class c
    cross join lateral (
        select null::int2 as attnum, c.relacl as acl
        union all select attnum, attacl from pg_attribute where attrelid = c.oid and attacl is not null) x
    left join pg_attribute a on a.attrelid = c.oid and a.attnum = x.attnum
    cross join lateral aclexplode(x.acl) e
    left join pg_roles r on r.oid = e.grantee
    where c.oid = %(oid)s and e.grantee <> c.relowner and (e.grantee = 0 or r.oid is not null)"""

_BY_DEFAULT = """
    select '', coalesce(r.rolname, ''), e.privilege_type, e.is_grantable
    from pg_default_acl d
    cross join lateral aclexplode(d.defaclacl) e
    left join pg_roles r on r.oid = e.grantee
    left join pg_namespace n on n.oid = d.defaclnamespace
    where d.defaclobjtype = 'r' and d.defaclrole = (select oid from pg_roles where rolname = current_user)
      and (d.defaclnamespace = 0 or n.nspname = %(schema)s) and e.grantee <> d.defaclrole"""

_DEFAULTS = """
    select d.defaclobjtype::text, coalesce(r.rolname, ''), e.privilege_type, e.is_grantable
    from pg_default_acl d join pg_namespace n on n.oid = d.defaclnamespace
    cross join lateral aclexplode(d.defaclacl) e
    left join pg_roles r on r.oid = e.grantee
    where n.nspname = %(schema)s and d.defaclrole = (select oid from pg_roles where rolname = current_user)"""

_ON_SCHEMA = """
    select coalesce(r.rolname, ''), e.privilege_type, e.is_grantable
    from pg_namespace n cross join lateral aclexplode(n.nspacl) e left join pg_roles r on r.oid = e.grantee
    where n.nspname = %(schema)s and e.grantee <> n.nspowner and (e.grantee = 0 or r.oid is not null)"""

_COMMENTS = """
    select coalesce(a.attname, ''), d.description
    from pg_description d left join pg_attribute a on a.attrelid = d.objoid and a.attnum = d.objsubid and d.objsubid > 0
    where d.classoid = 'pg_class'::regclass and d.objoid = %(oid)s and (d.objsubid = 0 or not a.attisdropped)"""

_POLICIES = """
    select p.polname, p.polpermissive, p.polcmd::text,
        array(select case r when 0 then '' else pg_get_userbyid(r)::text end from unnest(p.polroles) r),
        pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
    from pg_policy p where p.polrelid = %(oid)s"""

_TRIGGERS = """
    select tgname, pg_get_triggerdef(oid), tgenabled::text
    from pg_trigger where tgrelid = %(oid)s and not tgisinternal"""

_KEYS = """
    select conname, pg_get_constraintdef(oid), confrelid::bigint, confrelid::regclass::text
    from pg_constraint where conrelid = %(oid)s and contype = 'f' and conparentid = 0"""

_SECURED = "select relrowsecurity, relforcerowsecurity, relreplident::text from pg_class where oid = %(oid)s"

_ATTIRED = """
    select c.oid::bigint from pg_class c
    where c.oid = any(%(oids)s::oid[]) and (
        c.relacl is not null or c.relrowsecurity or c.relforcerowsecurity or c.relreplident in ('f', 'n')
        or c.relhasindex or c.relhastriggers
        or exists (select from pg_attribute a where a.attrelid = c.oid and a.attacl is not null)
        or exists (select from pg_policy p where p.polrelid = c.oid)
        or exists (select from pg_description d where d.classoid = 'pg_class'::regclass and d.objoid = c.oid))"""

_COLUMNS = "select attname from pg_attribute where attrelid = %(oid)s and attnum > 0 and not attisdropped"

_KINDS = {"r": "tables", "S": "sequences", "f": "functions", "T": "types"}
_COMMANDS = {"r": "select", "a": "insert", "w": "update", "d": "delete", "*": "all"}


def attired(session: Session, oids: Iterable[int]) -> set[int]:
    """Those of some relations that have anything which a successor might lack."""
    return {int(oid) for (oid,) in session.rows(_ATTIRED, {"oids": list(oids)})}


def take_over(session: Session, old: Relation, new: Relation, governed: Collection[str]) -> None:
    """Give a relation what another one of the same name has. `governed`: privileges that the project decides.

    Raises:
        ServerError: this role may not; nothing of it is seen by readers yet.
    """
    _grants(session, old, new, governed)
    _comments(session, old, new)
    if old.kind == new.kind == "r":
        copy.indexes(session, old, new, by_hand=True)
        _triggers(session, old, new)
        _policies(session, old, new)
    elif old.kind == new.kind == "m":
        copy.indexes(session, old, new, by_hand=True)
    if old.owner != new.owner:
        session.run(f"alter {new.word} {new.sql} owner to {quoted(old.owner)}")


def foreign_keys(session: Session, old: Relation, new: Relation, counterparts: Mapping[int, Relation]) -> None:
    """Give a copy the foreign keys of its original; onto the relations that take the place of what those name."""
    there = {str(row[0]) for row in session.rows(_KEYS, {"oid": new.oid})}
    for name, definition, referenced, called in session.rows(_KEYS, {"oid": old.oid}):
        if name not in there:
            place = counterparts[referenced].sql if referenced in counterparts else str(called)
            stated = str(definition).replace(f"REFERENCES {called}(", f"REFERENCES {place}(", 1)
            session.run(f"alter table {new.sql} add constraint {quoted(name)} {stated}")


def schema(session: Session, old: str, new: str) -> None:
    """Let what is made in a schema have the privileges that it would have in another by default."""
    for kind, role, privilege, grantable in session.rows(_DEFAULTS, {"schema": old}):
        if kind in _KINDS:
            session.run(
                f"alter default privileges in schema {quoted(new)} grant {privilege} on {_KINDS[kind]} to {_role(role)}"
                f"{' with grant option' if grantable else ''}"
            )


def schema_grants(session: Session, made: str, served: str) -> None:
    """Grants that hooks of the build gave on the schema that it was made in are meant for the one that is served."""
    there = set(session.rows(_ON_SCHEMA, {"schema": served}))
    for role, privilege, grantable in set(session.rows(_ON_SCHEMA, {"schema": made})) - there:
        option = " with grant option" if grantable else ""
        session.run(f"grant {privilege} on schema {quoted(served)} to {_role(role)}{option}")


def _grants(session: Session, old: Relation, new: Relation, governed: Collection[str]) -> None:
    before, now = (set(session.rows(_GRANTS, {"oid": each.oid})) for each in (old, new))
    columns = {str(name) for (name,) in session.rows(_COLUMNS, {"oid": new.oid})}
    for column, role, privilege, grantable in sorted(before - now):
        if privilege in governed or (column and column not in columns):
            continue
        what = f"{privilege} ({quoted(column)})" if column else privilege
        option = " with grant option" if grantable else ""
        session.run(f"grant {what} on {new.sql} to {_role(role)}{option}")
    # Taken away by hand from the earlier one: that a new one would be given it by default is no reason to.
    by_default = set(session.rows(_BY_DEFAULT, {"schema": old.schema}))
    for _, role, privilege, _ in sorted((now - before) & by_default):
        if privilege not in governed:
            session.run(f"revoke {privilege} on {new.sql} from {_role(role)}")


def _comments(session: Session, old: Relation, new: Relation) -> None:
    before, now = (dict(session.rows(_COMMENTS, {"oid": each.oid})) for each in (old, new))
    columns = {str(name) for (name,) in session.rows(_COLUMNS, {"oid": new.oid})}
    for column, text in before.items():
        if column in now or (column and column not in columns):
            continue
        what = f"column {new.sql}.{quoted(column)}" if column else f"{new.word} {new.sql}"
        session.run(f"comment on {what} is {literal(text)}")


def _policies(session: Session, old: Relation, new: Relation) -> None:
    there = {row[0] for row in session.rows(_POLICIES, {"oid": new.oid})}
    for name, permissive, command, roles, using, checked in session.rows(_POLICIES, {"oid": old.oid}):
        if name not in there:
            session.run(
                f"create policy {quoted(name)} on {new.sql} as {'permissive' if permissive else 'restrictive'}"
                f" for {_COMMANDS[command]} to {', '.join(map(_role, roles))}"
                f"{f' using ({using})' if using else ''}{f' with check ({checked})' if checked else ''}"
            )
    enabled, forced, replica = session.rows(_SECURED, {"oid": old.oid})[0]
    if enabled:
        session.run(f"alter table {new.sql} enable row level security")
    if forced:
        session.run(f"alter table {new.sql} force row level security")
    if replica in ("f", "n"):
        session.run(f"alter table {new.sql} replica identity {'full' if replica == 'f' else 'nothing'}")


def _triggers(session: Session, old: Relation, new: Relation) -> None:
    there = {row[0] for row in session.rows(_TRIGGERS, {"oid": new.oid})}
    modes = {"D": "disable", "R": "enable replica", "A": "enable always"}
    for name, definition, enabled in session.rows(_TRIGGERS, {"oid": old.oid}):
        if name in there:
            continue
        there_on = str(session.value("select %(oid)s::oid::regclass::text", {"oid": old.oid}))
        session.run(str(definition).replace(f" ON {there_on} ", f" ON {new.sql} ", 1))
        if enabled in modes:
            session.run(f"alter table {new.sql} {modes[enabled]} trigger {quoted(name)}")


def _role(name: str) -> str:
    return quoted(name) if name else "public"
