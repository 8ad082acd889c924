"""`deploy` in two steps: a release waits until somebody publishes it, retries what failed in it, or discards it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta, timezone

from dataops.breaker.ledger import Ledger
from dataops.breaker.pauses import Hold
from dataops.config import Settings
from dataops.engines.engine import Candidate, Engine
from dataops.environment import machine
from dataops.errors import RefusedError, SettingsError, StateError, WarehouseError
from dataops.release.contents import Contents
from dataops.release.facts import Published
from dataops.release.keeping import forget
from dataops.store.drafts import Drafts
from dataops.store.record import Release, Unfinished, Waiting
from dataops.store.state import State


def nothing_waits() -> SettingsError:
    """What is wrong where a release that waits is asked for, and there is none."""
    return SettingsError("no release waits to be published", "make one with `dataops deploy --hold`")


def leave(candidate: Candidate, state: State, waiting: Waiting) -> None:
    """Let a recorded release wait. Its record comes first, and the state's pointer last: the engine's word counts."""
    state.record_waiting(waiting)
    candidate.wait(waiting.release)
    state.wait(waiting.release)
    _forget(state)


def beginning(
    settings: Settings, release: Release, live: str | None, holds: Iterable[Hold], until: str = ""
) -> Waiting:
    """What is to be known of a release that begins to wait now. `until`: when its rows are too old, if known."""
    now = datetime.now(timezone.utc)
    ends = until or _iso(now + timedelta(hours=settings.releases.hold_hours))
    paused = tuple(each.pause.id for each in holds)
    return Waiting(release.id, live, release.previous, _iso(now), ends, machine.who(), paused)


def agree(engine: Engine, state: State) -> Waiting | Unfinished | None:
    """Let the state tell of what the engine has. Asked inside `held`, after `settle`. Returns what waits."""
    release, drafts = engine.waiting(), Drafts(state.location)
    if release is None:
        state.wait(None)
        _forget(state)
        return None
    unfinished = drafts.find(release)
    if unfinished is not None:
        state.wait(None)
        drafts.leave(release)
        drafts.forget(keep=release)
        return unfinished
    told = state.waiting(release)
    if told is None:
        raise StateError(
            f"{engine.production} has the release {release} waiting, which {state.location} does not know",
            "set `state` in dataops.yml to the one that all deploys share, or drop it with `dataops discard`",
        )
    state.wait(release)
    _forget(state)
    return told


def _forget(state: State) -> None:
    """Say that nothing waits unfinished."""
    drafts = Drafts(state.location)
    drafts.leave(None)
    drafts.forget()


def drop(engine: Engine, state: State) -> None:
    """Drop what waits, since a newer release is live. What cannot be dropped now is refused when it is published."""
    if engine.waiting() is not None:
        with suppress(WarehouseError):
            engine.drop_waiting()
            state.wait(None)
            _forget(state)


def contents(state: State, release: str) -> Contents:
    """What is new in a recorded release.

    Raises:
        StateError: its bundle is missing or damaged.
    """
    bundle = state.bundle(release)
    return Contents.read(bundle.read, bundle.source) if bundle is not None else Contents()


def publish(
    engine: Engine,
    settings: Settings,
    state: State,
    found: Callable[[str], None] | None = None,
    only: str | None = None,
) -> Published | None:
    """Make the release that waits live; None where none waits, which is nothing that happened to production.

    `found` is told which one waits, before anything becomes of it; `only`: which one it has to be.

    Raises:
        RefusedError: it is another, its time is over, another release went live since, something was paused since,
            or a part failed.
        WarehouseError: somebody wrote to production since.
    """
    engine.ensure_releases()
    with engine.held():
        engine.settle(state)
        waiting = agree(engine, state)
        if waiting is None:
            return None
        refuse_other(waiting, only)
        if isinstance(waiting, Unfinished):
            raise RefusedError(
                f"{waiting.release} is not published: a part of it failed",
                f"`dataops retry` builds that again, {waiting.again:,} of {waiting.planned:,} nodes and tests; "
                "`dataops discard` drops it",
            )
        if found is not None:
            found(waiting.release)
        refuse_stale(waiting, settings, state)
        engine.publish_waiting(state, waiting.release, waiting.superseded)
        state.wait(None)
        return Published(waiting.release, waiting.superseded, forget(settings, state, engine))


def discard(engine: Engine, state: State, found: Callable[[str], None] | None = None) -> str:
    """Drop the release that waits; which one it was. `found` is told before.

    Raises:
        SettingsError: none waits.
    """
    engine.ensure_releases()
    with engine.held():
        engine.settle(state)
        release = engine.waiting()
        if release is None:
            state.wait(None)
            _forget(state)
            raise nothing_waits()
        if found is not None:
            found(release)
        engine.drop_waiting()
        state.wait(None)
        _forget(state)
        return release


AGAIN = "`dataops deploy --hold` makes another one; `dataops discard` drops this one"


def refuse_other(waiting: Waiting | Unfinished, only: str | None) -> None:
    """Do nothing where what waits is what was asked for, or nothing was.

    Raises:
        RefusedError: it is another release.
    """
    if only is not None and waiting.release != only:
        raise RefusedError(f"{only} does not wait any more: {waiting.release} does", "`dataops releases` lists them")


def refuse_stale(waiting: Waiting | Unfinished, settings: Settings, state: State) -> None:
    """Do nothing where a release that waits may be published, or gone on with.

    Raises:
        RefusedError: why not.
    """
    again = AGAIN
    name = f"{waiting.release} is not {'retried' if isinstance(waiting, Unfinished) else 'published'}"
    if waiting.until < _iso(datetime.now(timezone.utc)):
        raise RefusedError(f"{name}: it could be until {waiting.until[:16].replace('T', ' ')} UTC", again)
    live = state.current()
    if live != waiting.live:
        raise RefusedError(f"{name}: it was made from {waiting.live or 'nothing'}, and {live} is live now", again)
    paused = [each for each in Ledger(settings.state).read().pauses if each.id not in waiting.paused]
    if paused:
        what = paused[0].node.split(".", 2)[-1] or "everything"
        more = f", and {len(paused) - 1} more" if len(paused) > 1 else ""
        raise RefusedError(f"{name}: {what}{more} was paused since ({paused[0].reason})", again)


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"
