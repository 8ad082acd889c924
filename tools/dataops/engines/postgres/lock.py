"""One deploy or rollback at a time: an advisory lock, which ends with its session, on whichever machine that is."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable

from dataops.engines.postgres.session import Session
from dataops.errors import WarehouseError

_ENDING = 1.0
"""Seconds that a session may take to end after its client has."""

_HOLDER = """
    select a.pid, a.usename, coalesce(host(a.client_addr), 'this server'), a.application_name,
           to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS')
    from pg_locks l join pg_stat_activity a using (pid)
    where l.locktype = 'advisory' and l.granted and l.objsubid = 1 and l.database = a.datid
      and a.datname = current_database()
      and (l.classid::bigint << 32) | l.objid::bigint = %(key)s"""


def key(name: str) -> int:
    """The number under which the server knows a lock."""
    return int.from_bytes(hashlib.sha256(f"dataops:{name}".encode()).digest()[:8], "big", signed=True)


def take(session: Session, names: Iterable[str], what: str) -> None:
    """Hold a lock of each name until the session ends. The server lets go within a second of its client's death, for
    which this waits.

    Raises:
        WarehouseError: another session holds one; it is named.
    """
    for name in sorted(set(names)):
        if _taken(session, name):
            continue
        found = session.rows(_HOLDER, {"key": key(name)})
        who = "; ".join("process {} of {} from {}, {}, since {} UTC".format(*row) for row in found)
        raise WarehouseError(
            f"another deploy or rollback of {what} is running{f' ({who})' if who else ''}", "wait until it has ended"
        )


def _taken(session: Session, name: str) -> bool:
    until = time.monotonic() + _ENDING
    while not session.value("select pg_try_advisory_lock(%(key)s)", {"key": key(name)}):
        if time.monotonic() > until:
            return False
        time.sleep(_ENDING / 10)
    return True


def held(session: Session, name: str) -> bool:
    """Whether this session, and not another one behind a pooler, still holds a lock."""
    return not session.lost and any(int(row[0]) == session.pid for row in session.rows(_HOLDER, {"key": key(name)}))
