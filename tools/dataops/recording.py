"""Records every run of a command in the history, as it happens. A run never fails because it could not be recorded."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dataops import __version__, git, machine
from dataops.config import Settings
from dataops.errors import DataopsError
from dataops.location import Location
from dataops.observe.history import observed, pending
from dataops.observe.history.files import now
from dataops.observe.history.journal import FOLDER, Journal
from dataops.observe.history.records import Invocation
from dataops.project.outcome import Outcome
from dataops.project.profiles import Target
from dataops.project.session import Parsed, Project
from dataops.project.slices import STAND_IN
from dataops.surveying import Surveyed, survey

_TOLD = frozenset({"ConcurrencyLine", "NodeStart", "NodeFinished"})


@dataclass
class _Run:
    """One run of dbt that is being recorded. `whole`: what `manifest` is a slice of, where that is known."""

    target: Target
    whole: Any
    manifest: Any
    invocation: Invocation
    journal: Journal | None = None
    told: set[str] = field(default_factory=set)

    def say(self, **changes: Any) -> None:
        """Note what is known of the invocation by now."""
        self.invocation = replace(self.invocation, **changes)
        if self.journal is not None:
            self.journal.add(self.invocation)


class Recorder:
    """Watches a project's runs. `release` is set by a command that made one live."""

    def __init__(self, project: Project, settings: Settings, command: str) -> None:
        self._project = project
        self._settings = settings
        self._command = command
        self._runs: list[_Run] = []
        self._broken = False
        self.release: str | None = None

    def began(self, command: str, target: Target, parsed: Parsed | None, manifest: Any, words: list[str]) -> None:
        """See `Watcher`."""
        with self._guarded():
            invocation = self._invocation(target, manifest, words)
            whole = parsed.manifest if parsed else None
            self._runs.append(_Run(target, whole, manifest, invocation))

    def happened(self, event: Any) -> None:
        """See `Watcher`. Dbt's first word tells the invocation's id: with it the journal begins."""
        run = self._runs[-1] if self._runs else None
        # Of the many events few concern the history; this is called for all of them.
        if run is None or (run.journal is not None and event.info.name not in _TOLD):
            return
        with self._guarded():
            if run.journal is None:
                run.journal = Journal(self._project.root / FOLDER, str(event.info.invocation_id))
                run.say(invocation_id=str(event.info.invocation_id))
            if event.info.name == "ConcurrencyLine":
                run.say(planned=event.data.node_count or None, threads=event.data.num_threads)
            elif event.info.name == "NodeStart":
                run.journal.add(observed.begun(event))
            elif event.info.name == "NodeFinished" and event.data.node_info.resource_type == "source":
                run.journal.add(observed.checked(run.invocation.invocation_id, run.manifest, event.data))
            elif event.info.name == "NodeFinished":
                result = observed.finished(run.invocation.invocation_id, run.manifest, run.whole, event.data)
                run.told.add(result.unique_id)
                run.journal.add(result)

    def ended(self, outcome: Outcome) -> None:
        """See `Watcher`. Asks the warehouse for what the events do not tell."""
        with self._guarded():
            run = self._runs[-1]
            if run.journal is None:
                return
            for each in outcome.results:
                if each.kind == "source":
                    run.journal.add(observed.aged(run.invocation.invocation_id, run.manifest, each))
                elif each.unique_id not in run.told:
                    run.journal.add(observed.unannounced(run.invocation.invocation_id, run.manifest, run.whole, each))
            self._end(run, "failed" if outcome.exit_code else "success")
            asked = Surveyed(run.invocation.invocation_id, run.target, run.whole, run.manifest, outcome)
            for record in survey(self._project, asked, self._settings.history.samples):
                run.journal.add(record)

    def close(self, status: str, message: str | None = None) -> None:
        """Store what was recorded. `status` and `message` are for a run that has not ended."""
        with self._guarded():
            for run in self._runs:
                if run.journal is None:
                    continue
                if run.invocation.status == "running":
                    self._end(run, status, message)
                if self.release:
                    run.say(release=self.release)
                pending.finish(Location(self._settings.state), run.journal)
        for run in self._runs:
            if run.journal is not None:
                run.journal.leave()

    def recover(self) -> None:
        """Store what earlier processes left behind."""
        with self._guarded():
            pending.recover(Location(self._settings.state), self._project.root / FOLDER)

    def _end(self, run: _Run, status: str, message: str | None = None) -> None:
        moment = now()
        seconds = (moment - run.invocation.started_at).total_seconds()
        run.say(status=status, message=message, finished_at=moment, seconds=seconds)

    def _invocation(self, target: Target, manifest: Any, words: list[str]) -> Invocation:
        credentials = self._project.credentials(target)
        revision = git.revision(self._project.root)
        job = machine.job(os.environ)
        return Invocation(
            invocation_id="",
            command=self._command,
            status="running",
            origin="dataops",
            started_at=now(),
            project=self._project.name,
            profile=self._project.profile.name,
            target=target.name,
            adapter=str(credentials.type),
            database=str(credentials.database),
            schema=str(credentials.schema),
            is_full_refresh="--full-refresh" in words,
            selected=_selection(words) or " ".join(self._project.asked),
            variables=tuple(sorted(str(name) for name in self._project.vars)),
            dbt_version=str(manifest.metadata.dbt_version),
            dataops_version=__version__,
            revision=revision.removesuffix("-dirty") if revision else None,
            branch=git.branch(self._project.root) if revision else None,
            is_dirty=revision.endswith("-dirty") if revision else None,
            user=machine.user(),
            host=machine.host(),
            orchestrator=job.orchestrator if job else None,
            job_name=job.name if job else None,
            job_url=job.url if job else None,
            pull_request=job.pull_request if job else None,
        )

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Nothing that goes wrong here reaches the run: the first is told, and what can be recorded still is."""
        try:
            yield
        except DataopsError as error:
            self._give_up(f"{error.message}; {error.remedy}")
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not cost anybody their build
            last = traceback.extract_tb(error.__traceback__)[-1]
            self._give_up(f"{type(error).__name__}: {error} ({Path(last.filename).name}:{last.lineno})")

    def _give_up(self, why: str) -> None:
        if not self._broken:
            sys.stderr.write(f"not all is recorded in the history: {why}\n")
        self._broken = True


def _selection(words: list[str]) -> str:
    """The options that a person gave. A slice is told what to run by options of our own."""
    if any(STAND_IN in word for word in words):
        return ""
    ours = {at + step for at, word in enumerate(words) if word == "--target-path" for step in (0, 1)}
    return " ".join(word for at, word in enumerate(words) if at not in ours)


@contextmanager
def recorded(project: Project, settings: Settings, command: str) -> Iterator[Recorder]:
    """Record whatever dbt runs within, and before it what killed processes left."""
    recorder = Recorder(project, settings, command)
    recorder.recover()
    project.watchers.append(recorder)
    try:
        yield recorder
    except DataopsError as error:
        recorder.close("error", error.message)
        raise
    except BaseException as error:
        recorder.close("interrupted" if isinstance(error, KeyboardInterrupt) else "error", type(error).__name__)
        raise
    finally:
        project.watchers.remove(recorder)
    recorder.close("error")
