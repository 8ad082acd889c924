"""All that the site shows: from the history, the breaker's records, the releases and the live one's artifacts."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timezone
from pathlib import Path

from dataops.breaker.ledger import FOLDER as EVENTS
from dataops.breaker.ledger import Ledger
from dataops.config import WORK, Settings
from dataops.health import control_charts, production
from dataops.health.newest import health
from dataops.health.production import PLAIN
from dataops.history.files import folder, versions
from dataops.history.names import parsed
from dataops.history.reader import History
from dataops.plan.lineage import Relation
from dataops.project import documentation
from dataops.site import invocations
from dataops.site.content import Released, Site, Unfinished
from dataops.store.drafts import Drafts
from dataops.store.location import Location
from dataops.store.state import State

REPORT = WORK / "report.html"
REVIEW = WORK / "review.html"
_SHOWN = WORK / "site-runs.json"


@dataclass(frozen=True)
class Modelled:
    """What the live release tells, whatever has run since. `key`: equal as long as that is."""

    key: Hashable
    artifacts: production.Artifacts
    lineage: tuple[Relation, ...]
    documentation: bytes | None


def gather(root: Path, settings: Settings, named: str | None, now: datetime) -> Site:
    """What is known of production at this moment. `named`: its target, where the settings do not say.

    Raises:
        DataopsError: the state or the history cannot be read.
    """
    return gathered(root, settings, named, now, modelled(root, settings))


def modelled(root: Path, settings: Settings, before: Modelled | None = None) -> Modelled:
    """What the live release tells; `before`, if that is still the live one.

    Raises:
        DataopsError: the state cannot be read.
    """
    state = State(settings.state)
    key = (state.current(), *(_time(root / production.PLAIN / name) for name in ("manifest.json", "catalog.json")))
    if before is not None and before.key == key:
        return before
    artifacts = production.artifacts(state, root)
    documented = documentation.page(artifacts.manifest, artifacts.read("catalog.json")) if artifacts.manifest else None
    return Modelled(key, artifacts, artifacts.lineage(root), documented)


def gathered(root: Path, settings: Settings, named: str | None, now: datetime, model: Modelled) -> Site:
    """As `gather`, with what the live release tells already at hand."""
    state = State(settings.state)
    artifacts = model.artifacts
    standing = Ledger(settings.state).read()
    review = _file(root / REVIEW)
    written = datetime.fromtimestamp((root / REVIEW).stat().st_mtime, timezone.utc) if review else None
    # Results are most of a history, and are read as far as its recent part goes; charts and reviews go back further.
    with production.lately(settings.state, root, now) as history:
        target = production.target(history, named or settings.production.target)
        found = health(history, target, standing, artifacts.known, now, settings.production.release_every_hours)
        known = invocations.read_shown(root / _SHOWN)
        runs = invocations.runs(history, target, artifacts.nodes, known)
        invocations.write_shown(root / _SHOWN, runs, known)
        trend = invocations.days(history, target, now)
        slowest, slower = invocations.slow(history, target)
        with production.ever(settings.state, root, now, history) as ever:
            monitors = control_charts.monitors(ever, target, control_charts.incidents(standing))
            reviews = invocations.reviewed(ever, "reviews/latest.html" if review else None, written)
            notes = tuple(_notes(ever))
    return Site(
        project=artifacts.project(root),
        environment=target,
        made_at=now,
        health=found,
        trend=trend,
        monitors=monitors,
        runs=runs,
        slowest=slowest,
        slower=slower,
        reviews=reviews,
        releases=_releases(state),
        unfinished=_unfinished(settings.state),
        lineage=model.lineage,
        documentation=model.documentation,
        report=_file(root / REPORT),
        review=review,
        notes=notes,
    )


def _releases(state: State) -> tuple[Released, ...]:
    """Newest first."""
    current, lives, waiting = state.current(), state.went_live(), state.waiting()
    return tuple(
        Released(
            each.id,
            parsed(each.created_at),
            each.action,
            each.revision,
            each.by,
            each.nodes,
            each.tests,
            each.warnings,
            each.id == current,
            tuple(parsed(at) for at, release in lives if release == each.id),
            parsed(waiting.until) if waiting is not None and waiting.release == each.id else None,
        )
        for each in reversed(state.releases())
    )


def _unfinished(location: str) -> Unfinished | None:
    found = Drafts(location).find()
    return Unfinished(found.release, parsed(found.until), found.again, found.planned) if found else None


def _notes(history: History) -> Iterator[str]:
    for each in history.damaged:
        yield f"{each.file} of the history was left out: {each.why}"


def _time(path: Path) -> int | None:
    return path.stat().st_mtime_ns if path.is_file() else None


def _file(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


_BESIDE = (REPORT, REVIEW, PLAIN / "manifest.json", PLAIN / "catalog.json")


def stamp(state: str, root: Path, today: date) -> Hashable:
    """Equal as long as history, releases, pauses and the files beside them are; a new day makes another one.

    Raises:
        StateError: the state cannot be listed.
    """
    place = Location(state)
    folders = ("", "releases", "live", EVENTS, *(folder(version) for version in versions(place)))
    return today, *(place.stamps(each) for each in folders), *(_log(root / each) for each in _BESIDE)


def _log(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
