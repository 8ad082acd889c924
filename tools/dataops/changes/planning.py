"""`plan`: parse the project, find what it is compared with, and draw up the plan. Touches no warehouse."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from dataops.changes.impact import draw_up
from dataops.changes.plan import Plan
from dataops.config import Settings
from dataops.errors import StateError
from dataops.project import baseline, compare, graph
from dataops.project.baseline import Baseline
from dataops.project.difference import Change
from dataops.project.session import Parsed, Project
from dataops.project.targets import Targets
from dataops.state import Bundle, State


@dataclass(frozen=True)
class Planned:
    """The plan with the parses that it rests on, for the steps that follow."""

    plan: Plan
    head: Parsed
    base: Baseline
    graph: graph.Graph


def plan(project: Project, targets: Targets, settings: Settings, base: str | None, state: str | None) -> Planned:
    """Compare the project with production's stored state, or with a git revision when `base` names one.

    Raises:
        StateError: there is no stored state and no `base`.
    """
    stored = None if base else _stored(settings, state)

    def seed() -> bytes | None:
        return stored.read(baseline.partial_parse_name(targets.parsing.name)) if isinstance(stored, Bundle) else None

    head = project.parse(targets.parsing, seed)
    if base:
        before = baseline.from_revision(project, targets, base, head)
    elif isinstance(stored, Path):
        before = baseline.from_artifacts(stored)
    elif stored is not None:
        before = baseline.from_bundle(stored, targets.parsing.name)
    else:
        raise StateError(
            f"no release is stored in {state or settings.state}",
            "compare with git instead (--base main), or make a first release with `dataops deploy`",
        )
    shape = graph.read(head.manifest)
    changes = tuple(_placed(change, before) for change in compare.changes(before.manifest, head.manifest))
    alone = targets.database is not None and not targets.database.exists()
    drawn = draw_up(shape, changes, (before.kind, before.name), head.full, alone)
    return Planned(drawn, head, before, shape)


def _placed(change: Change, before: Baseline) -> Change:
    """What a removed node leaves behind is production's relation, whatever target the comparison was parsed under."""
    place = before.places.get(change.unique_id)
    return replace(change, relation=str(place)) if change.kind == "removed" and place else change


def _stored(settings: Settings, state: str | None) -> Bundle | Path | None:
    """What `--state` or the settings name: a folder of dbt artifacts, or the live release of a store."""
    location = state or settings.state
    folder = Path(location)
    if (folder / baseline.MANIFEST).is_file():
        return folder
    return State(location).bundle()
