"""A release of which something failed: it is kept where only a part of it has to be built again to make it whole."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from dataops.config import Settings
from dataops.engines.engine import Candidate, Engine
from dataops.environment import machine
from dataops.errors import RefusedError, StateError
from dataops.project import baseline, dependencies, fingerprint, graph
from dataops.project.fingerprint import Fingerprints
from dataops.project.invocation import Parsed
from dataops.project.outcome import NodeResult
from dataops.project.session import Project
from dataops.project.surroundings import new_key
from dataops.project.targets import Targets
from dataops.release.again import again, twice
from dataops.store.drafts import Drafts
from dataops.store.record import Unfinished
from dataops.store.state import DISCARD, State

MANIFEST, RUN = "manifest.json", "run_results.json"
"""dbt's artifacts that a release needs of all that ran."""

_RESULTS, _ROWS, _PRINTS = "results.json", "rows.json", "fingerprints.json"


@dataclass(frozen=True)
class Means:
    """What a release is made with."""

    project: Project
    targets: Targets
    engine: Engine
    settings: Settings
    state: State


@dataclass(frozen=True)
class Attempt:
    """A candidate in which something failed. `planned`: what it was to be made of; `held`: what it took over.

    `live`: the release that it was made from; `paused`: the pauses that it was made around; `until`: after a retry,
    when its rows are too old; empty for as long from now on as settings say. `rows` of tables, as far as counted.
    """

    head: Parsed
    candidate: Candidate
    results: tuple[NodeResult, ...]
    planned: Collection[str]
    held: Collection[str]
    live: str | None
    paused: tuple[str, ...]
    is_full_refresh: bool
    until: str = ""
    rows: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Draft:
    """What is stored of one: dbt's artifacts, as JSON, results and rows so far, and the inputs of its code."""

    artifacts: Mapping[str, Any]
    results: tuple[NodeResult, ...]
    rows: Mapping[str, int]
    prints: Fingerprints


def keep(means: Means, attempt: Attempt, release: str, artifacts: Mapping[str, bytes]) -> Unfinished:
    """Let a candidate wait unfinished as `release`; whatever waited unfinished before is gone.

    Its record comes first, and the state's pointer last: the engine's word counts.

    Raises:
        RefusedError: it cannot be gone on with, and why.
    """
    manifest = attempt.head.manifest
    chosen = again(graph.read(manifest), attempt.planned, attempt.results)
    why = _hindrance(means, attempt, chosen, artifacts)
    if why:
        raise RefusedError(why, "`dataops deploy --hold` builds all of it anew")
    now = datetime.now(timezone.utc)
    until = now + timedelta(hours=means.settings.releases.hold_hours)
    unfinished = Unfinished(
        release=release,
        live=attempt.live,
        since=_iso(now),
        until=attempt.until or _iso(until),
        by=machine.who(),
        paused=attempt.paused,
        held=tuple(sorted(attempt.held)),
        is_full_refresh=attempt.is_full_refresh,
        again=len(chosen),
        planned=len(attempt.planned),
    )
    prints = fingerprint.pack(inputs(means, attempt.head, new_key()))
    results = json.dumps([{**asdict(each), "age": None} for each in attempt.results]).encode()
    drafts = Drafts(means.state.location)
    rows = json.dumps(dict(attempt.rows)).encode()
    drafts.record(unfinished, {**artifacts, _RESULTS: results, _ROWS: rows, _PRINTS: prints})
    attempt.candidate.wait(release, unfinished=True)
    drafts.leave(release)
    drafts.forget(keep=release)
    return unfinished


def _hindrance(means: Means, attempt: Attempt, chosen: Collection[str], artifacts: Mapping[str, bytes]) -> str:
    """Why a candidate cannot be gone on with; empty where it can."""
    engine, unreadable = means.engine, next((each.name for each in attempt.results if each.unreadable), "")
    waits = engine.waiting()
    if not engine.capabilities.reopens:
        return f"on {engine.capabilities.engine} a statement that fails may leave a part of what it did"
    if waits is not None and means.state.waiting(waits) is not None:
        return f"{waits} waits to be published, and goes on waiting"
    if unreadable:
        return f"{unreadable} cannot run as it is written"
    if not dependencies.named(attempt.head.manifest):
        return "the project reads variables of the environment that its text does not name"
    if not artifacts.keys() >= {MANIFEST, RUN}:
        return "dbt left no artifacts of it"
    if not chosen and not attempt.until:
        return "no model, seed, snapshot or test is to be built again"
    compiled = json.loads(artifacts[MANIFEST])["nodes"]
    return twice(attempt.head.manifest, chosen, attempt.results, attempt.is_full_refresh, compiled)


def inputs(means: Means, head: Parsed, key: str, names: Collection[str] = ()) -> Fingerprints:
    """The inputs of the project as they are; `names`: variables of the environment besides those that it names."""
    output = means.project.profile.output(means.targets.production.name)
    read = {*names, *dependencies.environment(head.manifest)}
    return baseline.taken(means.project, head, key, output, read)


def stored(state: State, unfinished: Unfinished) -> Draft:
    """What was stored of the one that can be gone on with.

    Raises:
        StateError: it is missing or damaged.
    """
    files = Drafts(state.location).files(unfinished.release)
    try:
        artifacts = {name: json.loads(files.read(name) or b"") for name in (MANIFEST, RUN)}
        results = tuple(NodeResult(**each) for each in json.loads(files.read(_RESULTS) or b""))
        rows = json.loads(files.read(_ROWS) or b"")
    except (ValueError, TypeError) as error:
        raise StateError(f"{files.source} is damaged: {error}", DISCARD) from error
    return Draft(artifacts, results, rows, fingerprint.unpack(files.read(_PRINTS) or b"", files.source))


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"
