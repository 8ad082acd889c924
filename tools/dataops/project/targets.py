"""The two places that a project is parsed for: production, and a pull request's own."""

from __future__ import annotations

from dataclasses import dataclass

from dataops.config import Settings
from dataops.project.profiles import Target
from dataops.project.session import Project


@dataclass(frozen=True)
class Targets:
    """Where production is and where a change is built. `parsing`: the change's target while parsing.

    Engines add to it what they know of the two.
    """

    adapter: str
    production: Target
    parsing: Target


def production_target(project: Project, settings: Settings, named: str | None) -> Target:
    """Production's target: as the command line names it, as the settings do, else by its usual name."""
    usual = "prod" if "prod" in project.profile.outputs else project.default_target
    return project.profile.target(named or settings.production.target or usual)
