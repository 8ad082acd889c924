"""`build` and `freshness`: dbt in a person's own target, a build optionally on production's data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console

from dataops.breaker.circuit import Circuit
from dataops.breaker.pauses import Hold, Incident
from dataops.config import Settings
from dataops.engines.registry import engine_of, resolve
from dataops.errors import FAILED, SettingsError
from dataops.project import baseline, flags, graph
from dataops.project.invocation import Parsed
from dataops.project.outcome import RUNNABLE, Account, Outcome
from dataops.project.production import refuse_unset
from dataops.project.profiles import Target
from dataops.project.run import Work, waiting, watching
from dataops.project.session import Project
from dataops.project.slices import SOURCES, Place, default_selector, leave_functions
from dataops.project.targets import production_target
from dataops.store.state import State


@dataclass(frozen=True)
class Build:
    """What a build did. `left_out`: what was asked for and is held, `holds` by what.

    `account`: what was chosen beside what became of it; `flags`: dbt's own flags that took part in it;
    `selector`: the default selector of selectors.yml, where that chose.
    """

    outcome: Outcome
    account: Account
    incidents: tuple[Incident, ...]
    holds: tuple[Hold, ...]
    left_out: tuple[str, ...]
    flags: tuple[str, ...] = ()
    selector: str = ""

    @property
    def exit_code(self) -> int:
        """0 all well; 1 something failed, did not run or was left out; 2 SQL that cannot be run as written."""
        return self.outcome.exit_code or (FAILED if self.left_out or not self.account.complete else 0)


def build(
    project: Project,
    settings: Settings,
    chosen: Sequence[str],
    others: Sequence[str],
    defer: bool,
    console: Console,
    with_paused: bool = False,
) -> Build:
    """Run `dbt build`. `chosen` are dbt's selection options, `others` whatever else dbt takes.

    In a person's own target dbt's flags count, wherever they are set; in production's those do not that change rows.

    With `defer`, whatever is not selected is read from production, without looking in this target first. What is paused
    is left out, unless `with_paused`. In production's own target, failures pause what the policy says.

    Raises:
        SettingsError: `defer` or `with_paused` in production's own target, or `defer` without a stored release.
    """
    target = project.profile.target(project.options.target or project.default_target)
    in_production = target.name == production_target(project, settings, None).name
    if with_paused and in_production:
        raise SettingsError(
            f"--with-paused in `{target.name}`, which is production", "end the pause with `dataops resume`"
        )
    if in_production:
        refuse_unset(settings)
    with waiting(console, "reading the project"):
        head = project.parse(target)
    circuit = Circuit(settings, head.manifest, project.root, releases=in_production)
    project.run_vars = circuit.variables()
    left = flags.IN_PRODUCTION if in_production else flags.OWN
    took_part = flags.set_outside(left, project.flags)
    holds = () if with_paused else circuit.holds
    left_out: tuple[str, ...] = ()
    planned = graph.read(head.manifest).answering
    selector = "" if chosen else default_selector(head.manifest)
    if chosen or selector or defer or holds or took_part:
        selected = project.select(target, head.manifest, chosen, left)
        if holds:
            # The tests between what is held and what is not go too: this target may lack what is held.
            left_out = tuple(sorted(uid for uid in selected & circuit.held if uid.split(".", 1)[0] in RUNNABLE))
            selected -= circuit.held
        planned &= selected
        place = _deferred(project, settings, head, target, selected) if defer else (target, {})
        with watching(console, "building", len(planned)) as follow:
            project.asked = tuple(chosen)
            work = Work.of(head.manifest, selected, place[1])
            for manifest in work.slices:
                leave_functions(manifest, selected)
            outcome = work.run(project, place[0], others, follow, left)
        if in_production:
            # What there is in all, and not what could be built of it: health is told of that.
            project.write_manifest(head)
    else:
        with watching(console, "building", len(planned)) as follow:
            outcome = project.run("build", target, head.manifest, others, follow, left)
    incidents = circuit.judge(outcome).incidents if in_production else circuit.incidents(outcome)
    account = Account(planned, outcome.results)
    return Build(outcome, account, incidents, circuit.holds if in_production else holds, left_out, took_part, selector)


def freshness(project: Project, chosen: Sequence[str], console: Console) -> Outcome:
    """Run dbt source freshness on what is chosen. Each result has the source's age, unless it could not be asked."""
    target = project.profile.target(project.options.target or project.default_target)
    with waiting(console, "reading the project"):
        head = project.parse(target)
    total = sum(source.has_freshness for source in head.manifest.sources.values())
    with watching(console, "asking sources", total) as follow:
        return project.run("source freshness", target, head.manifest, chosen or SOURCES, follow)


def _deferred(
    project: Project,
    settings: Settings,
    head: Parsed,
    target: Target,
    selected: set[str],
) -> tuple[Target, dict[str, Place]]:
    """Where what is selected is built, and production's relations of all else, which it reads."""
    targets = resolve(project, settings, None)
    if target.name == targets.production.name:
        raise SettingsError(f"--defer reads production, and `{target.name}` is production", "build in another target")
    bundle = State(settings.state).bundle()
    if bundle is None:
        raise SettingsError("--defer needs a stored release, and there is none", "make one with `dataops deploy`")
    live = baseline.read_places(bundle)
    database = str(getattr(project.credentials(target), "database", ""))
    engine = engine_of(project, targets)
    return engine.with_production(target.name), engine.stand_ins(head, live, selected, database)
