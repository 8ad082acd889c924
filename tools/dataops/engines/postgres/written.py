"""Whether somebody wrote to production since a release began: told by every row that is there, and by how many are.

A row that was written since has a transaction number that the first look could not see, and a row that was removed is
missing from the count. That reads production's rows once at the beginning and once, with writers kept out and readers
not, before it is replaced; it rests on nothing that the server may forget, delay or not tell to this role.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from dataops.engines.postgres.catalog import Relation
from dataops.engines.postgres.session import Session

# Transaction numbers in rows have 32 bits: those that are older than everything the snapshot did not see are told by
# their age alone, the few others are completed by the upper half of the number that is the next one now.
_ROWS = """
    with now as (select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as next),
    since as (select next, next - pg_snapshot_xmin({snapshot})::text::bigint + 1 as age from now)
    select count(*), count(*) filter (where case when age(r.xmin) > since.age then false
        else not pg_visible_in_snapshot(greatest(
            r.xmin::text::bigint + (since.next >> 32 << 32)
            - case when r.xmin::text::bigint > (since.next & 4294967295) then 4294967296 else 0 end, 3
        )::text::xid8, {snapshot}) end)
    from {relation} r, since"""


_TEXTS = """
    select oid::bigint, md5(pg_get_viewdef(oid)) from pg_class
    where oid = any(%(oids)s::oid[]) and relkind in ('v', 'm')"""


@dataclass(frozen=True)
class Seen:
    """A relation as it was. `rows`: None for one without rows of its own; `text`: a digest of a view's definition."""

    oid: int
    rows: int | None
    text: str | None


@dataclass(frozen=True)
class Expected:
    """Relations at one moment. `snapshot`: which transactions could be seen then."""

    snapshot: str
    seen: Mapping[tuple[str, str], Seen]


def look(session: Session, relations: Mapping[tuple[str, str], Relation]) -> Expected:
    """Relations now, within a transaction that sees one moment of them, or while nobody can write."""
    snapshot = now(session)
    seen = {}
    for key, each in relations.items():
        rows = int(session.value(f"select count(*) from {each.sql}")) if each.stores else None  # noqa: S608
        seen[key] = Seen(each.oid, rows, _text(session, each))
    return Expected(snapshot, seen)


def changed(
    session: Session, expected: Expected, there: Mapping[tuple[str, str], Relation], keys: Collection[tuple[str, str]]
) -> list[str]:
    """Those of some names under which something else is `there` now."""
    found = []
    snapshot = f"'{expected.snapshot}'::pg_snapshot"
    for key in keys:
        before, relation = expected.seen.get(key), there.get(key)
        if before is None or relation is None:
            if (before is None) != (relation is None):
                found.append(".".join(key))
            continue
        same = before.oid == relation.oid
        if same and before.rows is not None:
            same = session.rows(_ROWS.format(snapshot=snapshot, relation=relation.sql))[0] == (before.rows, 0)
        if not same or before.text != _text(session, relation):
            found.append(str(relation))
    return found


def as_moved(session: Session, expected: Expected) -> dict[tuple[str, str], Seen]:
    """The same relations where they are now: a view's definition names the schemas that its relations are in."""
    texts = {int(oid): text for oid, text in session.rows(_TEXTS, {"oids": [s.oid for s in expected.seen.values()]})}
    return {key: replace(seen, text=texts.get(seen.oid)) for key, seen in expected.seen.items()}


def now(session: Session) -> str:
    """Which transactions can be seen now, in the server's own words."""
    return str(session.value("select pg_current_snapshot()::text"))


def _text(session: Session, relation: Relation) -> str | None:
    if relation.kind not in ("v", "m"):
        return None
    return str(session.value("select md5(pg_get_viewdef(%(oid)s::oid))", {"oid": relation.oid}))
