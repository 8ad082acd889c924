"""The two sides of a plan: all of them, or no further than the change reaches. What is not loaded is as the release
has it.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from dataops import __version__, config
from dataops.config import WORK
from dataops.environment import git
from dataops.errors import GitError
from dataops.plan import untouched
from dataops.plan.reasons import COMPILE, Comparison, Reason
from dataops.project import baseline, compiled, env_file, fingerprint, graph, nearby, profiles, revision, surroundings
from dataops.project.baseline import Baseline
from dataops.project.dependencies import Dependencies
from dataops.project.fingerprint import Fingerprints
from dataops.project.graph import Graph
from dataops.project.index import FORMAT, Index
from dataops.project.indexing import Known, pack
from dataops.project.invocation import Parsed
from dataops.project.part import Files, Part, UnboundedError, cut
from dataops.project.seeds import Contents
from dataops.project.session import Project
from dataops.project.slices import places
from dataops.project.surroundings import Surroundings
from dataops.project.targets import Targets
from dataops.store.location import write_whole
from dataops.store.state import Bundle, State


@dataclass(frozen=True)
class Sides:
    """The project as it is, its base, how their inputs differ, and the graph of the project as it is.

    `tagged`: whether columns of the base are tagged as personal, where `head` is a part of the project, `part`.
    """

    head: Parsed
    base: Baseline
    comparison: Comparison
    reasons: Mapping[str, tuple[Reason, ...]]
    graph: Graph
    tagged: bool = False
    part: Part | None = None


def whole(
    project: Project,
    targets: Targets,
    base: str | None,
    stored: Bundle | Path | None,
    strict: bool,
    place: str,
    thorough: bool,
) -> Sides:
    """Both sides in full. `stored` is not asked for where `base` names a revision.

    What is known of a revision is kept at `place`, the state's; with `thorough` it is parsed as if nobody had before.
    """

    def seed() -> bytes | None:
        if base:
            return revision.seed(project, targets, place)
        return stored.read(baseline.partial_parse_name(targets.parsing.name)) if isinstance(stored, Bundle) else None

    head = project.parse(targets.parsing, seed)
    compared: list[tuple[Comparison, Mapping[str, tuple[Reason, ...]]]] = []

    def compare(before: Fingerprints) -> list[str]:
        """Compare the inputs; which nodes have to be compiled on both sides."""
        if base:
            before = env_file.unrecorded(before, project.root, base, head.manifest)
        around = before.surroundings
        after = baseline.taken(
            project, head, around.key, project.profile.output(targets.production.name), around.environment
        )
        comparison = Comparison(before, after, Dependencies(head.manifest, before.macros))
        compared.append((comparison, comparison.reasons(strict)))
        return [uid for uid, each in compared[0][1].items() if any(reason.effect == COMPILE for reason in each)]

    if base:
        before = revision.baseline(project, targets, base, head, compare, place, thorough)
    else:
        if isinstance(stored, Path):
            before = baseline.from_artifacts(stored, project, targets, head)
        else:
            assert stored is not None  # noqa: S101 - said to the type checker; refused before
            before = baseline.from_bundle(stored, targets, project)
        compare(before.prints)
    return Sides(head, before, *compared[0], graph.read(head.manifest))


_FOLDER = WORK / "index"
_WARNINGS = ("warn_error", "warn_error_options")
"""Flags with which a warning of dbt about any part of the project ends its parse."""


@dataclass(frozen=True)
class _Release:
    """The live release: its id, its index, and its surroundings.

    `through`: whether a macro of it walks the graph; `tagged`: whether it has columns that are tagged as personal.
    """

    id: str
    index: Index
    around: Surroundings
    through: bool
    tagged: bool


def partly(project: Project, targets: Targets, state: State, strict: bool) -> Sides:
    """Both sides as far as the change reaches.

    Raises:
        UnboundedError: all of the project has to be parsed to know that.
    """
    try:
        release = _release(project, targets, state)
        differing = _differing(project, release)
    except GitError as error:
        raise UnboundedError(error.message) from error
    except (OSError, sqlite3.Error, yaml.YAMLError, ValueError, KeyError, TypeError) as error:
        # A damaged index costs the parse of the whole, and settings that cannot be read are told by it.
        raise UnboundedError(f"the index or the settings cannot be read: {error}") from error
    return _sides(project, targets, release, differing, strict)


def _sides(project: Project, targets: Targets, release: _Release, differing: Files, strict: bool) -> Sides:
    part = cut(release.index, project, differing)
    head = part.parsed(project, targets.parsing)
    base = nearby.before(part, release.around, release.id)
    contents = Contents(project.root, project.root / WORK / "seeds.json")
    after = nearby.after(part, base.prints, head.manifest, contents)
    comparison = Comparison(base.prints, after, Dependencies(head.manifest, base.prints.macros, release.through))
    shape = nearby.shape(part, head.manifest)
    return Sides(head, base, comparison, comparison.reasons(strict), shape, release.tagged, part)


def _release(project: Project, targets: Targets, state: State) -> _Release:
    """The live release, if nothing differs from it but files.

    Raises:
        UnboundedError: something else does, or it has no index that this version can use.
    """
    live = state.live()
    if live is None:
        raise UnboundedError("nothing was released")
    found = Index(_local(project, state, targets, *live))
    if (found.fact("format"), found.fact("version")) != (FORMAT, __version__):
        raise UnboundedError("another version of dataops made the release")
    if (found.fact("target"), found.fact("production")) != (targets.parsing.name, targets.production.name):
        raise UnboundedError("the release was made under other targets")
    if found.fact("walkers"):
        raise UnboundedError("the Jinja of a node walks the graph")
    if any(project.flags.get(each) or os.environ.get(f"DBT_{each.upper()}") for each in _WARNINGS):
        raise UnboundedError("warnings are errors")
    before = Surroundings.restored(found.fact("surroundings"))
    # As dbt itself will do before it parses.
    env_file.load()
    output = project.profile.output(targets.production.name)
    now = surroundings.look(project.root, project.vars, before.environment, before.key, found.fact("adapter"), output)
    given = untouched.Given(project.root, {"profiles_dir": project.profiles_dir}, None, None)
    if now != before or untouched.aside(given, before.key) != found.fact("aside"):
        raise UnboundedError("variables, the environment, settings, packages or versions differ")
    return _Release(live[0], found, before, bool(found.fact("through")), bool(found.fact("tagged")))


def _local(project: Project, state: State, targets: Targets, release: str, digest: str) -> Path:
    """The index of the live release as a file of this checkout.

    Raises:
        UnboundedError: the release has none.
    """
    path = project.root / _FOLDER / f"{digest}.sqlite"
    if not path.exists():
        bundle = state.bundle()
        content = bundle.read(index_name(targets.parsing.name)) if bundle and bundle.release == release else None
        if content is None:
            raise UnboundedError("the release has no index")
        for old in path.parent.glob("*.sqlite"):
            old.unlink()
        write_whole(path, content)
    return path


def index_name(target: str) -> str:
    """The bundle's file that holds the index of the parse under a target."""
    return f"index/{target}.sqlite"


def packed(
    project: Project, targets: Targets, head: Parsed, parsed: Parsed, files: Mapping[str, bytes], tagged: bool
) -> bytes | None:
    """The index of a release, from the other files of its bundle. `head` is production's parse, `parsed` the changes'.

    `tagged`: whether it has columns that are tagged as personal.
    None where it would never be used: the release was not made from a clean revision.
    """
    recorded = json.loads(files[untouched.FILE])
    if recorded["revision"] is None:
        return None
    manifest = parsed.manifest
    dependencies = Dependencies(manifest)
    prints = fingerprint.unpack(files[baseline.fingerprints_name(targets.parsing.name)], "this release")
    given = untouched.Given(project.root, {"profiles_dir": project.profiles_dir}, None, None)
    facts = {
        "revision": recorded["revision"],
        "production": targets.production.name,
        "adapter": targets.adapter,
        "aside": untouched.aside(given, prints.surroundings.key),
        "through": dependencies.through,
        "tagged": tagged,
        "walkers": any(map(dependencies.walks, manifest.nodes)),
    }
    made = compiled.unpack(files.get(compiled.FILE), files.get(baseline.CATALOG))
    content = files[baseline.partial_parse_name(targets.parsing.name)]
    known = Known(prints, made, places(head.manifest), graph.read(manifest))
    return pack(content, known, facts)


def _differing(project: Project, release: _Release) -> Files:
    """The project's files that differ from the release's.

    Raises:
        UnboundedError: git cannot tell, or one of them is of a kind that may reach everything.
    """
    given = untouched.Given(project.root, {"profiles_dir": project.profiles_dir}, None, None)
    paths = list(untouched.inputs(given))
    found = git.differing(project.root, str(release.index.fact("revision")), paths) if paths else None
    if found is None:
        raise UnboundedError("git cannot tell which files differ")
    apart = (*untouched.FILES, config.FILE)
    names = (profiles.FILE, ".gitattributes")
    if any(each in apart or each.startswith("..") or each.endswith(names) for each in found):
        raise UnboundedError("a file of settings differs")
    gone = frozenset(each for each in found if not (project.root / each).exists())
    if (project.root / ".dbtignore").exists() and found:
        raise UnboundedError("dbt may ignore a file")
    return Files(found - gone, gone)
