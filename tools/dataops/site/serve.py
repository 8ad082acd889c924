"""`dataops site --serve`: takes a port, gathers, answers, and keeps what is shown true until somebody ends it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

from rich.console import Console

from dataops.config import Settings
from dataops.errors import DataopsError
from dataops.history.journals import FOLDER
from dataops.output import drawing
from dataops.site import gather, pages, running
from dataops.site.content import Running, Site
from dataops.site.gather import Modelled, gathered, modelled
from dataops.site.running import Journals
from dataops.site.server import EVERYTHING, Server, Showing
from dataops.store.location import Location


class Work(threading.Thread):
    """Gathers once, in a thread that ends with the process whatever it is at. `took`: seconds, once it has ended."""

    def __init__(self, gather: Callable[[], Site]) -> None:
        super().__init__(daemon=True)
        self._gather = gather
        self._site: Site | None = None
        self._failed: Exception | None = None
        self.took = 0.0

    def run(self) -> None:
        """Gather."""
        began = time.monotonic()
        try:
            self._site = self._gather()
        except Exception as error:  # noqa: BLE001 - raised again where it is asked for
            self._failed = error
        self.took = time.monotonic() - began

    @property
    def failed(self) -> bool:
        """Whether it has to be tried again."""
        return self._failed is not None

    def site(self, before: Site) -> Site:
        """What was gathered; what was there before, with a note, where that failed: a server stays."""
        if self._site is not None:
            return self._site
        error = self._failed
        why = (
            f"{error.message}; {error.remedy}"
            if isinstance(error, DataopsError)
            else f"{type(error).__name__}: {error}"
        )
        note = f"{_NOT_RENEWED}{before.made_at:%Y-%m-%d %H:%M} UTC. {why}."
        return replace(before, notes=(note, *(each for each in before.notes if not each.startswith(_NOT_RENEWED))))


_NOT_RENEWED = "This is how it was at "


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(timezone.utc)


TICK = 0.5
"""Seconds between two looks at the journals."""
_NEAR, _FAR = 2.0, 15.0
"""Seconds between two looks at a state on this machine, and at one elsewhere."""
_LEAVING = 1.0
_SHARE = 20
"""While something runs, the rest is gathered again after so many times what it takes: a twentieth of a core."""


class Following:
    """What `showing` shows of a project. Each `step` looks once; not for several threads."""

    def __init__(self, root: Path, settings: Settings, target: str | None, showing: Showing) -> None:
        """Gather everything, and show it.

        Raises:
            DataopsError: the state or the history cannot be read.
        """
        self._root, self._settings, self._target, self._showing = root, settings, target, showing
        self._interval = _NEAR if Location(settings.state).is_local else _FAR
        self._journals = Journals(root / FOLDER)
        self._assets = dict(_assets())
        self._runs: dict[str, Running] = {}
        self._shown: tuple[Running, ...] = ()
        self._moved = False
        self._stamp: Hashable = self._stamped()
        self._next = 0.0
        self._model: Modelled | None = None
        self._work: Work | None = None
        began = time.monotonic()
        self._site = self._gather()
        self._again = time.monotonic() + _SHARE * (time.monotonic() - began)
        self._look(frozenset({EVERYTHING}))

    def step(self) -> None:
        """Show what has happened since the last step."""
        self._look(frozenset({EVERYTHING}) if self._renewed() else frozenset())

    def close(self) -> bool:
        """Let go of the journals; whether nothing is being gathered any more, for which it waits a little."""
        self._journals.close()
        if self._work is not None:
            self._work.join(_LEAVING)
        return self._work is None or not self._work.is_alive()

    def _look(self, changed: frozenset[str]) -> None:
        at = now()
        found = {each.run.key: each for each in self._journals.look()}
        ended = {key: each for key, each in self._runs.items() if key not in found and each.ended is not None}
        runs = {**ended, **found}
        shown = running.shown_runs(runs.values(), at)
        if runs == self._runs and shown == self._shown and not changed:
            return
        self._moved = self._moved or runs != self._runs
        if self._runs.keys() - found.keys():
            self._next = 0.0  # it was stored
        files = changed | pages.moving((*self._shown, *runs.values()))
        say = running.news(self._shown, shown)
        self._runs, self._shown = {key: each for key, each in runs.items() if key in found or each in shown}, shown
        site = running.joined(self._site, runs.values(), at)
        contents = {**self._assets, **pages.contents(site, shown)}
        self._showing.show(contents, files, running.running_line(shown), say)

    def _renewed(self) -> bool:
        """Whether everything was gathered again. It is begun where something changed, beside what goes on here."""
        if self._work is not None:
            if self._work.is_alive():
                return False
            work, self._work = self._work, None
            self._next = time.monotonic() + (max(self._interval, work.took) if work.failed else self._interval)
            self._stamp = None if work.failed else self._stamp
            self._again = time.monotonic() + _SHARE * work.took
            self._site = work.site(self._site)
            return True
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + self._interval
        stamp = self._stamped()
        if stamp != self._stamp or (self._moved and time.monotonic() >= self._again):
            self._stamp, self._moved = stamp, False
            self._work = Work(self._gather)
            self._work.start()
        return False

    def _gather(self) -> Site:
        self._model = modelled(self._root, self._settings, self._model)
        return gathered(self._root, self._settings, self._target, now(), self._model)

    def _stamped(self) -> Hashable:
        try:
            return gather.stamp(self._settings.state, self._root, now().date())
        except DataopsError as error:
            return error.message


def _assets() -> Iterator[tuple[str, pages.Content]]:
    for name, content in pages.assets():
        yield name, partial(bytes, content)
    yield "assets/live.js", partial(pages.script, "live.js")
    yield f"assets/{drawing.library_name()}", lambda: drawing.library().encode()


def serve(console: Console, root: Path, settings: Settings, target: str | None, host: str, port: int) -> None:
    """Serve the site of a project until Ctrl-C, which is raised as such.

    Raises:
        DataopsError: the port is taken, or the state cannot be read.
    """
    showing = Showing()
    # The port first: whoever cannot have it is told before minutes of gathering.
    with Server(host, port, showing) as server:
        with console.status("gathering"):
            follow = Following(root, settings, target, showing)
        answering = threading.Thread(target=server.serve_forever, daemon=True)
        answering.start()
        _say(console, server)
        try:
            while True:
                time.sleep(TICK)
                follow.step()
        except KeyboardInterrupt:
            server.shutdown()
            if not follow.close():
                # Python cannot end in good order while a database works for it. Nothing is being written.
                console.print("interrupted")
                os._exit(130)
            raise


def _say(console: Console, server: Server) -> None:
    host = f"[{server.server_name}]" if ":" in server.server_name else server.server_name
    console.print(f"http://{host}:{server.server_port}/ – Ctrl-C ends it", highlight=False, markup=False)
    if server.names is None:
        console.print("Whoever reaches this machine can read it: names, messages, SQL. Nobody is asked for a password.")
    console.file.flush()
