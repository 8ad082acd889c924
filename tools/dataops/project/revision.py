"""A git revision as what a change is compared with: kept, made from the parse of this checkout, or laid out."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from dbt.artifacts.resources.base import FileHash

from dataops import git
from dataops.config import WORK
from dataops.errors import DataopsError, ProjectError, SettingsError, StateError
from dataops.project import compiled, dependencies, fingerprint, forkpoint, naming, packages, surroundings
from dataops.project.archive import Archive, Kept
from dataops.project.baseline import Baseline, partial_parse_name, taken
from dataops.project.compiled import CompiledSql
from dataops.project.compiling import Compiled
from dataops.project.fingerprint import Fingerprints
from dataops.project.jinja import ANY_ENV, VOLATILE, reads
from dataops.project.profiles import Profile
from dataops.project.seeds import Contents
from dataops.project.session import Parsed, Project
from dataops.project.slices import Place, places
from dataops.project.targets import Targets
from dataops.state import State

Choose = Callable[[Fingerprints], Collection[str]]
"""Says of which nodes the compiled SQL is wanted; asked once."""

_MOMENT = re.compile(r"\b(run_started_at|invocation_id|modules|dbt_metadata_envs)\b")


def baseline(
    project: Project, targets: Targets, base: str, head: Parsed, choose: Choose, state: str, whole: bool = False
) -> Baseline:
    """The project where this branch left `base`; what is found of it is kept where the state is, and in this checkout.

    The comparison uses the same target as `head`, whose cache has to be the parse of this checkout. Production's
    relations are what that revision says under production's target; they are looked for when somebody asks. `choose`
    says of which nodes the compiled SQL is wanted. With `whole`, all is laid out and parsed, and nothing is kept.
    """
    commit = git.fork_point(project.root, base)
    name = f"{base} ({commit[:10]})"
    making = _Making(project, targets, head, commit, name, whole)
    held = _Held(project, making, state)
    kept = held.recall()
    try:
        if kept is None:
            with making.made() as made:
                held.steady = made.steady
                kept = made.inputs(named=not whole)
                wanted = [*choose(kept.prints)]
                kept = made.compiling(kept, wanted)
            held.keep(kept)
            held.keep_parse(head)
        else:
            # What is kept has no texts; those of nodes that are compiled now come with that.
            texts: dict[str, str] = {}
            kept = replace(kept, prints=replace(kept.prints, text=texts.get))
            wanted = [*choose(kept.prints)]
            missing = [uid for uid in wanted if uid not in kept.sql]
            if missing:
                with making.made() as made:
                    texts |= made.texts(missing)
                    kept = made.compiling(kept, missing)
                held.keep(kept)
    except _UnreadableError as error:
        return _unread(project, targets, head, choose, name, commit, error.message)
    live = _Live(lambda: held.placed(kept))
    of_base = kept.compiled(wanted)
    return Baseline("revision", name, live, kept.prints, lambda: of_base)


class _UnreadableError(ProjectError):
    """dbt cannot read the revision."""


class _Live(Mapping[str, Place]):
    """Production's relations, found when they are first asked for."""

    def __init__(self, find: Callable[[], Mapping[str, Place]]) -> None:
        self._find = find

    @cached_property
    def _found(self) -> Mapping[str, Place]:
        return self._find()

    def __getitem__(self, unique_id: str) -> Place:
        return self._found[unique_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


@dataclass(frozen=True)
class _Made:
    """The revision, parsed. `near`: from the parse of this checkout; the project here has its settings and packages."""

    project: Project
    parsed: Parsed
    targets: Targets
    output: Mapping[str, Any]
    unknown: Mapping[str, str]
    contents: Contents | None
    near: bool

    @cached_property
    def _documents(self) -> dict[str, int]:
        """What the files that configure a project read of the environment, and their flags."""
        root = self.project.root
        files = [folder / file for folder in (root, *packages.installed(root).values()) for file in naming.SETTINGS]
        found: dict[str, int] = {}
        for file in files:
            if file.is_file():
                read = reads(file.read_text(encoding="utf-8"))
                found |= dict.fromkeys(read.environment, 0)
                found[""] = found.get("", 0) | read.flags
        return found

    @property
    def steady(self) -> bool:
        """Whether the next parse of the same revision finds the same, as far as files, settings and environment go."""
        manifest = self.parsed.manifest
        moments = (file.dfy for file in manifest.files.values() if getattr(file, "dfy", None))
        return (
            dependencies.named(manifest)
            and not self._documents.get("", 0) & (ANY_ENV | VOLATILE)
            and not any(naming.asks(each, _MOMENT) for each in moments)
            and not manifest.external_node_unique_ids
        )

    def inputs(self, named: bool) -> Kept:
        """What is known of all nodes. `named`: the places of production's relations too, if they cannot wait."""
        manifest = self.parsed.manifest
        key = surroundings.new_key()
        with self.project.entered():
            prints = taken(self.project, self.parsed, key, self.output, contents=self.contents)
        names = {*dependencies.environment(manifest), *self._documents} - {""}
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


class _Making:
    """Makes the revision, each time that something of it is wanted which is not kept."""

    def __init__(self, project: Project, targets: Targets, head: Parsed, commit: str, name: str, whole: bool) -> None:
        self.project, self.targets, self.head = project, targets, head
        self.commit, self._name, self._whole = commit, name, whole
        self._near: _Made | None = None

    @cached_property
    def sight(self) -> forkpoint.Sight:
        return (
            forkpoint.Sight(False)
            if self._whole
            else forkpoint.look(self.project, self.targets, self.head, self.commit)
        )

    @contextmanager
    def made(self) -> Iterator[_Made]:
        """The revision, parsed.

        Raises:
            ProjectError: it has no project, or dbt cannot read it.
        """
        with ExitStack() as stack:
            yield self._from_here(stack) or self._laid_out(stack)

    def _from_here(self, stack: ExitStack) -> _Made | None:
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
        self._near = _Made(earlier, parsed, self.targets, output, {}, contents, near=True)
        return self._near

    def _laid_out(self, stack: ExitStack) -> _Made:
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
            raise _UnreadableError(error.message.replace(f"{tree.folder}/", ""), error.remedy) from error
        return _Made(earlier, parsed, self.targets, output, unknown, None, near=False)

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


class _Held:
    """What is kept of the revision, as long as this is certain to be the same revision under the same conditions."""

    def __init__(self, project: Project, making: _Making, state: str) -> None:
        self._making = making
        self._archive = Archive.of(project.root, state)
        self._given = _conditions(making) if making.sight.whole else None
        self.steady = True

    def recall(self) -> Kept | None:
        kept = self._archive.recall(self._given) if self._given is not None else None
        if kept is None or kept.environment != surroundings.environment(kept.environment, kept.prints.surroundings.key):
            return None
        return kept

    def keep(self, kept: Kept) -> None:
        if self._given is not None and self.steady:
            self._archive.keep(self._given, kept)

    def keep_parse(self, head: Parsed) -> None:
        """Keep the parse of this checkout for fresh ones, unless it holds values of the environment or of variables."""
        manifest = head.manifest
        hashed = manifest.state_check.project_env_vars_hash != FileHash.from_contents("")
        if self._given is not None and not (manifest.env_vars or hashed or self._making.project.vars):
            self._archive.keep_parse(_of_parse(self._making.project, self._making.targets), head.cache.read_bytes())

    def placed(self, kept: Kept) -> Mapping[str, Place]:
        """Where production's relations are; kept from now on."""
        if kept.places is not None:
            return kept.places
        found = self._making.places()
        self.keep(replace(kept, places=found))
        return found


def seed(project: Project, targets: Targets, state: str) -> bytes | None:
    """A parse that another checkout made, for one that has none: kept beside revisions, or the live release's.

    dbt itself looks whether it still holds, and which files differ from it.
    """
    found = Archive.of(project.root, state).parse(_of_parse(project, targets))
    try:
        bundle = State(state).bundle() if found is None else None
        return bundle.read(partial_parse_name(targets.parsing.name)) if bundle else found
    except StateError:
        return None


def _of_parse(project: Project, targets: Targets) -> list[Any]:
    """What tells one parse from another, as far as it makes sense to have several."""
    top = git.top(project.root).resolve()
    tools = [importlib.metadata.version("dbt-core"), project.profile.name]
    return ["parse", str(project.root.relative_to(top)), *tools, project.told(targets.parsing)]


def _conditions(making: _Making) -> list[Any] | None:
    """Everything that decides what a revision is found to be, its commit first; None where that cannot be told."""
    project, targets, manifest = making.project, making.targets, making.head.manifest
    top = git.top(project.root).resolve()
    own = project.profiles_dir.is_relative_to(top)
    flags = {name: value for name, value in os.environ.items() if name.startswith("DBT_")}
    read = dependencies.environment(manifest)
    tools = surroundings.toolchain(project.root, str(manifest.metadata.adapter_type))
    try:
        installed = packages.digest(project.root)
    except OSError:
        return None
    return [
        making.commit,
        str(project.root.relative_to(top)),
        [fingerprint.FORMAT, importlib.metadata.version("dbt-dataops"), os.linesep],
        {name: version for name, version in tools.items() if not name.startswith("package ")},
        installed,
        project.vars,
        project.profile.name,
        str(project.profiles_dir.relative_to(top)) if own else project.profile.output(targets.production.name),
        [project.told(target) for target in (targets.parsing, targets.production)],
        targets.parsing.moves,
        {name: value for name, value in flags.items() if not name.startswith("DBT_ENV_SECRET")},
        {name: os.environ.get(name) for name in read if not name.startswith("DBT_ENV_SECRET")},
    ]


def _unread(
    project: Project, targets: Targets, head: Parsed, choose: Choose, name: str, commit: str, why: str
) -> Baseline:
    """A revision that dbt cannot read: nothing is known of it, and production's relations are where they are now."""
    output = project.profile.output(targets.production.name)
    prints = replace(taken(project, head, surroundings.new_key(), output), unrecorded=f"{name} cannot be read")
    choose(prints)
    live = _Live(lambda: places(project.parse(targets.production).manifest))
    return Baseline("revision", name, live, prints, CompiledSql, why, git.edited(project.root, commit))


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
