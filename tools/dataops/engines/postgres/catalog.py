"""What the server's catalog says of relations: where each is, and what tells it from another of the same name."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from dataops.engines.postgres.names import quoted
from dataops.engines.postgres.session import Session

WORDS = {
    "r": "table",
    "p": "table",
    "v": "view",
    "m": "materialized view",
    "f": "foreign table",
    "S": "sequence",
}
"""The kinds of relations that a release moves, as SQL calls them. A column's own sequence moves with its table."""

_RELATIONS = """
    select c.oid::bigint, n.nspname, c.relname, c.relkind::text, pg_get_userbyid(c.relowner),
           c.relispopulated
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and {}
      and not exists (
        select from pg_depend d
        where c.relkind = 'S' and d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i')
          and d.refclassid = 'pg_class'::regclass)
    order by n.nspname, c.relname"""


_STATISTICS = """
    select s.stxrelid::bigint, n.nspname, s.stxname
    from pg_statistic_ext s join pg_namespace n on n.oid = s.stxnamespace where s.stxrelid = any(%(oids)s::oid[])"""


@dataclass(frozen=True)
class Relation:
    """A relation. `kind`: the catalog's letter; `oid` stays when it is moved or renamed, and no other ever has it."""

    oid: int
    schema: str
    name: str
    kind: str
    owner: str
    is_populated: bool = True

    @property
    def key(self) -> tuple[str, str]:
        """Schema and name."""
        return self.schema, self.name

    @property
    def sql(self) -> str:
        """Its full name as SQL."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"

    @property
    def word(self) -> str:
        """Its kind as SQL."""
        return WORDS[self.kind]

    @property
    def stores(self) -> bool:
        """Whether it has rows of its own in this database that can be read."""
        return self.kind in ("r", "p", "m") and self.is_populated

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


def relations(session: Session, schemas: Collection[str]) -> dict[tuple[str, str], Relation]:
    """All relations of some schemas, by schema and name."""
    if not schemas:
        return {}
    found = session.rows(_RELATIONS.format("n.nspname = any(%(schemas)s::name[])"), {"schemas": list(schemas)})
    return {each.key: each for each in (_relation(row) for row in found)}


def by_oid(session: Session, oids: Iterable[int]) -> dict[int, Relation]:
    """Those of some relations that are there, wherever they are."""
    wanted = list(oids)
    if not wanted:
        return {}
    found = session.rows(_RELATIONS.format("c.oid = any(%(oids)s::oid[])"), {"oids": wanted})
    return {each.oid: each for each in (_relation(row) for row in found)}


def statistics(session: Session, oids: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """The extended statistics of some tables, as SQL: they do not follow their table into another schema."""
    found: dict[int, tuple[str, ...]] = {}
    for oid, schema, name in session.rows(_STATISTICS, {"oids": list(oids)}):
        found[int(oid)] = (*found.get(int(oid), ()), f"{quoted(str(schema))}.{quoted(str(name))}")
    return found


def schemas(session: Session, names: Collection[str]) -> set[str]:
    """Those of some schemas that are there."""
    found = session.rows("select nspname from pg_namespace where nspname = any(%(n)s::name[])", {"n": list(names)})
    return {str(name) for (name,) in found}


def _relation(row: tuple[object, ...]) -> Relation:
    oid, schema, name, kind, owner, is_populated = row
    return Relation(int(str(oid)), str(schema), str(name), str(kind), str(owner), bool(is_populated))
