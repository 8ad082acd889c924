"""The moment of publication: relations change their schemas in one transaction, which gives way to readers.

Each relation is moved by `set schema`, which waits for whoever reads it. So that nobody waits long behind that, a wait
is cut after some milliseconds, everything is let go, and it is tried again in another order with a bit more patience;
always less than the server's own second, after which it would end one of two sessions that wait for each other.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dataops.engines.postgres import readers
from dataops.engines.postgres.catalog import Relation
from dataops.engines.postgres.names import quoted
from dataops.engines.postgres.session import DEADLOCK, LOCKED, ServerError, Session
from dataops.errors import WarehouseError

_FIRST, _LAST, _GROWTH = 0.04, 0.5, 1.5
"""Seconds to wait for one lock: at first, at most, and by how much more from one attempt to the next."""

_PATIENT = 3.0
"""The same where only the server's own vacuum is in the way, which gives way after a second, and no reader waits."""

_AT_ONCE = 25
"""Statements sent together."""


@dataclass(frozen=True)
class Move:
    """A relation and the schema that it is to be in."""

    relation: Relation
    to: str

    @property
    def sql(self) -> str:
        """As a statement."""
        return f"alter {self.relation.word} {self.relation.sql} set schema {quoted(self.to)}"


@dataclass(frozen=True)
class Exchange:
    """All that happens at once. `out` leaves what is served, then `into` takes its place.

    `guarded`: the tables among `out` whose writers are kept out while `before` looks at them; it raises what must keep
    the publication from happening. `after` makes views anew; `at_last` says what is live.
    """

    out: Sequence[Move]
    into: Sequence[Move]
    guarded: Sequence[Relation]
    before: Callable[[], None]
    after: Callable[[], None]
    at_last: Callable[[], None]


def perform(session: Session, exchange: Exchange, budget: float, order: random.Random) -> int:
    """Do it. Returns how many attempts it took.

    Raises:
        WarehouseError: somebody held a relation of it for all of the budget and is named, or it is refused.
    """
    deadline = time.monotonic() + budget
    patience, attempts = _FIRST, 0
    while True:
        try:
            with session.transaction():
                _keep_writers_out(session, exchange, patience)
                exchange.before()
                while True:
                    attempts += 1
                    try:
                        with session.savepoint():
                            _move(session, exchange, patience, order)
                        break
                    except ServerError as error:
                        if error.code not in (LOCKED, DEADLOCK) or time.monotonic() > deadline:
                            raise
                    patience = min(_LAST, patience * _GROWTH)
                    time.sleep(order.uniform(0, patience))
                exchange.at_last()
            return attempts
        except ServerError as error:
            if error.code not in (LOCKED, DEADLOCK):
                raise
            _give_up_after(session, exchange, deadline, budget)
            patience = min(_LAST, patience * _GROWTH)
            time.sleep(order.uniform(0, patience))


def _keep_writers_out(session: Session, exchange: Exchange, patience: float) -> None:
    """Lock tables against writers: readers read on, and whoever waits for them does not wait behind this."""
    tables = [each.sql for each in exchange.guarded if each.kind in ("r", "p")]
    if tables:
        pids = readers.holding(session, [each.oid for each in exchange.guarded])
        _wait_for_locks(session, _PATIENT if pids and readers.vacuumed(session, pids) else max(patience, _LAST))
        session.run(f"lock table {', '.join(tables)} in share mode")


def _move(session: Session, exchange: Exchange, patience: float, order: random.Random) -> None:
    _wait_for_locks(session, patience)
    until = time.monotonic() + _LAST + 4 * patience
    for moves in (exchange.out, exchange.into):
        shuffled = order.sample(moves, len(moves))
        for first in range(0, len(shuffled), _AT_ONCE):
            session.run("; ".join(each.sql for each in shuffled[first : first + _AT_ONCE]))
            if time.monotonic() > until and moves is exchange.out:
                # Every lock came in time, and all of them together did not: those who wait for the first wait too long.
                raise ServerError(LOCKED, "too many relations are being read")
    exchange.after()


def _wait_for_locks(session: Session, seconds: float) -> None:
    session.run(f"set local lock_timeout = {round(seconds * 1000)}")


def _give_up_after(session: Session, exchange: Exchange, deadline: float, budget: float) -> None:
    if time.monotonic() <= deadline:
        return
    pids = readers.holding(session, [each.relation.oid for each in exchange.out])
    raise WarehouseError(
        f"production was being used for all of {budget:g} s, and the release could not take its place: "
        f"{readers.who(session, pids)}",
        "run again when that has ended" + (f", or end it: select pg_terminate_backend({pids[0]})" if pids else ""),
    )
