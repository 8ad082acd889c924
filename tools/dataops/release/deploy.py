"""`deploy`: build everything into a copy of production, run all tests, and replace production only if all passed.

What is paused, or is paused by a test that fails, is built and tested there as well, and thrown away: what is published
then is a second copy, in which it is production's own, and which was built and tested without it.
"""

from __future__ import annotations

import secrets
import shutil
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from typing import Any

from rich.console import Console

from dataops.breaker.circuit import Circuit
from dataops.config import WORK, Settings
from dataops.engines.engine import Candidate, Engine
from dataops.environment import git, machine
from dataops.errors import UNABLE, DataopsError, NewerFormatError, SettingsError, StateError
from dataops.plan import origins, sides, untouched
from dataops.project import baseline, dependencies, graph, writes
from dataops.project.invocation import Parsed
from dataops.project.outcome import Account, Outcome
from dataops.project.production import refuse_unset
from dataops.project.run import waiting as progress
from dataops.project.run import watching
from dataops.project.session import Project
from dataops.project.slices import WHOLE, cut, exactly, uncompiled
from dataops.project.surroundings import new_key
from dataops.project.targets import Targets
from dataops.release import waiting
from dataops.release.contents import FILE as CONTENTS
from dataops.release.contents import Contents
from dataops.release.facts import Deployed
from dataops.release.held import Held
from dataops.release.keeping import forget
from dataops.release.tally import Tally
from dataops.release.unfinished import MANIFEST, RUN, Attempt, Means, keep
from dataops.sql.privacy import Personal
from dataops.store.record import Release
from dataops.store.state import State, pack

FOLDER = WORK / "deploy"
"""Where dbt's artifacts of the last deploy are, relative to the project."""

_ARTIFACTS = ("manifest.json", "run_results.json", "catalog.json")


def deploy(
    project: Project,
    targets: Targets,
    engine: Engine,
    settings: Settings,
    state: State,
    full_refresh: bool,
    console: Console,
    hold: bool = False,
    tally: Tally | None = None,
) -> Deployed:
    """Write, audit, publish. With `hold` the last is left to a later `publish`, and what failed to a later `retry`.

    `tally` knows rows of what was built.

    Raises:
        DataopsError: it could not run, or the project writes what no release can take back.
    """
    engine.ensure_releases()
    refuse_unset(settings)
    with engine.held():
        engine.settle(state)
        live = _live(state)
        waiting.agree(engine, state)
        with progress(console, "reading the project"):
            head = project.parse(targets.production, lambda: baseline.earlier_parse(state, targets))
        for refusal in engine.refusals(head.manifest):
            raise refusal
        watch = engine.watch()
        try:
            done = _deploy(project, targets, engine, settings, state, head, live, full_refresh, console, hold, tally)
        finally:
            engine.discard()
        if done.release is None:
            return replace(done, aftermath=watch.aftermath(writes.python_models(head.manifest)))
        return done


def _deploy(
    project: Project,
    targets: Targets,
    engine: Engine,
    settings: Settings,
    state: State,
    head: Parsed,
    live: str | None,
    full_refresh: bool,
    console: Console,
    hold: bool,
    tally: Tally | None,
) -> Deployed:
    circuit = Circuit(settings, head.manifest, project.root)
    project.run_vars = circuit.variables()
    build = partial(_built, project, engine, head, full_refresh, console)
    candidate, audit = build(head.manifest)
    outcome = audit
    kept = Held(frozenset(), None, {})
    shape = graph.read(head.manifest)
    planned = shape.answering
    means = Means(project, targets, engine, settings, state)
    attempt = partial(Attempt, head, live=live, is_full_refresh=full_refresh)
    if audit.exit_code == UNABLE:
        failed = Deployed(audit, None, live, Account(planned, audit.results), contents=Contents.of(audit, (), {}))
        return unfinished(means, failed, attempt(candidate, audit.results, planned, (), paused=())) if hold else failed
    resumed = circuit.count(audit)
    judged = circuit.judge(audit, state.live_since)
    incidents = judged.incidents
    # Asked again before each publication: someone may have paused a node meanwhile.
    while not judged.blocking and not circuit.renewed() <= kept.nodes:
        kept = Held.of(circuit.held, state, head)
        planned = shape.answering & circuit.free()
        candidate, outcome = build(uncompiled(cut(head.manifest, circuit.free(), {})), kept)
        judged = circuit.judge(outcome, state.live_since)
    account = Account(planned, outcome.results)
    contents = Contents.of(outcome, circuit.holds, tally.rows if tally is not None else {})
    told = partial(
        Deployed,
        account=account,
        contents=contents,
        audit=audit,
        incidents=incidents,
        holds=circuit.holds,
        resumed=resumed,
        empty=tuple(sorted(shape.empty)),
    )
    if not account.complete or not account.built:
        failed = told(outcome, None, live)
        if not hold:
            return failed
        if not circuit.renewed() <= kept.nodes:
            return replace(failed, unkept="it holds what is paused")
        paused = tuple(each.pause.id for each in circuit.holds)
        tried = attempt(candidate, outcome.results, planned, kept.nodes, paused=paused)
        return unfinished(means, failed, replace(tried, rows=tally.rows if tally is not None else {}))
    with progress(console, "leaving the release to be published" if hold else "publishing"):
        release = record(means, head, candidate, outcome, kept, live, contents)
        if hold:
            waits = waiting.beginning(settings, release, live, circuit.holds)
            waiting.leave(candidate, state, waits)
            return told(outcome, release, release.previous, waiting=waits)
        candidate.publish(state, release.id, release.previous)
        waiting.drop(engine, state)
    return told(outcome, release, release.previous, forgotten=forget(settings, state, engine))


def unfinished(means: Means, failed: Deployed, attempt: Attempt) -> Deployed:
    """Keep what failed in part, and say so; where it cannot be kept, why not."""
    folder = means.project.root / FOLDER
    artifacts = {name: (folder / name).read_bytes() for name in (MANIFEST, RUN) if (folder / name).exists()}
    try:
        return replace(failed, unfinished=keep(means, attempt, _identity(_now()), artifacts))
    except DataopsError as error:
        return replace(failed, unkept=error.message)


def record(
    means: Means,
    head: Parsed,
    candidate: Candidate,
    outcome: Outcome,
    kept: Held,
    live: str | None,
    contents: Contents,
) -> Release:
    """Store a release that is built and tested, and not live yet; before it, a production that no release made."""
    project, targets, state = means.project, means.targets, means.state
    superseded = _found(targets, state) if live is None and not candidate.begins else live
    release = _release(project, targets, head, outcome, superseded)
    candidate.document(head.manifest, FOLDER)
    state.record(release, bundle(project, targets, head, kept, _columns(state), contents))
    return release


def _built(
    project: Project,
    engine: Engine,
    head: Parsed,
    full_refresh: bool,
    console: Console,
    manifest: Any,
    kept: Held | None = None,
) -> tuple[Candidate, Outcome]:
    """Build and test `manifest` in a new candidate, in which `kept` stays as it is in production."""
    with progress(console, "copying production"):
        candidate = engine.candidate(head.manifest, kept.relations if kept is not None else {}, full_refresh)
    whole = project.root / FOLDER / "manifest.json"
    artifact = whole.read_bytes() if kept is not None else None
    shutil.rmtree(project.root / FOLDER, ignore_errors=True)
    arguments = ["--full-refresh"] if full_refresh else []
    arguments += WHOLE if kept is None else exactly(manifest)
    total = len(manifest.nodes) + len(manifest.unit_tests)
    with watching(console, "building the next release", total) as follow:
        outcome = candidate.run(manifest, FOLDER, arguments, follow)
    if artifact is not None:
        # A release stores the manifest of the project, not that of what could be built of it.
        whole.write_bytes(artifact)
    return candidate, outcome


def _live(state: State) -> str | None:
    """The live release; None before the first, or where its pointer is damaged: this deploy writes it anew."""
    try:
        return state.current()
    except NewerFormatError:
        raise
    except StateError:
        return None


def rollback(engine: Engine, state: State, release: str | None) -> tuple[str, str]:
    """Make an earlier release live again, by default the one that the live one replaced. Returns it, and what was live.

    Raises:
        StateError: there is no such release, or it is no longer kept.
    """
    engine.ensure_releases()
    with engine.held():
        engine.settle(state)
        live = state.current()
        if live is None:
            raise SettingsError("nothing was released yet", "make a first release with `dataops deploy`")
        known = {each.id: each for each in state.releases()}
        chosen = release or (known[live].previous if live in known else None)
        if chosen is None:
            raise SettingsError(f"release {live} replaced none", "name one: `dataops releases` lists them")
        if chosen == live:
            raise SettingsError(f"release {live} is live already", "name an earlier one: `dataops releases` lists them")
        state.digest(chosen)
        engine.restore(state, chosen, live)
        return chosen, live


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _identity(moment: datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def _found(targets: Targets, state: State) -> str:
    """A record for a production that was there before the first release, so that it too can be rolled back to."""
    moment = _now()
    release = Release(
        id=_identity(moment),
        created_at=f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}",
        action="found",
        revision=None,
        by=machine.who(),
        adapter=targets.adapter,
        dbt_version="unknown",
        previous=None,
        nodes=0,
        tests=0,
        warnings=0,
    )
    state.record(release, None)
    return release.id


def _release(project: Project, targets: Targets, head: Parsed, outcome: Outcome, superseded: str | None) -> Release:
    moment = _now()
    tests = [each for each in outcome.results if each.kind in ("test", "unit_test")]
    return Release(
        id=_identity(moment),
        created_at=f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}",
        action="deploy",
        revision=git.revision(project.root),
        by=machine.who(),
        adapter=targets.adapter,
        dbt_version=str(head.manifest.metadata.dbt_version),
        previous=superseded,
        nodes=sum(each.kind in ("model", "seed", "snapshot") for each in outcome.results),
        tests=len(tests),
        warnings=len(outcome.warned),
    )


def _columns(state: State) -> bytes | None:
    """Where the live release's columns come from; unknown of a damaged state, which only costs time."""
    try:
        live = state.bundle()
        return live.read(origins.FILE) if live else None
    except StateError:
        return None


def bundle(
    project: Project,
    targets: Targets,
    head: Parsed,
    kept: Held,
    columns: bytes | None = None,
    contents: Contents | None = None,
) -> bytes:
    """Dbt's artifacts of this build, the relations, and a partial parse per target, ready for a fresh checkout.

    `columns`: where those of the release come from that this one replaces; `contents`: what is new in it.
    """
    folder = project.root / FOLDER
    files: dict[str, Any] = {name: (folder / name).read_bytes() for name in _ARTIFACTS if (folder / name).exists()}
    files[baseline.PLACES] = baseline.pack_places(head.manifest)
    files[baseline.partial_parse_name(targets.production.name)] = head.cache.read_bytes()
    key = kept.key(targets.production.name) or new_key()
    output = project.profile.output(targets.production.name)
    files |= baseline.packed(project, head, key, output, folder / "catalog.json")
    try:
        parsed = project.parse(targets.parsing)
        files[baseline.partial_parse_name(targets.parsing.name)] = parsed.cache.read_bytes()
        files |= baseline.packed(project, parsed, key, output)
        given = untouched.Given(project.root, vars(project.options), None, None)
        certain = dependencies.named(head.manifest)
        files[untouched.FILE] = untouched.record(given, targets.parsing.name, targets.adapter, key, certain)
        tagged = bool(Personal(parsed.manifest, lambda _: None).names)
        shelf = sides.packed(project, targets, head, parsed, files, tagged)
        files |= {sides.index_name(targets.parsing.name): shelf} if shelf is not None else {}
    except DataopsError:
        # The pull requests' target may need settings that only their jobs have; they parse in full then.
        files.pop(baseline.partial_parse_name(targets.parsing.name), None)
    if contents is not None:
        files[CONTENTS] = contents.packed()
    if kept.nodes:
        kept.carry(files)
        # Production is not what these files make of it: no plan may end early on their account.
        files.pop(untouched.FILE, None)
        files.pop(sides.index_name(targets.parsing.name), None)
    if "manifest.json" in files:
        files[origins.FILE] = origins.packed(files["manifest.json"], files.get("catalog.json"), columns)
    return pack(files)
