"""`deploy`: build everything into a copy of production, run all tests, and replace production only if all passed.

What is paused, or is paused by a test that fails, is built and tested there as well, and thrown away: what is published
then is a second copy, in which it is production's own, and which was built and tested without it.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from dataops import git, machine
from dataops.changes import partly, untouched
from dataops.checks.personal import Personal
from dataops.config import WORK, Settings
from dataops.errors import UNABLE, DataopsError, NewerFormatError, SettingsError, StateError
from dataops.observe.breaker.circuit import Circuit
from dataops.observe.site import lineage
from dataops.project import baseline, dependencies, graph, writes
from dataops.project.account import Account
from dataops.project.outcome import Outcome
from dataops.project.outlet import Outlet, diverting
from dataops.project.production import refuse_unset
from dataops.project.profiles import Target
from dataops.project.progress import waiting, watching
from dataops.project.session import Parsed, Project
from dataops.project.slices import WHOLE, cut, exactly, uncompiled
from dataops.project.surroundings import new_key
from dataops.project.targets import Targets, in_file
from dataops.record import Release
from dataops.release import scope
from dataops.release.companions import Companion, mark
from dataops.release.database import Identity
from dataops.release.facts import Deployed
from dataops.release.held import Held, freeze
from dataops.release.served import Served
from dataops.release.store import Store
from dataops.release.views import repoint
from dataops.state import State, pack

FOLDER = WORK / "deploy"
"""Where dbt's artifacts of the last deploy are, relative to the project."""

_ARTIFACTS = ("manifest.json", "run_results.json", "catalog.json")


def store_of(targets: Targets) -> Store:
    """The files around production.

    Raises:
        SettingsError: production is no DuckDB file.
    """
    if targets.database is None:
        raise SettingsError(
            f"`deploy` and `rollback` work on DuckDB so far, and production is on {targets.adapter}",
            "release with `dataops build`, which leaves out what is paused; `plan`, `lint` and `ci` work here",
        )
    return Store(targets.database)


def deploy(
    project: Project, targets: Targets, settings: Settings, state: State, full_refresh: bool, console: Console
) -> Deployed:
    """Write, audit, publish.

    Raises:
        DataopsError: it could not run, or the project writes what no release can take back.
    """
    store = store_of(targets)
    refuse_unset(settings)
    with store.held():
        store.settle(state)
        live = _live(state)
        with waiting(console, "reading the project"):
            head = project.parse(targets.production, lambda: baseline.earlier_parse(state, targets))
        for refusal in scope.refusals(project, targets, head.manifest):
            raise refusal
        others = [each.file for each in targets.attached if each.file is not None]
        served = Served([store.production, *others, *store.places.known()])
        try:
            done = _deploy(project, targets, settings, state, store, head, live, full_refresh, console)
        finally:
            store.discard()
        if done.release is None:
            return replace(done, standing=served.standing(writes.python_models(head.manifest)))
        return done


def _deploy(
    project: Project,
    targets: Targets,
    settings: Settings,
    state: State,
    store: Store,
    head: Parsed,
    live: str | None,
    full_refresh: bool,
    console: Console,
) -> Deployed:
    circuit = Circuit(settings, head.manifest, project.root)
    project.run_vars = circuit.variables()
    written = scope.attached(head.manifest, targets)
    target = in_file(project, targets, store.next, {name: store.attached(name, file) for name, file in written.items()})
    build = partial(_candidate, project, store, target, written, head, full_refresh, console)
    candidate = build(head.manifest)
    outcome = audit = candidate.outcome
    kept = Held(frozenset(), None, {})
    shape = graph.read(head.manifest)
    planned = shape.answering
    if audit.exit_code == UNABLE:
        return Deployed(audit, None, live, Account(planned, audit.results))
    resumed = circuit.count(audit)
    judged = circuit.judge(audit, state.live_since)
    incidents = judged.incidents
    # Asked again before each publication: someone may have paused a node meanwhile.
    while not judged.blocking and not circuit.renewed() <= kept.nodes:
        kept = Held.of(circuit.held, state, head)
        planned = shape.answering & circuit.free()
        candidate = build(uncompiled(cut(head.manifest, circuit.free(), {})), kept)
        outcome = candidate.outcome
        judged = circuit.judge(outcome, state.live_since)
    account = Account(planned, outcome.results)
    told = partial(
        Deployed,
        account=account,
        audit=audit,
        incidents=incidents,
        holds=circuit.holds,
        resumed=resumed,
        empty=tuple(sorted(shape.empty)),
    )
    if not account.complete or not account.built:
        return told(outcome, None, live)
    superseded = _found(targets, state) if live is None and candidate.before is not None else live
    release = _release(project, targets, head, outcome, superseded)
    with waiting(console, "publishing"):
        state.record(release, bundle(project, targets, target, head, kept, _columns(state)))
        repoint(project, target, head.manifest, candidate.outlet, store.next.parent / "laid_out")
        store.publish(state, release.id, superseded, candidate.before, candidate.companions)
    return told(outcome, release, superseded, forgotten=_forget(settings, state, store))


@dataclass(frozen=True)
class _Candidate:
    """The next release as it was built. `before`: what production's file was; `attached`: copies that it builds in."""

    before: Identity | None
    outcome: Outcome
    outlet: Outlet
    attached: tuple[Companion, ...]

    @property
    def companions(self) -> tuple[Companion, ...]:
        """All that is published with its database."""
        files = {self.outlet.place(location): file for location, file in self.outlet.taken.items()}
        exported = (Companion(place, file, self.outlet.seen[place]) for place, file in files.items() if file.exists())
        return (*self.attached, *exported)


def _candidate(
    project: Project,
    store: Store,
    target: Target,
    written: Mapping[str, Path],
    head: Parsed,
    full_refresh: bool,
    console: Console,
    manifest: Any,
    kept: Held | None = None,
) -> _Candidate:
    """Build and test `manifest` in copies of production and of the databases `written`. `kept` stays as it is there."""
    with waiting(console, "copying production"):
        before = store.copy_production()
        attached = tuple(store.copy_attached(name, file) for name, file in written.items())
    outlet = Outlet(store.next.parent / "files", project.root, for_good=True, look=mark)
    whole = project.root / FOLDER / "manifest.json"
    artifact = whole.read_bytes() if kept is not None else None
    shutil.rmtree(project.root / FOLDER, ignore_errors=True)
    arguments = ["--target-path", str(FOLDER)] + (["--full-refresh"] if full_refresh else [])
    arguments += WHOLE if kept is None else exactly(manifest)
    if kept is not None and before is not None:
        freeze(project, target, head, kept.relations)
    total = len(manifest.nodes) + len(manifest.unit_tests)
    with diverting(outlet), watching(console, "building the next release", total) as follow:
        outcome = project.run("build", target, manifest, arguments, follow)
    if artifact is not None:
        # A release stores the manifest of the project, not that of what could be built of it.
        whole.write_bytes(artifact)
    return _Candidate(before, outcome, outlet, attached)


def _live(state: State) -> str | None:
    """The live release; None before the first, or where its pointer is damaged: this deploy writes it anew."""
    try:
        return state.current()
    except NewerFormatError:
        raise
    except StateError:
        return None


def _forget(settings: Settings, state: State, store: Store) -> tuple[str, ...]:
    """Keep no more releases than the settings say; all of them while a damaged record leaves their order unknown."""
    try:
        return tuple(store.forget(settings.releases.keep, [each.id for each in state.releases()]))
    except StateError:
        return ()


def rollback(targets: Targets, state: State, release: str | None) -> tuple[str, str]:
    """Make an earlier release live again, by default the one that the live one replaced. Returns it, and what was live.

    Raises:
        StateError: there is no such release, or its database is no longer kept.
    """
    store = store_of(targets)
    with store.held():
        store.settle(state)
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
        store.restore(state, chosen, live)
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
        return live.read(lineage.FILE) if live else None
    except StateError:
        return None


def bundle(
    project: Project, targets: Targets, target: Target, head: Parsed, kept: Held, columns: bytes | None = None
) -> bytes:
    """Dbt's artifacts of this build, the relations, and a partial parse per target, ready for a fresh checkout.

    `columns`: where those of the release come from that this one replaces.
    """
    folder = project.root / FOLDER
    project.document(target, head.manifest, FOLDER)
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
        shelf = partly.packed(project, targets, head, parsed, files, tagged)
        files |= {partly.index_name(targets.parsing.name): shelf} if shelf is not None else {}
    except DataopsError:
        # The pull requests' target may need settings that only their jobs have; they parse in full then.
        files.pop(baseline.partial_parse_name(targets.parsing.name), None)
    if kept.nodes:
        kept.carry(files)
        # Production is not what these files make of it: no plan may end early on their account.
        files.pop(untouched.FILE, None)
        files.pop(partly.index_name(targets.parsing.name), None)
    if "manifest.json" in files:
        files[lineage.FILE] = lineage.packed(files["manifest.json"], files.get("catalog.json"), columns)
    return pack(files)
