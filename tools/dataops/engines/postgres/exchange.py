"""The moment of publication: relations change their schemas in one transaction, which gives way to readers.

First every relation that leaves is locked (`locking`), and only then anything is done, so that readers wait for no
more than that. Where the locks are not to be had, all is let go and tried again, within a budget.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from dataops.engines.postgres import locking, readers
from dataops.engines.postgres.catalog import Relation
from dataops.engines.postgres.names import quoted
from dataops.engines.postgres.session import DEADLOCK, LOCKED, ServerError, Session
from dataops.errors import WarehouseError

_LONG = 0.5
"""Seconds to wait for writers, and at most before all is tried again."""

_PATIENT = 3.0
"""Seconds to wait for the server's own vacuum: it gives way to whoever has waited for one."""

_AT_ONCE = 50
"""Statements sent together."""


@dataclass(frozen=True)
class Move:
    """A relation, the schema that it is to be in, and the names, as SQL, of statistics that go with it."""

    relation: Relation
    to: str
    statistics: tuple[str, ...] = ()

    @property
    def sql(self) -> str:
        """As statements."""
        things = (f"{self.relation.word} {self.relation.sql}", *(f"statistics {each}" for each in self.statistics))
        return "; ".join(f"alter {each} set schema {quoted(self.to)}" for each in things)


@dataclass(frozen=True)
class Exchange:
    """All that happens at once. `out` leaves what is served, then `into` takes its place.

    `guarded`: the tables among `out` whose writers are kept out while `before` looks at them; it raises what must keep
    the publication from happening. `after` makes the views `rebound` anew; `at_last` says what is live.
    """

    out: Sequence[Move]
    into: Sequence[Move]
    guarded: Sequence[Relation]
    rebound: Sequence[Relation]
    before: Callable[[], None]
    after: Callable[[], None]
    at_last: Callable[[], None]


def perform(session: Session, exchange: Exchange, budget: float, order: random.Random) -> int:
    """Do it. Returns how many attempts it took.

    Raises:
        WarehouseError: somebody held a relation of it for all of the budget and is named, or it is refused.
    """
    deadline = time.monotonic() + budget
    attempts = 0
    while True:
        try:
            with session.transaction():
                _keep_vacuum_out(session, exchange)
                _keep_writers_out(session, exchange)
                exchange.before()
                while True:
                    attempts += 1
                    try:
                        with session.savepoint():
                            _move(session, exchange, order)
                        break
                    except ServerError as error:
                        if error.code not in (LOCKED, DEADLOCK) or time.monotonic() > deadline:
                            raise
                    time.sleep(order.uniform(0, _LONG / 5))
                exchange.at_last()
            return attempts
        except ServerError as error:
            if error.code not in (LOCKED, DEADLOCK):
                raise
            _give_up_after(session, exchange, deadline, budget)
            time.sleep(order.uniform(0, _LONG))


def _keep_vacuum_out(session: Session, exchange: Exchange) -> None:
    """Lock all tables as a vacuum would: to shorter waits it does not give way, and readers and writers go on."""
    moving = [each.relation for each in (*exchange.out, *exchange.into)]
    tables = [f"only {each.sql}" for each in moving if each.kind in ("r", "p")]
    if tables:
        session.run(f"set local lock_timeout = {round(_PATIENT * 1000)}")
        session.run(f"lock table {', '.join(tables)} in share update exclusive mode")


def _keep_writers_out(session: Session, exchange: Exchange) -> None:
    """Lock tables against writers: readers read on, and whoever waits for them does not wait behind this."""
    tables = [each.sql for each in exchange.guarded if each.kind in ("r", "p")]
    if tables:
        session.run(f"set local lock_timeout = {round(_LONG * 1000)}")
        session.run(f"lock table {', '.join(tables)} in share mode")


def _move(session: Session, exchange: Exchange, order: random.Random) -> None:
    locked = [*(each.relation for each in exchange.out), *exchange.rebound]
    locking.lock(session, order.sample(locked, len(locked)))
    for each in _batches([each.sql for each in (*exchange.out, *exchange.into)]):
        session.run(each)
    exchange.after()


def _batches(statements: Sequence[str]) -> Iterator[str]:
    for first in range(0, len(statements), _AT_ONCE):
        yield "; ".join(statements[first : first + _AT_ONCE])


def _give_up_after(session: Session, exchange: Exchange, deadline: float, budget: float) -> None:
    if time.monotonic() <= deadline:
        return
    locked = [*(each.relation for each in (*exchange.out, *exchange.into)), *exchange.rebound]
    pids = readers.holding(session, [each.oid for each in locked])
    raise WarehouseError(
        f"production was being used for all of {budget:g} s, and the release could not take its place: "
        f"{readers.who(session, pids)}",
        "run again when that has ended" + (f", or end it: select pg_terminate_backend({pids[0]})" if pids else ""),
    )
