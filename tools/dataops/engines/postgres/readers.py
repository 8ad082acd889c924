"""Whoever reads production while a release is published: who began before it was built, and who holds its relations.

A transaction that sees an earlier moment would find the new release's tables empty, since their rows came later. So
nothing is moved before such transactions have ended, and who they are is told when they do not.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence

from dataops.engines.postgres.session import Session
from dataops.errors import WarehouseError

BUDGET = 60.0
"""Seconds for which a publication waits for transactions and for locks, each."""

_LOOK = 0.02

_SEES_ALL = "select pg_has_role('pg_read_all_stats', 'usage')"

# The server's own vacuum and analyze hold such a moment, too, and read no release through it.
# Of replicas the walsender tells what its readers see, where hot_standby_feedback is on; of whatever cannot be read
# the transactions themselves are told by their locks, which everybody sees.
_OLDER = """
    select distinct a.pid from pg_stat_activity a
    where a.pid <> pg_backend_pid() and (a.datname = current_database() or a.backend_type = 'walsender')
      and a.backend_type <> 'autovacuum worker' and age(a.backend_xmin) > age(%(built)s::text::xid)"""

# Of another role's process not even the kind can be seen; the server's own have no role.
_TRANSACTIONS = """
    select l.virtualtransaction from pg_locks l join pg_stat_activity a using (pid)
    where l.locktype = 'virtualxid' and l.granted and a.datname = current_database() and a.usesysid is not null
      and l.pid <> pg_backend_pid()"""

_STILL = "select pid from pg_locks where locktype = 'virtualxid' and granted and virtualtransaction = any(%(were)s)"

_HOLDING = """
    select distinct l.pid from pg_locks l
    where l.locktype = 'relation' and l.granted and l.pid <> pg_backend_pid()
      and l.database = (select oid from pg_database where datname = current_database())
      and l.relation = any(%(oids)s::oid[])"""

_WHO = """
    select a.pid, a.usename, coalesce(nullif(a.application_name, ''), a.backend_type, ''), coalesce(a.state, ''),
           extract(epoch from clock_timestamp() - a.xact_start)::int
    from pg_stat_activity a where a.pid = any(%(pids)s) order by a.xact_start nulls last"""

_NAMED = 3


class Built:
    """The moment at which the next release was all there, in the server's own count."""

    def __init__(self, session: Session) -> None:
        """Mark it; nothing of the release may be written afterwards."""
        self._session = session
        # A number that is given out now is newer than all that was written before.
        self._number = int(session.value("select mod(pg_current_xact_id()::text::bigint, 4294967296)"))
        self._sees_all = bool(session.value(_SEES_ALL))
        self._were = [] if self._sees_all else [str(each) for (each,) in session.rows(_TRANSACTIONS)]

    def older(self) -> list[int]:
        """The processes that still see an earlier moment."""
        if self._sees_all:
            return [int(pid) for (pid,) in self._session.rows(_OLDER, {"built": self._number})]
        return [int(pid) for (pid,) in self._session.rows(_STILL, {"were": self._were})]

    def wait(self, budget: float) -> None:
        """Wait until no process does.

        Raises:
            WarehouseError: one still does at the end of the budget; it is named.
        """
        deadline = time.monotonic() + budget
        while pids := self.older():
            if time.monotonic() > deadline:
                raise WarehouseError(
                    f"a transaction that began before the release was built would see it empty, and did not end "
                    f"within {budget:g} s: {who(self._session, pids)}",
                    f"wait until it has ended, or end it: select pg_terminate_backend({pids[0]})",
                )
            time.sleep(_LOOK)


def holding(session: Session, oids: Collection[int]) -> list[int]:
    """The processes that hold some relations in whatever way."""
    return [int(pid) for (pid,) in session.rows(_HOLDING, {"oids": list(oids)})]


def who(session: Session, pids: Sequence[int]) -> str:
    """Some processes in words."""
    found = session.rows(_WHO, {"pids": list(pids)})
    told = [
        f"process {pid} of {role} ({program}{f', {state}' if state else ''}"
        f"{f', for {seconds} s' if seconds is not None else ''})"
        for pid, role, program, state, seconds in found[:_NAMED]
    ]
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return ", ".join(told) + more if told else "one that has ended meanwhile"
