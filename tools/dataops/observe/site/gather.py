"""All that the site shows: from the history, the breaker's records, the releases and the live one's artifacts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from dataops.config import WORK, Settings
from dataops.observe.breaker.facts import Standing
from dataops.observe.breaker.ledger import Ledger
from dataops.observe.history.reader import History, reading
from dataops.observe.site import health, lineage, monitoring, past
from dataops.observe.site.facts import Home, Incident, Released, Site
from dataops.observe.site.names import parsed
from dataops.project import documentation
from dataops.state import State

REPORT = WORK / "report.html"
REVIEW = WORK / "review.html"
_CACHE = WORK / "site-lineage.json"
_PLAIN = Path("target")


@dataclass(frozen=True)
class Artifacts:
    """What dbt says of production: its manifest and catalog, as they are stored and as they read."""

    manifest: bytes | None
    catalog: bytes | None

    @property
    def nodes(self) -> Mapping[str, Any]:
        """The manifest; of nothing, an empty one."""
        empty = {"nodes": {}, "sources": {}, "exposures": {}, "unit_tests": {}, "metadata": {"adapter_type": "duckdb"}}
        return json.loads(self.manifest) if self.manifest else empty


def gather(root: Path, settings: Settings, named: str | None, now: datetime) -> Site:
    """What is known of production at this moment. `named`: its target, where the settings do not say.

    Raises:
        DataopsError: the state or the history cannot be read.
    """
    state = State(settings.state)
    artifacts = artifacts_of(state, root)
    manifest = artifacts.nodes
    standing = Ledger(settings.state).read()
    with reading(settings.state, root) as history:
        target = past.production(history, named or settings.production.target) or "production"
        return _site(root, history, target, state, artifacts, manifest, standing, now)


def _site(
    root: Path,
    history: History,
    target: str,
    state: State,
    artifacts: Artifacts,
    manifest: Mapping[str, Any],
    standing: Standing,
    now: datetime,
) -> Site:
    present = named_in(manifest) if artifacts.manifest else None
    monitors = monitoring.monitors(history, target, incidents(standing))
    runs = past.runs(history, target, manifest)
    slowest, slower = past.slow(history, target)
    tests, passing = health.tested(history, target, present)
    problems = health.problems(history, target, standing, monitors, present)
    review = _file(root / REVIEW)
    written = datetime.fromtimestamp((root / REVIEW).stat().st_mtime, timezone.utc) if review else None
    return Site(
        project=str(manifest["metadata"].get("project_name") or root.name),
        environment=target,
        made_at=now,
        home=Home(problems, past.days(history, target, now), runs[0] if runs else None, tests, passing),
        monitors=monitors,
        runs=runs,
        slowest=slowest,
        slower=slower,
        reviews=past.reviewed(history, "reviews/latest.html" if review else None, written),
        releases=_releases(state),
        lineage=lineage.lineage(manifest, json.loads(artifacts.catalog or b"{}"), root / _CACHE),
        documentation=documentation.page(artifacts.manifest, artifacts.catalog) if artifacts.manifest else None,
        report=_file(root / REPORT),
        review=review,
        notes=tuple(_notes(history)),
    )


def named_in(manifest: Mapping[str, Any]) -> frozenset[str]:
    """The unique ids of all that can have a result."""
    return frozenset(key for group in ("nodes", "sources", "unit_tests") for key in manifest.get(group, {}))


def artifacts_of(state: State, root: Path) -> Artifacts:
    """The live release's; without releases, what dbt's own commands left last."""
    bundle = state.bundle()
    if bundle is not None:
        return Artifacts(bundle.read("manifest.json"), bundle.read("catalog.json"))
    return Artifacts(_file(root / _PLAIN / "manifest.json"), _file(root / _PLAIN / "catalog.json"))


def _releases(state: State) -> tuple[Released, ...]:
    """Newest first."""
    current, lives = state.current(), state.went_live()
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
        )
        for each in reversed(state.releases())
    )


def incidents(standing: Standing) -> dict[str, tuple[Incident, ...]]:
    """What somebody has acknowledged, by the node whose data it was in."""
    found: dict[str, tuple[Incident, ...]] = {}
    for each in standing.incidents:
        incident = Incident(parsed(each.start), parsed(each.end), each.reason, each.by)
        found[each.node] = (*found.get(each.node, ()), incident)
    return found


def _notes(history: History) -> Iterator[str]:
    for each in history.damaged:
        yield f"{each.file} of the history was left out: {each.why}"


def _file(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
