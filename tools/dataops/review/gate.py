"""`ci`: the pull-request gate. Plan, lint, check, build and test on production's data, and write one review."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from filelock import FileLock, Timeout
from rich.console import Console

from dataops.breaker.circuit import Circuit
from dataops.check import own
from dataops.check.checking import Conventions
from dataops.config import WORK, Settings
from dataops.engines.registry import engine_of
from dataops.environment import git
from dataops.errors import SettingsError, WarehouseError
from dataops.lint.findings import Linted
from dataops.lint.linter import Wanted, lint
from dataops.plan.impact import extended
from dataops.plan.plan import Plan
from dataops.plan.planning import Planned, plan
from dataops.project import statuses
from dataops.project.run import waiting
from dataops.project.session import Project
from dataops.project.slices import cut, reads_graph
from dataops.project.targets import Targets
from dataops.review import build as building
from dataops.review import contracts
from dataops.review import conventions as checking
from dataops.review.data import Asked
from dataops.review.evidence import PRODUCTION, Evidence, gather, settled
from dataops.review.verdict import Built, Review
from dataops.store.state import State


@dataclass(frozen=True)
class Request:
    """What somebody asks of the gate. `base`, `state`: what to compare with, as `plan` takes them.

    `strict`: comments and layout count too. `allow_breaking`: a change that breaks a reader is built. `against`: what
    data is held against, production or what the base's code makes of the same inputs.
    """

    base: str | None
    state: str | None
    strict: bool = False
    full_refresh: bool = False
    allow_breaking: bool = False
    against: str = PRODUCTION


_KEEP = "run `dataops ci --keep` first; it leaves what it built"

_SQL = ("model", "snapshot", "test", "analysis")


@contextmanager
def alone(project: Project) -> Iterator[None]:
    """Hold this checkout's `ci` for one process; a killed process lets go by itself.

    Raises:
        WarehouseError: another process holds it.
    """
    path = project.root / WORK / "ci.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(path, timeout=0):
            yield
    except Timeout as error:
        raise WarehouseError(
            f"another `dataops ci` is running in {project.root}", "wait for it, or run in a checkout of its own"
        ) from error


def changed_files(plan: Plan) -> set[str]:
    """The SQL files whose own text the change adds or edits: what lint looks at. Those of packages are theirs."""
    return {
        change.file
        for change in plan.changes
        if change.unique_id.split(".", 1)[0] in _SQL
        and change.file.endswith(".sql")
        and {"new", "sql"} & set(change.reasons)
    }


def drawn(project: Project, targets: Targets, settings: Settings, request: Request, whole: bool = False) -> Planned:
    """The plan, with as much of the project as the steps after it look at."""
    planned = plan(project, targets, settings, request.base, request.state, request.strict, whole=whole)
    if planned.whole:
        return planned
    nodes = {each.unique_id for each in planned.plan.run} | {each.unique_id for each in planned.plan.changes}
    if reads_graph(planned.head.manifest, nodes):
        # What runs gets the whole graph.
        return _whole(project, targets, settings, request)
    return planned


def _whole(project: Project, targets: Targets, settings: Settings, request: Request) -> Planned:
    return plan(project, targets, settings, request.base, request.state, request.strict, whole=True)


def lint_changed(
    project: Project, targets: Targets, settings: Settings, planned: Planned, request: Request, fix: bool = False
) -> Linted:
    """Lint what the plan changed, on a manifest that holds just that. What the base has too is no finding."""
    files = planned.base.edited if planned.plan.unread else changed_files(planned.plan)
    nodes = {
        uid
        for uid, node in planned.head.manifest.nodes.items()
        if node.package_name == project.name and node.original_file_path in files
    }
    if not nodes:
        return Linted((), ())
    files = {planned.head.manifest.nodes[uid].original_file_path for uid in nodes}
    stand_ins = engine_of(project, targets).workspace.stand_ins(planned.head, planned.base.places, nodes)
    manifest = cut(planned.head.manifest, nodes, stand_ins)
    before = _earlier(project, settings, planned, request, files)
    return _linted(project, targets, manifest, Wanted(frozenset(files), settings.state, before, fix))


def lint_all(project: Project, targets: Targets, settings: Settings, fix: bool = False) -> Linted:
    """Lint every SQL file of the project that dbt compiles; every finding counts."""
    manifest = project.parse(targets.parsing).manifest
    files = {
        node.original_file_path
        for node in manifest.nodes.values()
        if node.package_name == project.name
        and str(node.resource_type) in _SQL
        and node.original_file_path.endswith(".sql")
    }
    return _linted(project, targets, manifest, Wanted(frozenset(files), settings.state, fix=fix))


def _earlier(
    project: Project, settings: Settings, planned: Planned, request: Request, files: Collection[str]
) -> Callable[[str], str | None] | None:
    """What gives a file's text in the base; None where git does not have that, so that every finding counts."""
    commit = _commit(project, settings, planned, request)
    if not commit:
        return None
    texts = cache(lambda: git.earlier_texts(project.root, commit, files))
    return lambda file: texts().get(file)


def _commit(project: Project, settings: Settings, planned: Planned, request: Request) -> str | None:
    """That of the base; None where it has none, or was made of files that no commit holds."""
    if request.base is not None:
        return git.fork_point(project.root, request.base)
    if planned.base.kind != "release":
        return None
    release = State(request.state or settings.state).release(planned.base.name)
    commit = (release.revision or "") if release else ""
    return None if not commit or commit.endswith("-dirty") else commit


def _other_rules(project: Project, settings: Settings, planned: Planned, request: Request) -> bool:
    """Whether the project's own rules are not for certain what they were in the base."""
    commit = _commit(project, settings, planned, request)
    return (project.root / own.FOLDER).exists() and not (commit and git.same(project.root, commit, [own.FOLDER]))


def _linted(project: Project, targets: Targets, manifest: Any, wanted: Wanted) -> Linted:
    """To compile SQL may ask the warehouse, and macros may ask it for more than to read."""
    workspace = engine_of(project, targets).workspace
    with workspace.apart("lint"):
        return lint(project, workspace.target(), manifest, wanted)


def review(
    project: Project, targets: Targets, settings: Settings, request: Request, console: Console
) -> tuple[Review, Planned]:
    """Run the whole gate. What it built stays, until the engine's workspace is cleaned.

    Raises:
        DataopsError: it could not run.
    """
    timings: list[tuple[str, float]] = []

    @contextmanager
    def step(name: str) -> Iterator[None]:
        started = time.perf_counter()
        # The build shows a bar of its own.
        with waiting(console, name) if name != "build" else nullcontext():
            yield
        timings.append((name, time.perf_counter() - started))

    # What an earlier run left, if it was killed even half a file, must not be read by any step.
    engine_of(project, targets).workspace.discard()
    conventions = Conventions.of(project.root, project.name, settings.check)
    with step("plan"):
        # What the base's code makes of all that is read is built from the top.
        planned = drawn(project, targets, settings, request, whole=request.against != PRODUCTION)
        circuit = Circuit(settings, planned.head.manifest, project.root, releases=False)
        if not planned.whole and (
            circuit.marked
            or planned.tagged
            or checking.narrow(planned, conventions)
            or _other_rules(project, settings, planned, request)
        ):
            # A pause holds what is far below, a personal column is known by a tag that is far above, some rules
            # look at all there is, and rules that are new have looked at nothing yet.
            planned = _whole(project, targets, settings, request)
            circuit = Circuit(settings, planned.head.manifest, project.root, releases=False)
    project.run_vars = circuit.variables()
    with step("lint"):
        linted = lint_changed(project, targets, settings, planned, request)
    with step("check"):
        checked = checking.changed(planned, conventions)
    with step("contracts"):
        promised = contracts.kept(project, planned)
    if not promised.contracts and not promised.public:
        # Where nothing is promised, nobody is told of it.
        timings.pop()
    built: Built | None = None
    if planned.plan.run and (request.allow_breaking or not planned.plan.broken):
        if not planned.plan.alone:
            with step("look at production"):
                there = building.present(project, targets, planned.head, planned.base)
                planned = replace(planned, plan=extended(planned.plan, planned.graph, there))
                if not planned.whole and not planned.holds(planned.plan.run):
                    # What production lacks is built too, however far up.
                    planned = _whole(project, targets, settings, request)
                    planned = replace(planned, plan=extended(planned.plan, planned.graph, there))
        chosen = {decision.unique_id for decision in planned.plan.run}
        with step("build"):
            built = building.build(project, targets, planned.head, planned.base, chosen, request.full_refresh, console)
        planned = replace(planned, plan=settled(planned.plan, built.compared))
    evidence = Evidence()
    if built:
        done = [each.unique_id for each in built.outcome.results if each.status in statuses.PASSED]
        with step("compare data"):
            evidence = gather(project, targets, planned, done, built, settings, Asked(), request.against)
    reviewed = Review(
        planned.plan,
        linted,
        settings.lint.blocking,
        built,
        tuple(timings),
        request.allow_breaking,
        evidence.diffs,
        evidence.rulings,
        evidence.offending,
        circuit.incidents(built.outcome) if built else (),
        circuit.holding({decision.unique_id for decision in planned.plan.run}),
        checked,
        promised,
    )
    return reviewed, planned


def left_by_ci(
    project: Project,
    targets: Targets,
    settings: Settings,
    request: Request,
    chosen: Sequence[str],
    asked: Asked,
    console: Console,
) -> Evidence:
    """Compare again what the last `ci` built and left. `chosen`: dbt's selection, empty for all of the plan.

    Raises:
        SettingsError: nothing was left, or nothing of what was chosen.
    """
    with waiting(console, "comparing"):
        planned = _whole(project, targets, settings, request)
        ran = {decision.unique_id for decision in planned.plan.run}
        if chosen:
            ran = project.select(targets.parsing, planned.head.manifest, [w for each in chosen for w in ("-s", each)])
        if not engine_of(project, targets).workspace.left():
            raise SettingsError("there is nothing to compare: no build of this change is left", _KEEP)
        evidence = gather(project, targets, planned, ran, None, settings, asked, request.against)
    if not evidence.diffs:
        raise SettingsError("none of what this change builds is left, or production has none of it", _KEEP)
    return evidence
