"""Sends what is in a spool from a thread of its own: a collector that is slow or gone costs the command nothing."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from dataops.orchestrate.openlineage.spool import Spool, refuse

if TYPE_CHECKING:
    from dataops.orchestrate.openlineage.client import Client

PATIENCE = 2.0
"""Seconds for which the end of a command waits for what is on its way."""

_LONGEST_PAUSE = 30.0


class Delivery:
    """Delivers events in their order, each again until it is taken or the command ends."""

    def __init__(self, client: Client, spool: Spool, given_up: Callable[[Exception], bool]) -> None:
        """Begin. `given_up` tells of an error that the same event will meet again."""
        self._client = client
        self._spool = spool
        self._given_up = given_up
        self._events: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._ending = threading.Event()
        self._failing = threading.Event()
        self._thread = threading.Thread(target=self._deliver, name="openlineage", daemon=True)
        self._thread.start()

    def put(self, text: str) -> None:
        """Send an event that the spool has."""
        self._events.put(text)

    def close(self, patience: float = PATIENCE) -> int:
        """Wait a little for what is on its way; how many events stay in the spool."""
        self._events.put(None)
        if self._failing.is_set():
            # It did not take the last one, which has been tried again ever since.
            self._ending.set()
        self._thread.join(patience)
        self._ending.set()
        if not self._thread.is_alive():
            with contextlib.suppress(Exception):
                self._client.close()
        return self._spool.close()

    def _deliver(self) -> None:
        while (text := self._events.get()) is not None:
            pause = 0.5
            while not self._sent(text):
                self._failing.set()
                if self._ending.wait(pause):
                    return
                pause = min(pause * 2, _LONGEST_PAUSE)
            self._failing.clear()
            if self._ending.is_set():
                return

    def _sent(self, text: str) -> bool:
        try:
            self._client.send(text)
        except Exception as error:  # noqa: BLE001 - a transport raises what it likes, in a thread that nobody waits for
            if not self._given_up(error):
                return False
            with contextlib.suppress(OSError):
                refuse(self._spool.path, text)
        with contextlib.suppress(OSError):
            self._spool.mark()
        return True
