"""One deploy or rollback at a time: a view in the warehouse, which only one can make, and its owner renews.

What it can: of two that begin at once on any machines, the warehouse lets one make the view. The owner writes the
server's time into it every half minute; an owner on this machine whose process is gone, or one that has not written for
five minutes, has lost it, and of those who then want it only one can rename the view away.

What it cannot: there is no session that a lock could die with, and no transaction that could hold it until the end. An
owner that was suspended for five minutes and wakes up finds that out before its next step, not during one.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from dataops.engines.views.session import RefusalError, Session
from dataops.errors import WarehouseError

RENEWED = 30.0
"""Seconds between two signs of life."""

STALE = 300
"""Seconds without one after which the owner is taken to be dead."""

FRESH = 90.0
"""Seconds for which it is certain that nobody else took the lock: far fewer than `STALE`."""


class Lock:
    """The lock of one production, held from `take` to `release`."""

    def __init__(
        self, session: Session, place: str, what: str, connect: Callable[[], Session], process: int | None = None
    ) -> None:
        """`place`: the journal's database; `connect` gives a connection of the lock's own, to renew it.

        `process`: the owner's number, this one's by default.
        """
        self._session = session
        self._place = place
        self._name = session.named(place, "lock")
        self._what = what
        self._connect = connect
        self.token = secrets.token_hex(8)
        self._process = os.getpid() if process is None else process
        self._certain = (-FRESH, -FRESH)
        self._followed = ""
        self._ended = threading.Event()
        self._renewing: threading.Thread | None = None

    def take(self) -> None:
        """Make the view; take the place of an owner that is dead.

        Raises:
            WarehouseError: another deploy or rollback holds it, whose owner is named.
        """
        seen = _clocks()
        if not self._make():
            owner = self._owner()
            if owner is not None:
                self._take_over(owner)
            if not self._make():
                raise self._refusal(self._owner())
        self._certain = seen
        self._renewing = threading.Thread(target=self._renew, daemon=True)
        self._renewing.start()
        # What was renamed by earlier owners; this one's stops whoever wanted to rename the same view, and came later.
        for name in self._session.relations(self._place):
            if name.startswith("lock_") and name != self._followed:
                self._session.run(self._session.drop_lock(self._session.named(self._place, name)))

    def check(self) -> None:
        """Do nothing while this process holds it. Asks only where it was not certain of that a moment ago.

        Raises:
            WarehouseError: somebody took it over, since this process gave no sign of life.
        """
        seen = _clocks()
        if all(now - then < FRESH for now, then in zip(seen, self._certain, strict=True)):
            return
        owner = self._owner()
        if owner is None or owner["token"] != self.token:
            raise WarehouseError(
                f"the lock of {self._what} was taken over meanwhile, since nothing was heard of this process",
                "run again",
            )
        self._certain = seen

    def release(self) -> None:
        """Remove the view, if it is this process's still. Never raises."""
        self._ended.set()
        if self._renewing is not None:
            self._renewing.join()
        with contextlib.suppress(Exception):
            if (self._owner() or {}).get("token") == self.token:
                self._session.run(self._session.drop_lock(self._name))

    def _make(self) -> bool:
        try:
            self._session.run(self._session.make_lock(self._name, self._record()))
        except RefusalError as error:
            if error.taken:
                return False
            raise
        return True

    def _record(self) -> str:
        seen = self._session.now()
        record = {
            "token": self.token,
            "host": socket.gethostname(),
            "process": self._process,
            "started": _started(self._process) or "gone",
            "seen": seen,
            "since": f"{datetime.now(timezone.utc):%Y-%m-%d %H:%M:%S} UTC",
        }
        return f"select {self._session.literal(json.dumps(record))} as record, {seen} as seen"

    def _renew(self) -> None:
        session = self._connect()
        try:
            while not self._ended.wait(RENEWED):
                with contextlib.suppress(Exception):
                    clocks = _clocks()
                    seen = session.now()
                    record = {**(self._owner(session) or {}), "seen": seen}
                    # Another's view is not renewed.
                    if record.get("token") == self.token:
                        query = f"select {self._session.literal(json.dumps(record))} as record, {seen} as seen"
                        session.run(session.renew_lock(self._name, query))
                        self._certain = clocks
        finally:
            session.close()

    def _owner(self, session: Session | None = None) -> dict[str, Any] | None:
        try:
            text = (session or self._session).value(f"select record from {self._name}")  # noqa: S608
            return dict(json.loads(str(text)))
        except RefusalError as error:
            if error.missing:
                return None
            raise
        except ValueError:
            return {"token": "damaged", "seen": 0, "host": "?", "process": 0, "since": "?"}

    def _take_over(self, owner: dict[str, Any]) -> None:
        """Rename a dead owner's view: of several who try, one can. The new name stays, which stops the others."""
        here = owner["host"] == socket.gethostname()
        gone = here and _started(int(owner["process"])) != owner.get("started")
        silent = self._session.now() - int(owner["seen"]) > STALE
        if not (gone or silent):
            raise self._refusal(owner)
        self._followed = f"lock_{owner['token']}"
        try:
            new = self._session.named(self._place, self._followed)
            self._session.run(self._session.rename_lock(self._name, new))
        except RefusalError as error:
            if not (error.taken or error.missing):
                raise

    def _refusal(self, owner: dict[str, Any] | None) -> WarehouseError:
        who = f" (process {owner['process']} on {owner['host']}, since {owner['since']})" if owner else ""
        return WarehouseError(
            f"another deploy or rollback of {self._what} is running{who}",
            f"wait until it has ended; if it was killed, its lock is free after {STALE // 60} minutes, or at once with "
            f"`{self._session.drop_lock(self._name)}`",
        )


def _clocks() -> tuple[float, float]:
    """One goes on while the machine sleeps, the other cannot be set back."""
    return time.time(), time.monotonic()


def _started(process: int) -> str:
    """When a process of this machine started, so that a number that was given anew is not mistaken; empty if none."""
    try:
        text = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
        return text.rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        pass
    if Path("/proc/self/stat").exists():
        return ""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return ""
    except OSError:
        pass
    return "running"
