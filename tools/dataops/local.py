"""`build`: dbt build in a person's own target, optionally on production's data."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from dataops.config import Settings
from dataops.errors import SettingsError
from dataops.project import baseline
from dataops.project.outcome import Outcome
from dataops.project.production import standing_in
from dataops.project.progress import waiting, watching
from dataops.project.session import Project
from dataops.project.slices import ARGUMENTS, cut
from dataops.project.targets import resolve, with_production
from dataops.state import State


def build(
    project: Project, settings: Settings, chosen: Sequence[str], others: Sequence[str], defer: bool, console: Console
) -> Outcome:
    """Run `dbt build`. `chosen` are dbt's selection options, `others` whatever else dbt takes.

    With `defer`, whatever is not selected is read from production, without looking in this target first.

    Raises:
        SettingsError: `defer` in production's own target, or without a stored release.
    """
    target = project.profile.target(project.options.target or project.default_target)
    with waiting(console, "reading the project"):
        head = project.parse(target)
    if not defer:
        with watching(console, "building", len(head.manifest.nodes)) as follow:
            return project.run("build", target, head.manifest, [*chosen, *others], follow)
    targets = resolve(project, settings, None)
    if target.name == targets.production.name:
        raise SettingsError(f"--defer reads production, and `{target.name}` is production", "build in another target")
    bundle = State(settings.state).bundle()
    if bundle is None:
        raise SettingsError("--defer needs a stored release, and there is none", "make one with `dataops deploy`")
    live = baseline.read_places(bundle)
    selected = project.select(target, head.manifest, chosen)
    database = str(getattr(project.credentials(target), "database", ""))
    manifest = cut(head.manifest, selected, standing_in(head, live, targets, selected, database))
    with watching(console, "building", len(selected)) as follow:
        return project.run(
            "build", with_production(project, targets, target.name), manifest, [*ARGUMENTS, *others], follow
        )
