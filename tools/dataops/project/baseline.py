"""What a change is compared with: production's stored bundle, a dbt artifacts folder, or a git revision."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from dbt.contracts.graph.manifest import Manifest

from dataops import git
from dataops.config import WORK
from dataops.errors import ProjectError, SettingsError, StateError
from dataops.project import compiled, dependencies, fingerprint, manifests, packages, surroundings
from dataops.project.compiled import CompiledSql
from dataops.project.compiling import Compiled
from dataops.project.fingerprint import Fingerprints
from dataops.project.profiles import Profile
from dataops.project.seeds import Content, Contents
from dataops.project.session import Parsed, Project
from dataops.project.slices import Place, places
from dataops.project.surroundings import Surroundings
from dataops.project.targets import Targets
from dataops.state import Bundle, State

PLACES = "relations.json"
MANIFEST = "manifest.json"
CATALOG = "catalog.json"


@dataclass(frozen=True)
class Baseline:
    """An earlier version of the project. `places` says where production's relations are.

    `name` and `kind` (`release`, `artifacts`, `revision`) tell a reader what it is. `prints` are its nodes' inputs,
    `compiled` its compiled SQL, as far as it is at hand. `unread`: why it could not be read; `prints` are then those of
    this version, recorded as unknown, and `edited` are the files that differ.
    """

    kind: str
    name: str
    places: Mapping[str, Place]
    prints: Fingerprints
    compiled: Callable[[], CompiledSql]
    unread: str = ""
    edited: frozenset[str] = frozenset()


def partial_parse_name(target: str) -> str:
    """The bundle's file that holds dbt's partial parse under a target."""
    return f"parse/{target}.msgpack"


def earlier_parse(state: State, targets: Targets) -> bytes | None:
    """The live release's parse under production's target, to start from. A damaged state only costs a full parse."""
    try:
        bundle = state.bundle()
        return bundle.read(partial_parse_name(targets.production.name)) if bundle else None
    except StateError:
        return None


def pack_places(manifest: Manifest) -> bytes:
    """`relations.json`: every relation's place by unique id."""
    return json.dumps({uid: asdict(place) for uid, place in places(manifest).items()}).encode()


def read_places(bundle: Bundle) -> dict[str, Place]:
    """Where a release's relations are, by unique id."""
    return {uid: Place(**place) for uid, place in json.loads(bundle.read(PLACES) or b"{}").items()}


def fingerprints_name(target: str) -> str:
    """The bundle's file that holds the fingerprints under a target."""
    return f"fingerprints/{target}.json"


def packed(
    project: Project, parsed: Parsed, key: str, output: Mapping[str, Any], catalog: Path | None = None
) -> dict[str, bytes]:
    """What a release stores of one parse for the plans to come; with `catalog`, also the SQL that the release ran."""
    manifest = parsed.manifest
    prints = taken(project, parsed, key, output, dependencies.environment(manifest), with_layout=True)
    files = {fingerprints_name(parsed.target.name): fingerprint.pack(prints)}
    if catalog is not None:
        known = json.loads(catalog.read_bytes()) if catalog.exists() else None
        files[compiled.FILE] = compiled.pack(compiled.collected(manifest, known))
    return files


def from_bundle(bundle: Bundle, targets: Targets, project: Project) -> Baseline:
    """The live release, as parsed under the pull requests' target, so that like is compared with like.

    Falls back to its fingerprints under production's target, and to its `manifest.json` where an earlier version wrote
    the bundle: what is configured by target then differs, which selects more, never less.
    """
    relations = read_places(bundle)
    for target in (targets.parsing.name, targets.production.name):
        stored = bundle.read(fingerprints_name(target))
        if stored is not None:
            prints = fingerprint.unpack(stored, bundle.source)
            return Baseline(
                "release",
                bundle.release,
                relations,
                prints,
                lambda: compiled.unpack(bundle.read(compiled.FILE), bundle.read(CATALOG)),
            )
    written = bundle.read(MANIFEST)
    if written is None:
        raise StateError(f"the state bundle {bundle.source} has no manifest", "run `dataops deploy` to write it anew")
    manifest = manifests.read(json.loads(written), bundle.source)
    return _of_manifest("release", bundle.release, manifest, relations, project, targets)


def from_artifacts(folder: Path, project: Project, targets: Targets, head: Parsed) -> Baseline:
    """A folder that holds dbt's `manifest.json` of a production run, such as its `target/`. dbt 2's is one, too."""
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise StateError(f"{folder / MANIFEST} is not JSON: {error}", "fetch production's artifacts again") from error
    manifest, missing = manifests.compared(content, str(folder / MANIFEST), head.manifest)
    base = _of_manifest("artifacts", str(folder), manifest, places(manifest), project, targets)
    base = replace(base, prints=replace(base.prints, missing=missing))
    # Its columns may be those of another run: for what is read they prove nothing.
    return replace(base, compiled=lambda: replace(base.compiled(), types=compiled.types(_catalog(folder))))


def _catalog(folder: Path) -> Mapping[str, Any]:
    """What `dbt docs generate` left beside the manifest; nothing where it left none that can be read."""
    try:
        found = json.loads((folder / CATALOG).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _of_manifest(
    kind: str, name: str, manifest: Manifest, relations: Mapping[str, Place], project: Project, targets: Targets
) -> Baseline:
    """A base of which nothing but dbt's manifest is left: it tells nothing of variables and of the environment."""
    unknown = Surroundings(surroundings.new_key(), {}, {}, {}, recorded=False)
    prints = fingerprint.take(manifest, targets.production.name, unknown, lambda _: Content())
    return Baseline(kind, name, relations, prints, lambda: compiled.collected(manifest))


def from_revision(
    project: Project, targets: Targets, base: str, head: Parsed, choose: Callable[[Fingerprints], Collection[str]]
) -> Baseline:
    """The project where this branch left `base`, parsed in a temporary folder.

    Production's relations are what that revision says under production's target; the comparison uses the same
    target as `head`, starting from the parse of `head`, so that only differing files are read. `choose` says of which
    nodes the compiled SQL is wanted.
    """
    commit = git.fork_point(project.root, base)
    name = f"{base} ({commit[:10]})"
    with git.laid_out(project.root, commit) as tree:
        folder = tree.folder
        if not (folder / "dbt_project.yml").is_file():
            raise ProjectError(
                f"there is no dbt project at {base} ({commit[:10]})", "name a later revision with --base"
            )
        unknown = packages.lay_out(packages.Side(project.root, git.top(project.root)), packages.Side(folder, tree.top))
        cache = head.cache.parent.parent / targets.production.name / head.cache.name
        try:
            earlier = project.at(folder)
            with earlier.entered():
                parsed = earlier.parse(targets.parsing, seed=head.cache.read_bytes)
                live = earlier.parse(targets.production, seed=lambda: cache.read_bytes() if cache.exists() else None)
        except (ProjectError, SettingsError) as error:
            return _unread(project, targets, head, choose, name, commit, error.message.replace(f"{folder}/", ""))
        with earlier.entered():
            output = _output(project, targets, tree)
            prints = replace(taken(earlier, parsed, surroundings.new_key(), output), unknown=unknown)
            cache.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(live.cache, cache)
            with ExitStack() as stack:
                compiling = Compiled(earlier, parsed, stack)
                found = {uid: sql for uid in choose(prints) if (sql := compiling.sql(uid)) is not None}
    of_base = CompiledSql(found, compiled.names(parsed.manifest))
    return Baseline("revision", name, places(live.manifest), prints, lambda: of_base)


def _unread(
    project: Project,
    targets: Targets,
    head: Parsed,
    choose: Callable[[Fingerprints], Collection[str]],
    name: str,
    commit: str,
    why: str,
) -> Baseline:
    """A revision that dbt cannot read: nothing is known of it, and production's relations are where they are now."""
    output = project.profile.output(targets.production.name)
    prints = replace(taken(project, head, surroundings.new_key(), output), unrecorded=f"{name} cannot be read")
    choose(prints)
    live = places(project.parse(targets.production).manifest)
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


def taken(
    project: Project,
    parsed: Parsed,
    key: str,
    output: Mapping[str, Any],
    names: Collection[str] = (),
    with_layout: bool = False,
) -> Fingerprints:
    """The fingerprints of a parse, with the surroundings as they are; `names` are variables of the environment.

    `output` is production's target as the profile has it.
    """
    manifest = parsed.manifest
    contents = Contents(project.root, project.root / WORK / "seeds.json")
    adapter = str(manifest.metadata.adapter_type)
    around = surroundings.look(project.root, project.vars, names, key, adapter, output)
    prints = fingerprint.take(manifest, parsed.target.name, around, contents, with_layout)
    contents.remember()
    return prints
