"""A production of a rehearsal's own: the project laid out in a folder, released beside the user's production."""

from __future__ import annotations

import io
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from rich.console import Console

from dataops import config
from dataops.config import Settings
from dataops.engines.engine import Engine
from dataops.engines.registry import engine_of, resolve
from dataops.engines.values import Stand
from dataops.errors import SettingsError
from dataops.project.profiles import Target
from dataops.project.session import Options, Project
from dataops.project.slices import Place, places
from dataops.project.targets import Targets
from dataops.rehearsal import play
from dataops.rehearsal.finding import BrokenError
from dataops.rehearsal.nursery import Nursery
from dataops.rehearsal.overheard import Overheard
from dataops.release import deploy as releasing
from dataops.release import waiting
from dataops.release.facts import Deployed
from dataops.store.state import State
from dataops.warehouse import connect

_NEWEST = "select max(edition) from {}"

_BESIDE = "beside"
"""The same project once more, for who reads production or writes to it while a release is built: a command keeps
profiles of its own in its project's folder."""


@dataclass
class Stage:
    """One production. `name`: what all of its schemas begin with; `editions`: of each release that was made.

    `newest`: the edition that was tried last; `seconds`: how long the last publication took.
    """

    folder: Path
    name: str
    project: Project
    settings: Settings
    targets: Targets
    stand: Stand
    places: dict[str, Place]
    editions: dict[str, int] = field(default_factory=dict)
    newest: int = 0
    seconds: float = 0.0
    children: Nursery | None = None

    @classmethod
    def lay_out(cls, folder: Path, name: str, engine: Engine, source: Project, target: Target) -> Stage:
        """Write the project, whose production is that of `target` but for its name."""
        stand = engine.stand(folder, name)
        output = _absolute(source.profile.output(target.name), source.root)
        outputs = {
            play.PRODUCTION: {**output, **stand.changes},
            play.CHANGE: {**output, **engine.stand(folder, f"{name}_ci").changes},
            play.READER: {**output, **stand.changes, **stand.reading},
        }
        return cls._laid_out(folder, name, stand, outputs, source.options.vars)

    @classmethod
    def _laid_out(
        cls, folder: Path, name: str, stand: Stand, outputs: dict[str, dict[str, Any]], variables: str | None
    ) -> Stage:
        for place in (folder, folder / _BESIDE):
            play.write(place, outputs, variables)
        return cls.open(folder, name, stand)

    @classmethod
    def open(cls, folder: Path, name: str, stand: Stand) -> Stage:
        """One that was laid out. The working directory is its folder from here on (`Project.entered`)."""
        project = opened(folder)
        settings = config.load(folder)
        with project.entered():
            targets = resolve(project, settings, None)
        return cls(folder, name, project, settings, targets, stand, {})

    @property
    def state(self) -> State:
        """The state of its releases."""
        return State(str(self.folder / self.settings.state))

    def engine(self) -> Engine:
        """As a command would have it."""
        return engine_of(self.project, self.targets)

    def parse(self) -> Any:
        """The manifest; where its relations are is known from then on."""
        manifest = self.project.parse(self.targets.production).manifest
        self.places = {uid.split(".")[-1]: place for uid, place in places(manifest).items()}
        return manifest

    @property
    def nursery(self) -> Nursery:
        """Where processes beside it come from."""
        if self.children is None:
            self.children = Nursery()
        return self.children

    # -- what the one does who releases -------------------------------------------------------------------------------

    def deploy(self, edition: int | None = None) -> Deployed:
        """Release an edition, by default the next one."""
        if edition is None:
            self.newest += 1
            edition = self.newest
        play.set_edition(self.folder, edition)
        return self.redeploy(self.state, Overheard(self.engine()), edition)

    def hold(self) -> int:
        """Build the next edition as a release that waits, which must work; that edition."""
        self.newest += 1
        play.set_edition(self.folder, self.newest)
        done = self.redeploy(self.state, Overheard(self.engine()), self.newest, hold=True)
        if done.waiting is None:
            raise BrokenError(done.verdict)
        return self.newest

    def publish(self) -> str:
        """Publish what waits; which release it was."""
        done = waiting.publish(self.engine(), self.settings, self.state)
        if done is None:
            raise BrokenError("the release that was to wait is gone")
        return done.release

    def deploy_broken(self) -> Deployed:
        """Release the project with a model that fails."""
        play.break_model(self.folder)
        return self.redeploy(self.state, Overheard(self.engine()), 0)

    def learn(self, edition: int) -> None:
        """Remember the edition of a release that another process recorded."""
        for each in self.state.releases():
            self.editions.setdefault(each.id, edition)

    def redeploy(self, state: State, engine: Overheard, edition: int, hold: bool = False) -> Deployed:
        """Release the project as it is; with `hold`, let it wait."""
        quiet = Console(file=io.StringIO())
        asked = cast(Engine, engine)
        done = releasing.deploy(self.project, self.targets, asked, self.settings, state, False, quiet, hold)
        if done.release is not None:
            self.editions[done.release.id] = edition
            self.seconds = engine.seconds
        return done

    def released(self) -> int:
        """Release the next edition, which must work; that edition."""
        done = self.deploy()
        if done.release is None:
            raise BrokenError(". ".join([done.verdict, *(each.message for each in done.outcome.failed[:1])]))
        return self.newest

    def rollback(self, release: str | None = None) -> tuple[str, str]:
        """Go back; the release that is live then, and the one that was."""
        return releasing.rollback(self.engine(), self.state, release)

    def settle(self) -> None:
        """What any command does before it begins."""
        self.engine().settle_if_idle(self.state)

    # -- what others do -----------------------------------------------------------------------------------------------

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """What whoever connects now sees."""
        return self._beside(play.READER, sql)

    def write(self, sql: str) -> None:
        """Change production as somebody else would."""
        self._beside(play.PRODUCTION, sql)

    def make(self, place: Place, sql: str) -> str:
        """Make a table of somebody else's; its name as SQL."""
        with connect(self.project, self.beside.profile.target(play.PRODUCTION), self.parse()) as warehouse:
            warehouse.create(place, sql)
            return warehouse.rendered(place)

    def _beside(self, target: str, sql: str) -> list[tuple[Any, ...]]:
        with connect(self.project, self.beside.profile.target(target), None) as warehouse:
            return warehouse.once(sql)

    @property
    def beside(self) -> Project:
        """The same project, for who reads and writes meanwhile."""
        return opened(self.folder / _BESIDE)

    def relation(self, name: str) -> str:
        """A relation of the project as SQL."""
        return self.rendered(self.places[name])

    def rendered(self, place: Place) -> str:
        """Any relation as SQL."""
        with connect(self.project, self.beside.profile.target(play.READER), None) as warehouse:
            return warehouse.rendered(place)

    def reading(self) -> str:
        """A query of which edition each relation is."""
        return " union all ".join(
            f"select '{name}' as relation, max(edition) as edition from {self.relation(name)}"  # noqa: S608
            for name in play.EDITIONED
        )

    def edition(self) -> int:
        """Which edition all of production is.

        Raises:
            BrokenError: it is of two.
        """
        found = dict(self.query(self.reading()))
        if len(set(found.values())) != 1:
            raise BrokenError(f"readers see two releases: {found}")
        return int(next(iter(found.values())))

    def live(self) -> int:
        """Which edition the state says is live."""
        return self.editions.get(str(self.state.current()), 0)

    def logged(self) -> set[int]:
        """The editions that the incremental model has."""
        return {int(row[0]) for row in self.query(f"select edition from {self.relation(play.LOG)}")}  # noqa: S608

    def listed(self) -> dict[str, list[str]]:
        """Everything in the rehearsal's schemas."""
        manifest = self.parse()
        with connect(self.project, self.beside.profile.target(play.READER), manifest) as warehouse:
            database = self.places[play.TABLE].database
            return {
                schema: warehouse.listed(database, schema)
                for schema in warehouse.schemas(database)
                if self.owns(schema)
            }

    def beside_production(self) -> dict[str, set[int]]:
        """Of each model that has an edition, the editions of it that are in other schemas than production's."""
        served = {place.schema.lower() for place in self.places.values()}
        found: dict[str, set[int]] = {name: set() for name in play.EDITIONED}
        for schema, names in self.listed().items():
            if schema.lower() in served:
                continue
            there = {name.lower(): name for name in names}
            for name in play.EDITIONED:
                if name in there:
                    place = replace(self.places[name], schema=schema, identifier=there[name])
                    found[name] |= {int(row[0]) for row in self.query(_NEWEST.format(self.rendered(place)))}
        return found

    def owns(self, schema: str) -> bool:
        """Whether a schema is of this rehearsal."""
        return schema.lower().startswith(self.name)

    def another(self) -> Stage:
        """Another production, in schemas of the same beginning."""
        outputs = play.outputs(self.folder)
        name, folder = f"{self.name}_b", self.folder / "another"
        stand = self.engine().stand(folder, name)
        for target in (play.PRODUCTION, play.READER):
            outputs[target] = {**outputs[target], **stand.changes}
        return self._laid_out(folder, name, stand, outputs, self.project.options.vars)

    def remove(self) -> None:
        """Drop everything, the folder too."""
        if self.children is not None:
            self.children.close()
        with self.project.entered():
            manifest = self.parse()
            self.engine().vacate()
            with connect(self.project, self.targets.production, manifest) as warehouse:
                database = self.places[play.TABLE].database
                for schema in warehouse.schemas(database):
                    if self.owns(schema):
                        warehouse.drop_schema(database, schema)
        shutil.rmtree(self.folder)


def opened(folder: Path) -> Project:
    """A project that was laid out."""
    variables = (folder / "vars.yml").read_text(encoding="utf-8")
    return Project(Options(folder, profiles_dir=folder, profile=play.NAME, vars=variables))


def _absolute(output: Mapping[str, Any], root: Path) -> dict[str, Any]:
    """A target whose files are named from everywhere: what is relative in a profile is so to its project."""
    if not output:
        raise SettingsError("the target's name is not written out in the profile", "name it with --target")
    return {
        key: str(root / value)
        if isinstance(value, str) and "{" not in value and value.strip("./") and (root / value).exists()
        else value
        for key, value in output.items()
    }
