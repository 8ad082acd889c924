"""What outside a release rests on its relations by their numbers, and would stay with them when they are moved away."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from dataops.engines.postgres.names import quoted
from dataops.engines.postgres.session import Session

_FOUND = """
    with given as (select unnest(%(oids)s::oid[]) as oid),
    moved as (
        select oid from given
        union
        -- A column's own sequence goes with its table, and others may count by it.
        select d.objid from pg_depend d join given g on d.refobjid = g.oid
        join pg_class c on c.oid = d.objid and c.relkind = 'S'
        where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')),
    things as (
        select 'pg_class'::regclass as class, oid from moved
        union select 'pg_type'::regclass, c.reltype from pg_class c join moved m on m.oid = c.oid where c.reltype <> 0
        union select 'pg_type'::regclass, t.typarray from pg_class c join moved m on m.oid = c.oid
        join pg_type t on t.oid = c.reltype where t.typarray <> 0),
    resting as (
        select distinct d.classid, d.objid,
            case d.classid
                when 'pg_rewrite'::regclass then (select ev_class from pg_rewrite x where x.oid = d.objid)
                when 'pg_constraint'::regclass then (select conrelid from pg_constraint x where x.oid = d.objid)
                when 'pg_trigger'::regclass then (select tgrelid from pg_trigger x where x.oid = d.objid)
                when 'pg_policy'::regclass then (select polrelid from pg_policy x where x.oid = d.objid)
                when 'pg_attrdef'::regclass then (select adrelid from pg_attrdef x where x.oid = d.objid)
                when 'pg_statistic_ext'::regclass then (select stxrelid from pg_statistic_ext x where x.oid = d.objid)
                when 'pg_type'::regclass then (
                    select coalesce(nullif(x.typrelid, 0), nullif(e.typrelid, 0)) from pg_type x
                    left join pg_type e on e.oid = x.typelem where x.oid = d.objid)
                when 'pg_class'::regclass then coalesce(
                    (select indrelid from pg_index x where x.indexrelid = d.objid),
                    (select x.refobjid from pg_depend x join pg_class c on c.oid = x.objid and c.relkind in ('S', 't')
                     where x.classid = 'pg_class'::regclass and x.objid = d.objid and x.deptype in ('a', 'i')
                       and x.refclassid = 'pg_class'::regclass limit 1),
                    d.objid)
            end as owner
        from pg_depend d join things t on t.class = d.refclassid and t.oid = d.refobjid)
    select r.classid::regclass::text, r.owner::bigint, c.relkind::text, n.nspname, c.relname,
        pg_describe_object(r.classid, r.objid, 0),
        coalesce(pg_has_role(c.relowner, 'usage'), false)
            and coalesce(has_schema_privilege(n.oid, 'create'), false),
        pg_get_userbyid(c.relowner)
    from resting r left join pg_class c on c.oid = r.owner left join pg_namespace n on n.oid = c.relnamespace
    where (r.owner is null or r.owner not in (select oid from moved))
      -- Whoever keeps an older release rests on what it was made of, wherever that goes.
      and (n.nspname is null or n.nspname <> all(%(schemas)s::name[]))
    order by 4, 5, 6"""


@dataclass(frozen=True)
class View:
    """A view or materialized view outside. `ours`: whether this role may replace it; else it is `owner`'s."""

    oid: int
    kind: str
    schema: str
    name: str
    ours: bool
    owner: str

    @property
    def sql(self) -> str:
        """Its full name as SQL."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class Dependants:
    """What rests on some relations. `others`: what cannot be made anew without being changed, in the server's words."""

    views: tuple[View, ...]
    others: tuple[str, ...]

    @property
    def tables(self) -> tuple[View, ...]:
        """The materialized views."""
        return tuple(each for each in self.views if each.kind == "m")

    @property
    def plain(self) -> tuple[View, ...]:
        """The other views."""
        return tuple(each for each in self.views if each.kind == "v")


def find(session: Session, oids: Iterable[int], schemas: Collection[str] = ()) -> Dependants:
    """What rests on some relations, other than they themselves and all that is in `schemas`."""
    given = {"oids": list(oids), "schemas": list(schemas)}
    views: dict[int, View] = {}
    others = []
    for class_, owner, kind, schema, name, described, ours, role in session.rows(_FOUND, given):
        if class_ == "pg_rewrite" and kind in ("v", "m"):
            views[int(owner)] = View(int(owner), str(kind), str(schema), str(name), bool(ours), str(role))
        else:
            others.append(str(described))
    return Dependants(tuple(views.values()), tuple(others))


_ROOTED = """
    select distinct d.refobjid::bigint from pg_depend d join pg_rewrite r on r.oid = d.objid
    where d.classid = 'pg_rewrite'::regclass and r.ev_class = %(oid)s
      and d.refclassid = 'pg_class'::regclass and d.refobjid <> r.ev_class"""


def roots(session: Session, view: int) -> set[int]:
    """The relations that a view reads itself."""
    return {int(oid) for (oid,) in session.rows(_ROOTED, {"oid": view})}


_OUTSIDE = """
    with things as (
        select 'pg_class'::regclass as class, c.oid, n.nspname
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        union all
        select 'pg_type'::regclass, c.oid, n.nspname from pg_type c join pg_namespace n on n.oid = c.typnamespace
        union all
        select 'pg_proc'::regclass, c.oid, n.nspname from pg_proc c join pg_namespace n on n.oid = c.pronamespace)
    select distinct pg_describe_object(d.classid, d.objid, 0)
    from pg_depend d join things t on t.class = d.refclassid and t.oid = d.refobjid
    left join things self on self.class = d.classid and self.oid = d.objid
    left join pg_rewrite r on d.classid = 'pg_rewrite'::regclass and r.oid = d.objid
    left join pg_constraint k on d.classid = 'pg_constraint'::regclass and k.oid = d.objid
    left join pg_attrdef a on d.classid = 'pg_attrdef'::regclass and a.oid = d.objid
    left join pg_policy p on d.classid = 'pg_policy'::regclass and p.oid = d.objid
    left join pg_trigger g on d.classid = 'pg_trigger'::regclass and g.oid = d.objid
    left join things of on of.class = 'pg_class'::regclass
        and of.oid = coalesce(r.ev_class, k.conrelid, a.adrelid, p.polrelid, g.tgrelid)
    where t.nspname = any(%(schemas)s::name[])
      and coalesce(self.nspname, of.nspname) is not null
      and coalesce(self.nspname, of.nspname) <> all(%(schemas)s::name[])
      and coalesce(self.nspname, of.nspname) <> 'pg_toast'
    order by 1"""


def outside(session: Session, schemas: Collection[str]) -> list[str]:
    """What rests on anything in some schemas and is in none of them: to drop these would take it along."""
    return [str(row[0]) for row in session.rows(_OUTSIDE, {"schemas": list(schemas)})]
