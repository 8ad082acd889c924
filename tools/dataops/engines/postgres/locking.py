"""The locks of all relations of a release at once, against readers that never pause.

A reader that has one of the relations and waits for another one, which is ours already, would never end while we wait
for it. So the locks are had in steps, each with a savepoint under it. When such a reader shows, we go back to before
the relation that it waits for; it goes on, and what it does not read is locked again. Readers that come meanwhile wait
for us with nothing in their hands, so that those which had begun end one after the other.

Nobody waits for as long as the server's own second, after which it ends one of two sessions that wait for each other:
what takes longer is let go by an error, as if the server had refused it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from dataops.engines.postgres.catalog import Relation
from dataops.engines.postgres.names import quoted
from dataops.engines.postgres.session import LOCKED, ServerError, Session

_WAIT = 0.01
"""Seconds to wait for one lock before looking who has it."""

_ALL = 0.8
"""Seconds in which all of them have to be had."""

_STEPS = 16
"""Into how many steps they are divided, at least."""

_READ = """
    select distinct l.relation::bigint from pg_locks l
    where l.locktype = 'relation' and l.granted and l.pid <> pg_backend_pid() and l.relation = any(%(oids)s::oid[])"""

_ASKED = """
    select distinct w.relation::bigint from pg_locks l join pg_locks w on w.pid = l.pid and not w.granted
    where l.locktype = 'relation' and l.granted and l.pid <> pg_backend_pid() and l.relation = any(%(oids)s::oid[])
      and w.locktype = 'relation'"""


def lock(session: Session, relations: Sequence[Relation]) -> None:
    """Lock relations against everybody, within a savepoint of a transaction; in about the given order.

    Raises:
        ServerError: it took too long; whatever is locked by then is let go with the savepoint.
    """
    session.run(f"set local lock_timeout = {round(_WAIT * 1000)}")
    until = time.monotonic() + _ALL
    steps: list[list[Relation]] = []
    wanted, size = list(relations), max(4, len(relations) // _STEPS)
    read = _oids(session, _READ, wanted)
    while wanted:
        some = [each for each in wanted if each.oid not in read][:size]
        if not some and time.monotonic() < until and _give_way(session, steps, wanted):
            read = _oids(session, _READ, wanted)
            continue
        some = some or wanted[:1]
        try:
            session.run(f"savepoint step_{len(steps)}; {_statement(some)}")
            steps.append(some)
            wanted = [each for each in wanted if each not in some]
        except ServerError as error:
            if error.code != LOCKED or time.monotonic() > until:
                raise
            session.run(f"rollback to savepoint step_{len(steps)}")
            _give_way(session, steps, wanted)
            read = _oids(session, _READ, wanted)


def _give_way(session: Session, steps: list[list[Relation]], wanted: list[Relation]) -> bool:
    """Let go of what those wait for who have something that is wanted, and of all that was locked after it."""
    asked = _oids(session, _ASKED, wanted)
    back = next((n for n, step in enumerate(steps) if asked & {each.oid for each in step}), None)
    if back is None:
        return False
    session.run(f"rollback to savepoint step_{back}")
    wanted += [each for step in steps[back:] for each in step]
    del steps[back:]
    time.sleep(_WAIT / 5)
    return True


def _statement(relations: Sequence[Relation]) -> str:
    tables = ", ".join(f"only {each.sql}" for each in relations if each.kind in ("r", "p"))
    stated = [f"lock table {tables} in access exclusive mode"] if tables else []
    # Whatever is no table has its lock from what does nothing: it has that owner already.
    others = [each for each in relations if each.kind not in ("r", "p")]
    return "; ".join([*stated, *(f"alter {each.word} {each.sql} owner to {quoted(each.owner)}" for each in others)])


def _oids(session: Session, sql: str, relations: Sequence[Relation]) -> set[int]:
    return {int(oid) for (oid,) in session.rows(sql, {"oids": [each.oid for each in relations]})}
