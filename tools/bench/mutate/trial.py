"""A copy of a project with one release, and one edit at a time held against the truth."""

from __future__ import annotations

import io
import random
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import yaml
from dbt.contracts.graph.manifest import Manifest
from rich.console import Console

from bench.mutate import input_edits, probes, truth
from bench.mutate.edit import Edit, surrounded
from bench.mutate.project_edits import Proposal, Sources, kinds, sources
from bench.mutate.reached import Known, reached
from bench.mutate.truth import Builder, UnbuildableError, UnsoundError
from dataops import config
from dataops.config import WORK
from dataops.engines.registry import engine_of, resolve
from dataops.plan import planning
from dataops.plan.plan import Plan
from dataops.project.profiles import Target
from dataops.project.session import Options, Project
from dataops.release.deploy import deploy
from dataops.store.location import write_whole
from dataops.store.state import State

_LEFT_OUT = shutil.ignore_patterns(
    ".git", "target", "logs", ".dataops", "*.duckdb", "*.wal", ".venv", "tools", "profiles.yml"
)

Planner = Callable[[Project], Plan]


@dataclass(frozen=True)
class Verdict:
    """What an edit made differ (`truth`), what the plan and dbt would run, and how they fall short.

    `missed` and `dbt_missed`: relations that differ and would be left alone, with how they differ. `rejected` says
    why an edit proves nothing, `failed` how planning itself broke, or what else must not be. `whole`: whether all was
    built to judge it, and not only what the edit reaches. `dbt` is None where dbt was not asked.
    """

    number: int
    edit: Edit
    truth: dict[str, str] = field(default_factory=dict)
    plan: tuple[str, ...] = ()
    dbt: tuple[str, ...] | None = None
    missed: dict[str, str] = field(default_factory=dict)
    dbt_missed: dict[str, str] = field(default_factory=dict)
    needless: tuple[str, ...] = ()
    dbt_needless: tuple[str, ...] = ()
    rejected: str | None = None
    failed: str | None = None
    reasons: tuple[str, ...] = ()
    seconds: float = 0.0
    whole: bool = True


def against(base: str | None, whole: bool = False) -> Planner:
    """The plan as the command line draws it up: against the stored release, or with `--base`.

    `whole`: of all of the project, where the command line may read no more than the change can reach.
    """

    def planner(project: Project) -> Plan:
        settings = config.load(project.root)
        targets = resolve(project, settings, None)
        return planning.plan(project, targets, settings, base, None, whole=whole).plan

    return planner


STORED, REVISION = against(None), against("HEAD")
WHOLE = {STORED: against(None, whole=True), REVISION: against("HEAD", whole=True)}
"""What each of the two is drawn up as besides, the long way."""


def either(number: int, edit: Edit) -> Planner:
    """Every second edit of a file is held against the revision before it, the others against the release.

    With `--base` both sides have the variables and the environment of whoever asks: what differs there only a release
    can tell.
    """
    return REVISION if edit.file and number % 2 == 0 else STORED


class _Handed(Project):
    """A project whose first parse, under the pull requests' target, has been made by somebody else."""

    def __init__(self, options: Options, parse: bytes | None) -> None:
        """`parse`: dbt's stored parse of the project as it is; None lets it parse for itself."""
        super().__init__(options)
        self._parse = parse

    def _invoke(self, command: str, target: Target, *given: Any, **more: Any) -> object:
        content, self._parse = self._parse, None
        if content is None or command != "parse" or target.name != "ci":
            return super()._invoke(command, target, *given, **more)
        write_whole(self.root / WORK / "parse" / target.name / "partial_parse.msgpack", content)
        manifest = Manifest.from_msgpack(content)
        manifest.build_flat_graph()
        return manifest


class Trial:
    """A project laid out for trials: copied, released once, and built in full twice to learn what is volatile."""

    def __init__(
        self,
        source: Path,
        work: Path,
        seed: int,
        full_parse: bool = False,
        probed: bool = True,
        given: Path | None = None,
        whole: float = 0.1,
        asked: float = 0.25,
    ) -> None:
        """Lay out a copy of `source` in the empty folder `work`. `given`: a DuckDB file with what sources read.

        `whole`: the share of trials in which all is built; `asked`: that in which dbt is asked what it would run.

        Raises:
            UnbuildableError: the project does not build as it is.
        """
        self.root, self.name, self.seed = work / "project", source.name, seed
        self._whole, self._asked = 1.0 if full_parse else whole, asked
        shutil.copytree(source, self.root, ignore=_LEFT_OUT, symlinks=True)
        if probed:
            probes.lay_in(self.root)
        profiles = _profile(self.root, work / "profiles")
        self._commit()
        if given is not None:
            shutil.copyfile(given, self.root / "prod.duckdb")
        self.profiles = profiles
        self.sources: Sources = sources(self.root)
        self.kinds: dict[str, Proposal] = {**kinds(), **input_edits.kinds()}
        self._release()
        self.builder = Builder(self.root, profiles, "ci", work / "truth", given, full_parse)
        self.before, self.volatile = self._twice()
        self.state = work / "state"
        self.state.mkdir()
        self.manifest.write(str(self.state / "manifest.json"))

    def run(self, number: int, thorough: bool = False) -> Verdict | None:
        """Make the edit of this number and judge it; number and seed alone decide what it is, and against what."""
        edit = self.edit(number)
        return self.judge(number, edit, either(number, edit), thorough) if edit else None

    def edit(self, number: int) -> Edit | None:
        """The edit of this number: the same for the same project, seed and number."""
        dice = random.Random(f"{self.name}/{self.seed}/{number}")
        names = sorted(self.kinds)
        dice.shuffle(names)
        proposals = (self.kinds[name](self.sources, dice) for name in names)
        return next((each for each in proposals if each is not None), None)

    def judge(self, number: int, edit: Edit, planner: Planner = STORED, thorough: bool = False) -> Verdict:
        """Make the edit, and hold the plan and dbt's own selection against what then differs.

        The plan is drawn up twice, from what the change can reach and from all of the project: both must be the same.
        What the edit cannot reach is not built again, and the latter is handed the parse that the truth was built from.
        In every tenth trial, and in `thorough` ones, all is built and nothing is handed over. dbt is asked in every
        fourth.
        """
        started = time.perf_counter()
        options = ["--vars", edit.vars] if edit.vars else []
        dice = random.Random(f"{self.name}/{self.seed}/{number}/how")
        whole, asked = (dice.random() < share or thorough for share in (self._whole, self._asked))
        with edit.made(self.root):
            try:
                manifest = self.builder.parse(options)
                parse = None if whole else self.builder.cache.read_bytes()
                modified = self.builder.modified(manifest, self.state, options) if asked else None
                after = self._after(manifest, edit, options, whole)
            except UnbuildableError as error:
                return Verdict(number, edit, rejected=str(error), seconds=time.perf_counter() - started)
            except UnsoundError as error:
                return Verdict(number, edit, failed=str(error), seconds=time.perf_counter() - started)
            differs = truth.differences(self.before, after, self.volatile)
            try:
                plan = self._plan(edit, planner, None)
                by_whole = self._plan(edit, WHOLE[planner], parse) if planner in WHOLE else plan
            except Exception as error:  # noqa: BLE001 - a plan that breaks is a finding, whatever breaks it
                return Verdict(number, edit, truth=differs, failed=repr(error))
        unlike = _unlike(plan, by_whole)
        if unlike:
            failed = f"the long way draws up another plan: {'; '.join(unlike)}"
            return Verdict(number, edit, truth=differs, failed=failed, seconds=time.perf_counter() - started)
        return self._verdict(number, edit, differs, after, plan, modified, started, whole)

    def _after(self, manifest: Any, edit: Edit, options: list[str], whole: bool) -> truth.Content:
        """What every relation holds with the edit."""
        only = reached(self.known, manifest, edit)
        after: truth.Content | None = None
        if only is not None:
            self.builder.build(manifest, options, only)
            built = self.builder.content(manifest, self.volatile, only)
            kept = {uid: was for uid, was in self.before.items() if uid in manifest.nodes and uid not in only}
            after = {**kept, **built}
            if not whole:
                return after
            manifest = self.builder.parse(options)
        self.builder.build(manifest, options)
        everything = self.builder.content(manifest, self.volatile)
        unlike = truth.differences(after, everything, self.volatile) if after is not None else {}
        if unlike:
            raise UnsoundError(f"a build of what the edit reaches is no build of everything: {unlike}")
        return everything

    def _verdict(
        self,
        number: int,
        edit: Edit,
        differs: dict[str, str],
        after: truth.Content,
        plan: Plan,
        modified: set[str] | None,
        started: float,
        whole: bool,
    ) -> Verdict:
        ran = {each.unique_id for each in plan.run} & set(after)
        # Listed is enough for what is gone: as removed, or as a model that is no relation any more.
        gone = {each.unique_id for each in plan.changes}
        # A comment in the database is written by a run only, and lost on nobody who reads the data.
        remarked = {
            unique_id for unique_id, now in after.items()
            if unique_id in self.before and now.comment != self.before[unique_id].comment
        }  # fmt: skip
        uncounted = set(differs) | remarked | {uid for uid, names in self.volatile.items() if "*" in names}
        asked = modified & set(after) if modified is not None else set(differs)
        return Verdict(
            number=number,
            edit=edit,
            truth=differs,
            plan=tuple(sorted(ran)),
            dbt=tuple(sorted(asked)) if modified is not None else None,
            missed={uid: how for uid, how in differs.items() if uid not in (gone if how == "gone" else ran)},
            dbt_missed={uid: how for uid, how in differs.items() if how != "gone" and uid not in asked},
            needless=tuple(sorted(ran - uncounted)),
            dbt_needless=tuple(sorted(asked - uncounted)),
            reasons=tuple(f"{change.unique_id}: {', '.join(change.reasons)}" for change in plan.changes),
            seconds=time.perf_counter() - started,
            whole=whole,
        )

    def _plan(self, edit: Edit, planner: Planner, parse: bytes | None) -> Plan:
        # As in a fresh checkout: nothing of an earlier edit is left, and the release's own parse is the start.
        shutil.rmtree(self.root / "target", ignore_errors=True)
        options = Options(self.root, self.profiles, vars=edit.vars)
        with surrounded(edit.flags), _Handed(options, parse).entered() as project:
            return planner(project)

    def _twice(self) -> tuple[truth.Content, truth.Volatile]:
        self.manifest: Any = self.builder.parse([])
        built = []
        for _ in range(2):
            manifest = self.builder.parse([])
            self.builder.build(manifest, [])
            built.append(self.builder.content(manifest, {}))
        volatile = truth.volatility(*built)
        before = self.builder.content(manifest, volatile)
        self.known = Known.of(self.manifest, manifest)
        self.builder.keep(before)
        return before, volatile

    def _release(self) -> None:
        with Project(Options(self.root, self.profiles)).entered() as project:
            settings = config.load(project.root)
            targets = resolve(project, settings, None)
            engine, quiet = engine_of(project, targets), Console(file=io.StringIO())
            done = deploy(project, targets, engine, settings, State(settings.state), False, quiet)
        if done.release is None:
            failed = [each.message for each in done.outcome.results if each.status in ("error", "fail")]
            raise UnbuildableError(f"the project cannot be released as it is: {failed[:1]}")

    def _commit(self) -> None:
        (self.root / ".gitignore").write_text("target/\nlogs/\n*.duckdb\n*.wal\n.dataops/\n", encoding="utf-8")
        who = ["-c", "user.name=mutate", "-c", "user.email=mutate@localhost"]
        for words in (["init", "-q"], ["add", "-A"], [*who, "commit", "-qm", "base"]):
            subprocess.run(["git", "-C", str(self.root), *words], check=True, stdout=subprocess.DEVNULL)


def _unlike(plan: Plan, other: Plan) -> list[str]:
    """What two plans do not have in common; how much dbt had to read for them is none of it."""
    names = (each.name for each in fields(Plan) if each.name != "full_parse")
    pairs = ((name, getattr(plan, name), getattr(other, name)) for name in names)
    return [f"{name} {here!r}, there {there!r}" for name, here, there in pairs if here != there]


def _profile(root: Path, folder: Path) -> Path:
    """A profile under the project's own name for it, with production and pull requests as two DuckDB files."""
    settings = yaml.safe_load((root / "dbt_project.yml").read_text(encoding="utf-8"))
    outputs = {name: {"type": "duckdb", "path": f"{name}.duckdb", "threads": 2} for name in ("ci", "prod")}
    document = {settings.get("profile", settings["name"]): {"target": "prod", "outputs": outputs}}
    folder.mkdir(parents=True)
    (folder / "profiles.yml").write_text(yaml.safe_dump(document), encoding="utf-8")
    return folder
