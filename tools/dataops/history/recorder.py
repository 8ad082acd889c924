"""Records every command in the history, as it happens. None ever fails because it could not be recorded."""

from __future__ import annotations

import os
import sys
import traceback
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from dataops import __version__, config
from dataops.config import Settings
from dataops.environment import git, machine
from dataops.errors import DataopsError
from dataops.history import journals, observation
from dataops.history.files import now
from dataops.history.journals import FOLDER, Journal
from dataops.history.records import Invocation, Relation
from dataops.history.survey import Surveyed, survey
from dataops.project.invocation import Parsed
from dataops.project.outcome import Outcome
from dataops.project.profiles import Target
from dataops.project.session import Project
from dataops.project.slices import SOURCES, WHOLE
from dataops.project.targets import production_target
from dataops.store.location import Location


def begun_attempt(command: str, root: Path, started: datetime) -> Invocation:
    """A command that begins in the project at `root`, with what its surroundings tell; without an id."""
    revision = git.revision(root)
    job = machine.job(os.environ)
    return Invocation(
        invocation_id="",
        command=command,
        status="running",
        origin="dataops",
        started_at=started,
        dataops_version=__version__,
        revision=revision.removesuffix("-dirty") if revision else None,
        branch=git.branch(root) if revision else None,
        is_dirty=revision.endswith("-dirty") if revision else None,
        user=machine.user(),
        host=machine.host(),
        orchestrator=job.orchestrator if job else None,
        job_name=job.name if job else None,
        job_url=job.url if job else None,
        pull_request=job.pull_request if job else None,
    )


def stopped_attempt(error: BaseException) -> tuple[str, str]:
    """The status and the message of a command that an error ended.

    Of a file that cannot be read, the lines after the first can quote what is in it.
    """
    if isinstance(error, DataopsError):
        return "error", next(iter(error.message.strip().splitlines()), "")
    return "interrupted" if isinstance(error, KeyboardInterrupt) else "error", type(error).__name__


def keep_attempt(state: str, root: Path, invocation: Invocation, status: str, message: str | None) -> None:
    """Store a command that ended without having run dbt.

    Raises:
        StateError: the location cannot be written.
    """
    identity, ended = str(uuid.uuid4()), now()
    told = replace(
        invocation,
        invocation_id=identity,
        status=status,
        message=message,
        finished_at=ended,
        seconds=(ended - invocation.started_at).total_seconds(),
    )
    journals.keep(Location(state), root, identity, [told])


_TOLD = frozenset({"ConcurrencyLine", "NodeStart", "NodeFinished"})
_ON_PRODUCTION = ("deploy", "deploy --hold", "retry", "publish", "ci")
"""Commands whose option `--target` names production's target."""


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


@dataclass(frozen=True)
class Verdict:
    """What a command said in the end, on one line, and whether all is well."""

    text: str
    is_good: bool


class Recorder:
    """Watches a project's runs. A command that made a release live sets `release`, one that judges sets `verdict`."""

    def __init__(self, project: Project, settings: Settings, command: str) -> None:
        self._project = project
        self._settings = settings
        self._command = command
        self._runs: list[_Run] = []
        self._started = now()
        self._running: _Run | None = None
        self._broken = False
        self.release: str | None = None
        self.verdict: Verdict | None = None
        self.relations: dict[str, Relation] = {}
        """What the warehouse said of the columns of what was built."""

    def began(self, command: str, target: Target, parsed: Parsed | None, manifest: Any, words: list[str]) -> None:
        """See `Watcher`."""
        # A run that cannot be described is not recorded: what is heard of it must not count as the run before.
        self._running = None
        with self._guarded():
            invocation = self._invocation(target, manifest, words)
            whole = parsed.manifest if parsed else None
            self._running = _Run(target, whole, manifest, invocation)
            self._runs.append(self._running)

    def happened(self, event: Any) -> None:
        """See `Watcher`. Dbt's first word tells the invocation's id: with it the journal begins."""
        run = self._running
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
                run.journal.add(observation.begun(event))
            elif event.info.name == "NodeFinished" and event.data.node_info.resource_type == "source":
                run.journal.add(observation.checked(run.invocation.invocation_id, run.manifest, event.data))
            elif event.info.name == "NodeFinished":
                result = observation.finished(run.invocation.invocation_id, run.manifest, run.whole, event.data)
                run.told.add(result.unique_id)
                run.journal.add(result)

    def ended(self, outcome: Outcome) -> None:
        """See `Watcher`. Asks the warehouse for what the events do not tell."""
        with self._guarded():
            run = self._running
            if run is None or run.journal is None:
                return
            for each in outcome.results:
                if each.kind == "source":
                    run.journal.add(observation.aged(run.invocation.invocation_id, run.manifest, each))
                elif each.unique_id not in run.told:
                    run.journal.add(
                        observation.unannounced(run.invocation.invocation_id, run.manifest, run.whole, each)
                    )
            self._end(run, "failed" if outcome.exit_code else "success")
            asked = Surveyed(run.invocation.invocation_id, run.target, run.whole, run.manifest, outcome)
            for record in survey(self._project, asked, self._settings.history.samples):
                run.journal.add(record)
                if isinstance(record, Relation):
                    self.relations[record.unique_id] = record

    def close(self, status: str = "success", message: str | None = None) -> None:
        """Store what was recorded. `status` and `message`: what ended the command, if not its verdict.

        That is said of its last run, all of whose nodes may have passed; without any run, of the command alone.
        """
        if status == "success" and self.verdict is not None:
            status, message = "success" if self.verdict.is_good else "failed", self.verdict.text
        with self._guarded():
            ran = [(run, run.journal) for run in self._runs if run.journal is not None]
            for run, _ in ran:
                if run.invocation.status == "running":
                    self._end(run, "error" if status == "success" else status, message)
                if self.release:
                    run.say(release=self.release)
            if ran and message is not None:
                ran[-1][0].say(status=status, message=message)
            for _, journal in ran:
                journals.finish(Location(self._settings.state), journal)
            if not ran and (status != "success" or message is not None):
                keep_attempt(self._settings.state, self._project.root, self._unstarted(), status, message)
        for run in self._runs:
            if run.journal is not None:
                run.journal.leave()

    def recover(self) -> None:
        """Store what earlier processes left behind."""
        with self._guarded():
            journals.recover(Location(self._settings.state), self._project.root / FOLDER)

    def _end(self, run: _Run, status: str, message: str | None = None) -> None:
        moment = now()
        seconds = (moment - run.invocation.started_at).total_seconds()
        run.say(status=status, message=message, finished_at=moment, seconds=seconds)

    def _unstarted(self) -> Invocation:
        """The command without a run of dbt."""
        named = self._project.options.target
        target = named
        with suppress(DataopsError):
            if self._command in _ON_PRODUCTION:
                target = production_target(self._project, self._settings, named).name
            else:
                target = named or self._project.default_target
        begun = begun_attempt(self._command, self._project.root, self._started)
        mine = replace(begun, project=self._project.name, profile=self._project.profile.name)
        return replace(mine, target=target, release=self.release)

    def _invocation(self, target: Target, manifest: Any, words: list[str]) -> Invocation:
        credentials = self._project.credentials(target)
        return replace(
            begun_attempt(self._command, self._project.root, now()),
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
        )

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Nothing that goes wrong here reaches the run: the first is told, and what can be recorded still is."""
        with _guarded(told=not self._broken) as failed:
            yield
        self._broken = self._broken or bool(failed)


@contextmanager
def _guarded(told: bool = True) -> Iterator[list[str]]:
    """Hold back what goes wrong within, and say it if it is to be `told`; the list is not empty then."""
    failed: list[str] = []
    try:
        yield failed
    except DataopsError as error:
        failed.append(f"{error.message}; {error.remedy}")
    except Exception as error:  # noqa: BLE001 - whatever it is, it must not cost anybody their build
        last = traceback.extract_tb(error.__traceback__)[-1]
        failed.append(f"{type(error).__name__}: {error} ({Path(last.filename).name}:{last.lineno})")
    for why in failed if told else ():
        sys.stderr.write(f"not all is recorded in the history: {why}\n")


def _selection(words: list[str]) -> str:
    """The options that a person gave. A slice is told what to run by options of our own."""
    if WHOLE[1] in words or SOURCES[1] in words:
        return ""
    ours = {at + step for at, word in enumerate(words) if word == "--target-path" for step in (0, 1)}
    return " ".join(word for at, word in enumerate(words) if at not in ours)


@contextmanager
def recorded(project: Project, settings: Settings, command: str) -> Iterator[Recorder]:
    """Record whatever dbt runs within, and what stopped the command; before it, what killed processes left."""
    recorder = Recorder(project, settings, command)
    recorder.recover()
    project.watchers.append(recorder)
    try:
        yield recorder
    except BaseException as error:
        recorder.close(*stopped_attempt(error))
        raise
    finally:
        project.watchers.remove(recorder)
    recorder.close()


@contextmanager
def opening(command: str, given: Mapping[str, Any]) -> Iterator[None]:
    """Record that a command stopped while it opened its project: a profile, say, that is not there.

    `given`: its options. Where the settings cannot be read, nobody knows where the history is.
    """
    started = now()
    try:
        yield
    except BaseException as error:
        root, status = given["project_dir"].resolve(), stopped_attempt(error)
        try:
            settings = config.load(root)
        except DataopsError:
            raise error from None
        with _guarded():
            named = given["target"] or (settings.production.target if command in _ON_PRODUCTION else None)
            begun = replace(begun_attempt(command, root, started), target=named)
            keep_attempt(settings.state, root, begun, *status)
        raise
