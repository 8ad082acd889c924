"""Processes beside a rehearsal: those that read without pause, and one that deploys until it is killed."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataops.engines.values import Stand
from dataops.errors import DataopsError
from dataops.project.outcome import Outcome
from dataops.rehearsal import play
from dataops.rehearsal.finding import BrokenError
from dataops.rehearsal.overheard import Overheard
from dataops.rehearsal.stage import Stage, opened
from dataops.store.record import Release
from dataops.store.state import State
from dataops.warehouse import connect

READERS = 3

_STAYS = 0.5
"""Seconds for which a reader keeps its connection; the last read of each is on a new one."""

_PATIENCE = 600.0
"""Seconds for which readers are waited for."""


# -- readers ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """What all readers saw. `mixed`: reads of two releases, all within `seconds`; `slowest`: seconds of a read."""

    reads: int
    errors: tuple[str, ...]
    editions: frozenset[int]
    mixed: int
    seconds: float
    slowest: float


@contextmanager
def reading(stage: Stage) -> Iterator[list[Seen]]:
    """Readers that never pause; what they saw is in the list afterwards."""
    folder = stage.folder / "readers"
    folder.mkdir(exist_ok=True)
    stop, query = folder / "stop", stage.reading()
    files = [folder / f"{number}.json" for number in range(READERS)]
    for file in (stop, *files):
        file.unlink(missing_ok=True)
    readers = [stage.nursery.start(read.__name__, str(stage.folder), query, str(stop), str(file)) for file in files]
    seen: list[Seen] = []
    try:
        until = time.monotonic() + _PATIENCE
        while not all(file.exists() for file in files) and time.monotonic() < until:
            time.sleep(0.02)
        yield seen
    finally:
        stop.touch()
        ended = [stage.nursery.wait(reader) for reader in readers]
    if any(ended):
        raise BrokenError("a reader ended before its time")
    seen.append(together([json.loads(file.read_text(encoding="utf-8")) for file in files]))


def read(folder: str, query: str, stop: str, file: str) -> None:
    """Read until a file says stop, or nobody is left to tell; then write what was seen."""
    parent = os.getppid()
    project = opened(Path(folder) / "beside")
    target = project.profile.target(play.READER)
    editions: set[int] = set()
    reads, errors, mixed, slowest, ended = 0, [], [], 0.0, False
    while not ended:
        ended = Path(stop).exists() or os.getppid() != parent
        try:
            with connect(project, target, None) as warehouse:
                until = time.monotonic() + _STAYS
                while True:
                    begun = time.time()
                    found = {int(row[1]) for row in warehouse.once(query)}
                    took = time.time() - begun
                    reads, slowest, editions = reads + 1, max(slowest, took), editions | found
                    if len(found) != 1:
                        mixed.append((begun, begun + took))
                    if reads == 1:
                        Path(file).touch()
                    if ended or time.monotonic() > until or Path(stop).exists():
                        break
        except DataopsError as error:
            errors.append(error.message)
            reads += 1
    told = {"reads": reads, "editions": sorted(editions), "errors": errors, "mixed": mixed, "slowest": slowest}
    Path(file).write_text(json.dumps(told), encoding="utf-8")


def together(told: list[Any]) -> Seen:
    """What several readers wrote, as one."""
    mixed = [span for each in told for span in each["mixed"]]
    return Seen(
        sum(each["reads"] for each in told),
        tuple(error for each in told for error in each["errors"]),
        frozenset(edition for each in told for edition in each["editions"]),
        len(mixed),
        max(end for _, end in mixed) - min(begin for begin, _ in mixed) if mixed else 0.0,
        max(each["slowest"] for each in told),
    )


# -- who is killed ----------------------------------------------------------------------------------------------------

POINTS: dict[str, bool | None] = {
    "while building": False,
    "with the release recorded": False,
    "half way through publishing": None,
    "published, before the state says so": True,
    "after the state says so": True,
}
"""When a deploy is killed: whether its release is published by then, None where that depends on the moment."""


def killed(stage: Stage, edition: int, point: str) -> bool:
    """Deploy an edition in another process that is killed at a point of `POINTS`. False where it ended before that.

    Raises:
        BrokenError: it ended by itself, in another way.
    """
    play.set_edition(stage.folder, edition)
    stand = [dict(stage.stand.changes), dict(stage.stand.reading)]
    child = stage.nursery.start(deploy_until.__name__, str(stage.folder), stage.name, stand, point, stage.seconds / 2)
    code = stage.nursery.wait(child)
    if code == -signal.SIGKILL:
        return True
    if code == 0 and POINTS[point] is None:
        return False
    raise BrokenError(f"a deploy that was to be killed {point} ended by itself, with {code}")


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class _Mortal(State):
    """A state at one of whose steps the process ends."""

    def __init__(self, location: str, point: str) -> None:
        super().__init__(location)
        self._point = point

    def record(self, release: Release, bundle: bytes | None) -> None:
        super().record(release, bundle)
        if self._point == "with the release recorded":
            _die()

    def point(self, release: str) -> None:
        if self._point == "published, before the state says so":
            _die()
        super().point(release)
        if self._point == "after the state says so":
            _die()


class _Watcher:
    """Ends the process once the first node is built."""

    def began(self, *_: Any) -> None:
        """Not yet."""

    def happened(self, event: Any) -> None:
        """A node was built."""
        if event.info.name == "NodeFinished":
            _die()

    def ended(self, outcome: Outcome) -> None:
        """Never."""


def deploy_until(folder: str, name: str, stand: list[dict[str, Any]], point: str, seconds: float) -> None:
    """Deploy the project as it is, and die at a point. `seconds`: after which half of a publication is done."""
    stage = Stage.open(Path(folder), name, Stand(stand[0], stand[1]))
    if point == "while building":
        stage.project.watchers.append(_Watcher())

    def begins() -> None:
        if point == "half way through publishing":
            timer = threading.Timer(seconds, _die)
            timer.daemon = True
            timer.start()

    with stage.project.entered():
        state = _Mortal(stage.state.location, point)
        stage.redeploy(state, Overheard(stage.engine(), begins), 0)
