"""A git revision as what a change is compared with: kept, made from the parse of this checkout, or laid out."""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from functools import cache, cached_property
from typing import Any

from dbt.artifacts.resources.base import FileHash

from dataops.environment import git
from dataops.errors import StateError
from dataops.project import dependencies, fingerprint, packages, surroundings
from dataops.project.archive import Archive, Kept
from dataops.project.baseline import Baseline, partial_parse_name, taken
from dataops.project.compiled import CompiledSql
from dataops.project.earlier import Making, UnreadableError
from dataops.project.fingerprint import Fingerprints
from dataops.project.invocation import Parsed
from dataops.project.session import Project
from dataops.project.slices import Place, places
from dataops.project.targets import Targets
from dataops.store.state import State

Choose = Callable[[Fingerprints], Collection[str]]
"""Says of which nodes the compiled SQL is wanted; asked once."""


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
    making = Making(project, targets, head, commit, name, whole)
    held = _Held(project, making, state)
    kept = held.recall()
    parsed: list[Any] = []
    try:
        if kept is None:
            with making.made() as made:
                held.steady = made.steady
                parsed.append(made.parsed.manifest)
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
    except UnreadableError as error:
        return _unread(project, targets, head, choose, name, commit, error.message)
    live = _Live(lambda: held.placed(kept))
    of_base = kept.compiled(wanted)

    def manifest() -> Any:
        """That of the parse which was needed anyway, or of another."""
        return parsed[0] if parsed else _parsed(making)

    return Baseline("revision", name, live, kept.prints, lambda: of_base, manifest=cache(manifest))


def manifest(project: Project, targets: Targets, base: str, head: Parsed) -> tuple[str, Any, str]:
    """The project where this branch left `base`: its name, its manifest, and why dbt cannot read it, if so."""
    commit = git.fork_point(project.root, base)
    name = f"{base} ({commit[:10]})"
    try:
        return name, _parsed(Making(project, targets, head, commit, name, whole=False)), ""
    except UnreadableError as error:
        return name, None, error.message


def _parsed(making: Making) -> Any:
    with making.made() as made:
        return made.parsed.manifest


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


class _Held:
    """What is kept of the revision, as long as this is certain to be the same revision under the same conditions."""

    def __init__(self, project: Project, making: Making, state: str) -> None:
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


def _conditions(making: Making) -> list[Any] | None:
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
