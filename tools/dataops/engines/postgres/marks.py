"""A mark by which a production is known again, as long as nobody has written to it: cheap, and silent when in doubt.

It is made of each relation's number, of its file's, and of the server's counts of rows that were ever inserted,
updated or deleted. The counts come a moment late, and a crash loses them. So nothing is claimed after the server was
restarted or its counts were reset, nor while a session of this database works or has worked within the last minute:
that is the longest for which the server lets a session keep its counts to itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from dataops.engines.postgres.catalog import Relation
from dataops.engines.postgres.session import Session

_SINCE = 150000
"""Before this version the server could lose counts under load, and did not say so."""

_COUNTS = """
    select c.oid::bigint, coalesce(pg_relation_filenode(c.oid), 0)::bigint, c.relname, n.nspname,
        pg_stat_get_tuples_inserted(c.oid), pg_stat_get_tuples_updated(c.oid), pg_stat_get_tuples_deleted(c.oid),
        case when c.relkind in ('v', 'm') then md5(pg_get_viewdef(c.oid)) else '' end
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = any(%(oids)s::oid[]) order by c.oid"""

_SERVER = """
    select pg_postmaster_start_time()::text, coalesce(stats_reset::text, '')
    from pg_stat_database where datname = current_database()"""

_DOUBT = """
    select current_setting('track_counts') <> 'on'
        or not pg_has_role('pg_read_all_stats', 'usage')
        or exists (select from pg_prepared_xacts)
        or exists (
            select from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid()
              and backend_type not in ('autovacuum worker', 'parallel worker')
              and (state is distinct from 'idle' or state_change > clock_timestamp() - interval '60 s'))"""


def mark(session: Session, relations: Iterable[Relation]) -> str:
    """The mark of some relations as they are now."""
    session.rows("select pg_stat_clear_snapshot()")
    found = session.rows(_COUNTS, {"oids": [each.oid for each in relations]})
    return hashlib.sha256(repr([session.rows(_SERVER), found]).encode()).hexdigest()


def certain(session: Session) -> bool:
    """Whether a mark that is the same proves that nobody has written."""
    return session.version >= _SINCE and not session.value(_DOUBT)
