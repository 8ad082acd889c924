"""`deploy`: build everything into a copy of production, run all tests, and replace production only if all passed."""

from __future__ import annotations

import secrets
import shutil
from datetime import datetime, timezone
from typing import Any

from rich.console import Console

from dataops import git, machine
from dataops.changes import untouched
from dataops.config import WORK, Settings
from dataops.errors import DataopsError, NewerFormatError, SettingsError, StateError
from dataops.project import baseline, dependencies
from dataops.project.outcome import Outcome
from dataops.project.profiles import Target
from dataops.project.progress import waiting, watching
from dataops.project.session import Parsed, Project
from dataops.project.surroundings import new_key
from dataops.project.targets import Targets, in_file
from dataops.record import Release
from dataops.release.facts import Deployed
from dataops.release.store import Store
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
            "release with `dbt build` for now; `plan`, `lint` and `ci` work here",
        )
    return Store(targets.database)


def deploy(
    project: Project, targets: Targets, settings: Settings, state: State, full_refresh: bool, console: Console
) -> Deployed:
    """Write, audit, publish.

    Raises:
        DataopsError: it could not run; production and its state are untouched.
    """
    store = store_of(targets)
    with store.held():
        store.settle(state)
        live = _live(state)
        with waiting(console, "reading the project"):
            head = project.parse(targets.production, lambda: baseline.earlier_parse(state, targets))
        try:
            return _deploy(project, targets, settings, state, store, head, live, full_refresh, console)
        finally:
            store.discard()


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
    with waiting(console, "copying production"):
        before = store.copy_production()
    target = in_file(project, targets.production, store.next)
    shutil.rmtree(project.root / FOLDER, ignore_errors=True)
    arguments = ["--target-path", str(FOLDER)] + (["--full-refresh"] if full_refresh else [])
    with watching(console, "building the next release", _size(head)) as follow:
        outcome = project.run("build", target, head.manifest, arguments, follow)
    if outcome.exit_code:
        return Deployed(outcome, None, live)
    superseded = _found(targets, state) if live is None and before is not None else live
    release = _release(project, targets, head, outcome, superseded)
    with waiting(console, "publishing"):
        state.record(release, _bundle(project, targets, target, head))
        store.publish(state, release.id, superseded, before)
    return Deployed(outcome, release, superseded, _forget(settings, state, store))


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


def _size(head: Parsed) -> int:
    return len(head.manifest.nodes) + len(head.manifest.unit_tests)


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _identity(moment: datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def _by() -> str:
    """Who makes the release, as far as the machine tells."""
    return f"{machine.user()}@{machine.host()}"


def _found(targets: Targets, state: State) -> str:
    """A record for a production that was there before the first release, so that it too can be rolled back to."""
    moment = _now()
    release = Release(
        id=_identity(moment),
        created_at=f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}",
        action="found",
        revision=None,
        by=_by(),
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
        by=_by(),
        adapter=targets.adapter,
        dbt_version=str(head.manifest.metadata.dbt_version),
        previous=superseded,
        nodes=sum(each.kind in ("model", "seed", "snapshot") for each in outcome.results),
        tests=len(tests),
        warnings=len(outcome.warned),
    )


def _bundle(project: Project, targets: Targets, target: Target, head: Parsed) -> bytes:
    """Dbt's artifacts of this build, the relations, and a partial parse per target, ready for a fresh checkout."""
    folder = project.root / FOLDER
    project.document(target, head.manifest, FOLDER)
    files: dict[str, Any] = {name: (folder / name).read_bytes() for name in _ARTIFACTS if (folder / name).exists()}
    files[baseline.PLACES] = baseline.pack_places(head.manifest)
    files[baseline.partial_parse_name(targets.production.name)] = head.cache.read_bytes()
    key = new_key()
    files |= baseline.packed(project, head, key, folder / "catalog.json")
    try:
        parsed = project.parse(targets.parsing)
        files[baseline.partial_parse_name(targets.parsing.name)] = parsed.cache.read_bytes()
        files |= baseline.packed(project, parsed, key)
        given = untouched.Given(project.root, vars(project.options), None, None)
        certain = dependencies.named(head.manifest)
        files[untouched.FILE] = untouched.record(given, targets.parsing.name, targets.adapter, key, certain)
    except DataopsError:
        # The pull requests' target may need settings that only their jobs have; they parse in full then.
        files.pop(baseline.partial_parse_name(targets.parsing.name), None)
    return pack(files)
