"""An earlier revision, parsed: from the parse of this checkout by the files that differ, or laid out whole."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from dataops.config import WORK
from dataops.environment import git
from dataops.errors import DataopsError, ProjectError, SettingsError
from dataops.project import compiled, dependencies, fingerprint, forkpoint, moment, naming, packages, surroundings
from dataops.project.archive import Kept
from dataops.project.baseline import taken
from dataops.project.compiling import Compiled
from dataops.project.invocation import Parsed
from dataops.project.jinja import ANY_ENV
from dataops.project.profiles import Profile
from dataops.project.seeds import Contents
from dataops.project.session import Project
from dataops.project.slices import Place, places
from dataops.project.targets import Targets


class UnreadableError(ProjectError):
    """dbt cannot read the revision."""


@dataclass(frozen=True)
class Made:
    """The revision, parsed. `near`: from the parse of this checkout; the project here has its settings and packages."""

    project: Project
    parsed: Parsed
    targets: Targets
    output: Mapping[str, Any]
    unknown: Mapping[str, str]
    contents: Contents | None
    near: bool

    @property
    def steady(self) -> bool:
        """Whether the next parse of the same revision finds the same, as far as files, settings and environment go."""
        manifest = self.parsed.manifest
        return (
            dependencies.named(manifest)
            and not moment.documents(self.project).get("", 0) & ANY_ENV
            and moment.configured(self.project, manifest)
        )

    def inputs(self, named: bool) -> Kept:
        """What is known of all nodes. `named`: the places of production's relations too, if they cannot wait."""
        manifest = self.parsed.manifest
        key = surroundings.new_key()
        with self.project.entered():
            prints = taken(self.project, self.parsed, key, self.output, contents=self.contents)
        names = {*dependencies.environment(manifest), *moment.documents(self.project)} - {""}
        live = naming.under(self.project, self.parsed, self.targets.production) if named and not self.near else None
        told = surroundings.environment(names, key)
        return Kept(replace(prints, unknown=self.unknown), told, compiled.names(manifest), places=live)

    def texts(self, wanted: Collection[str]) -> dict[str, str]:
        """The SQL of some nodes, as it is written."""
        text = fingerprint.texts(self.parsed.manifest)
        return {uid: found for uid in wanted if (found := text(uid)) is not None}

    def compiling(self, kept: Kept, wanted: Collection[str]) -> Kept:
        """With the compiled SQL of some nodes, and their layout, which only their text tells."""
        read = replace(kept.prints, text=self.texts(wanted).get)
        nodes = {uid: read.nodes[uid]._replace(layout=read.layout(uid)) for uid in wanted if uid in read.nodes}
        with ExitStack() as stack:
            compiling = Compiled(self.project, self.parsed, stack)
            sql = {uid: compiling.sql(uid) for uid in wanted}
        return replace(kept, prints=replace(kept.prints, nodes={**kept.prints.nodes, **nodes}), sql={**kept.sql, **sql})


class Making:
    """Makes the revision, each time that something of it is wanted which is not kept."""

    def __init__(self, project: Project, targets: Targets, head: Parsed, commit: str, name: str, whole: bool) -> None:
        self.project, self.targets, self.head = project, targets, head
        self.commit, self._name, self._whole = commit, name, whole
        self._near: Made | None = None

    @cached_property
    def sight(self) -> forkpoint.Sight:
        """What git tells of the way from the revision to this checkout; nothing, if all is to be laid out."""
        if self._whole:
            return forkpoint.Sight(False)
        return forkpoint.look(self.project, self.targets, self.head, self.commit)

    @contextmanager
    def made(self) -> Iterator[Made]:
        """The revision, parsed.

        Raises:
            ProjectError: it has no project, or dbt cannot read it.
        """
        with ExitStack() as stack:
            yield self._from_here(stack) or self._laid_out(stack)

    def _from_here(self, stack: ExitStack) -> Made | None:
        difference = self.sight.difference
        if difference is None:
            return None
        try:
            earlier, parsed = stack.enter_context(
                forkpoint.parsed(self.project, self.targets, self.head, self.commit, difference)
            )
        except (DataopsError, OSError):
            # What is wrong with it, if anything, is told where all of it is laid out.
            return None
        output = self.project.profile.output(self.targets.production.name)
        contents = Contents(earlier.root, self.project.root / WORK / "seeds.json")
        self._near = Made(earlier, parsed, self.targets, output, {}, contents, near=True)
        return self._near

    def _laid_out(self, stack: ExitStack) -> Made:
        tree = stack.enter_context(git.laid_out(self.project.root, self.commit))
        if not (tree.folder / "dbt_project.yml").is_file():
            raise ProjectError(f"there is no dbt project at {self._name}", "name a later revision with --base")
        unknown = self._with_packages(tree)
        try:
            earlier = self.project.at(tree.folder)
            with earlier.entered():
                parsed = earlier.parse(self.targets.parsing, seed=self.head.cache.read_bytes)
                output = _output(self.project, self.targets, tree)
        except (ProjectError, SettingsError) as error:
            raise UnreadableError(error.message.replace(f"{tree.folder}/", ""), error.remedy) from error
        return Made(earlier, parsed, self.targets, output, unknown, None, near=False)

    def _with_packages(self, tree: git.Tree) -> dict[str, str]:
        here = packages.Side(self.project.root, git.top(self.project.root))
        return packages.lay_out(here, packages.Side(tree.folder, tree.top))

    def places(self) -> Mapping[str, Place]:
        """Where production's relations are."""
        if self.sight.difference is not None and self._near is None:
            with self.made():
                pass
        found = None
        if self._near is not None:
            found = naming.under(self.project, self._near.parsed, self.targets.production)
        return found if found is not None else self._parsed_places()

    def _parsed_places(self) -> Mapping[str, Place]:
        """The same by a parse under production's target; where they are now, if dbt cannot read it."""
        target = self.targets.production
        cache = self.head.cache.parent.parent / target.name / self.head.cache.name
        try:
            with git.laid_out(self.project.root, self.commit) as tree:
                self._with_packages(tree)
                earlier = self.project.at(tree.folder)
                with earlier.entered():
                    live = earlier.parse(target, seed=lambda: cache.read_bytes() if cache.exists() else None)
                cache.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(live.cache, cache)
                return places(live.manifest)
        except (ProjectError, SettingsError):
            return places(self.project.parse(target).manifest)


def _output(project: Project, targets: Targets, tree: git.Tree) -> Mapping[str, Any]:
    """Production's target as an earlier revision's own profile has it; as it is now, where that is no part of it."""
    top = git.top(project.root)
    profile = project.profile
    if not profile.folder.is_relative_to(top):
        return profile.output(targets.production.name)
    try:
        profile = Profile.read(tree.top / profile.folder.relative_to(top), profile.name)
    except (SettingsError, OSError):
        return {}
    return profile.output(targets.production.name)
