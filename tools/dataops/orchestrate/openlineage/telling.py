"""What a command calls. Where nothing is set it does nothing; where something is, nothing of it stops the command."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dataops.errors import DataopsError, SettingsError, StateError
from dataops.orchestrate.openlineage.setting import setting
from dataops.orchestrate.openlineage.spool import FOLDER, Spool

if TYPE_CHECKING:
    from dataops.config import Settings
    from dataops.history.recorder import Recorder
    from dataops.orchestrate.openlineage.delivery import Delivery
    from dataops.orchestrate.openlineage.teller import Teller
    from dataops.project.invocation import Parsed
    from dataops.project.outcome import Outcome
    from dataops.project.profiles import Target
    from dataops.project.session import Project
    from dataops.release.facts import Deployed
    from dataops.store.record import Release
    from dataops.store.state import State

Guard = Callable[[], AbstractContextManager[None]]


class Lineage:
    """What is told of a command; where nothing is set, nothing is."""

    def __init__(self) -> None:
        self._teller: Teller | None = None
        self._delivery: Delivery | None = None
        self._broken = False
        self._good = True
        self._verdict = ""

    @property
    def wanted(self) -> bool:
        """Whether anybody is told."""
        return self._teller is not None

    def open(self, project: Project, settings: Settings, command: str, target: str, recorder: Recorder | None) -> None:
        """Begin to tell, where that is set. `recorder` knows the columns of what a build makes in place."""
        if setting(project.root, os.environ) is None:
            return
        with self._guarded():
            teller = self._opened(project, settings, command, target)
            if recorder is not None:
                teller.surveyed = lambda: recorder.relations
            teller.start()
            self._teller = teller
            project.watchers.append(_Watching(teller, self._guarded))

    def deployed(self, done: Deployed, state: State) -> None:
        """A deploy has ended: what became of its release."""
        self.verdict(good=done.release is not None, text=done.verdict)
        if self._teller is None:
            return
        with self._guarded():
            if done.release is None:
                self._teller.refused()
            elif done.waiting is not None:
                self._teller.waiting(done.release)
            else:
                self._published(done.release, state)

    def published(self, state: State, release: str | None) -> None:
        """A release that had waited is live; None where none waited."""
        if release is None:
            self.verdict(good=False, text="no release waits to be published")
        if self._teller is None or release is None:
            return
        with self._guarded():
            record = state.release(release)
            if record is None:
                raise StateError(f"{release} has no record", "its datasets are not told")
            self._published(record, state)

    def verdict(self, good: bool, text: str) -> None:
        """What the command says in the end."""
        self._good, self._verdict = good, text

    def fail(self, error: BaseException) -> None:
        """The command is ended by an error."""
        if self._teller is not None:
            with self._guarded():
                said = error.message if isinstance(error, DataopsError) else type(error).__name__
                self._teller.end(good=False, message=said, stopped=isinstance(error, KeyboardInterrupt))

    def close(self) -> None:
        """End it, and wait a little for what is on its way."""
        if self._teller is not None:
            with self._guarded():
                self._teller.end(self._good, self._verdict)
        if self._delivery is not None:
            with self._guarded():
                if left := self._delivery.close():
                    sys.stderr.write(f"{left} lineage events wait in {FOLDER}: `dataops orchestrate resend`\n")

    def _published(self, release: Release, state: State) -> None:
        bundle = state.bundle(release.id)
        if bundle is not None and self._teller is not None:
            self._teller.published(release, bundle)

    def _opened(self, project: Project, settings: Settings, command: str, target: str) -> Teller:
        try:
            from dataops.orchestrate.openlineage.client import Client, will_not
        except ModuleNotFoundError as error:
            if not str(error.name).startswith("openlineage"):
                raise
            raise SettingsError(
                "OpenLineage's client is not installed", "pip install 'dbt-dataops[openlineage]'"
            ) from error
        from dataops.orchestrate.openlineage.delivery import Delivery
        from dataops.orchestrate.openlineage.teller import Teller

        def keep(text: str) -> None:
            # On the disk first, then on its way.
            spool.add(text)
            delivery.put(text)

        client = Client(keep)
        teller = Teller(client.emit, project, settings, command, target)
        spool = Spool(project.root / FOLDER, teller.id)
        delivery = self._delivery = Delivery(client, spool, will_not)
        return teller

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Nothing that goes wrong here reaches the command: the first is told, and what can be told still is."""
        try:
            yield
        except DataopsError as error:
            self._tell(f"{error.message}; {error.remedy}")
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not cost anybody their release
            last = traceback.extract_tb(error.__traceback__)[-1]
            self._tell(f"{type(error).__name__} ({Path(last.filename).name}:{last.lineno})")

    def _tell(self, why: str) -> None:
        if not self._broken:
            sys.stderr.write(f"not all lineage is told: {why}\n")
        self._broken = True


class _Watching:
    """The teller as the project's watcher. What it raises stops no run."""

    def __init__(self, teller: Teller, guarded: Guard) -> None:
        self._teller = teller
        self._guarded = guarded

    def began(self, command: str, target: Target, parsed: Parsed | None, manifest: Any, words: list[str]) -> None:
        """See `Watcher`."""
        with self._guarded():
            self._teller.began(command, target, parsed, manifest, words)

    def happened(self, event: Any) -> None:
        """See `Watcher`."""
        with self._guarded():
            self._teller.happened(event)

    def ended(self, outcome: Outcome) -> None:
        """See `Watcher`."""
        with self._guarded():
            self._teller.ended(outcome)


@contextmanager
def traced(
    project: Project, settings: Settings, command: str, target: str, recorder: Recorder | None = None
) -> Iterator[Lineage]:
    """Tell OpenLineage what a command does in a target, where that is set."""
    lineage = Lineage()
    before = list(project.watchers)
    lineage.open(project, settings, command, target, recorder)
    try:
        yield lineage
    except BaseException as error:
        lineage.fail(error)
        raise
    finally:
        lineage.close()
        project.watchers[:] = [each for each in project.watchers if each in before or not isinstance(each, _Watching)]
