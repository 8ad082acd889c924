"""What a change is compared with: production's stored bundle, a dbt artifacts folder, or a git revision."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from dbt.contracts.graph.manifest import Manifest

from dataops.config import WORK
from dataops.errors import StateError
from dataops.project import compiled, dependencies, fingerprint, manifests, surroundings
from dataops.project.compiled import CompiledSql
from dataops.project.fingerprint import Fingerprints
from dataops.project.invocation import Parsed
from dataops.project.seeds import Content, Contents
from dataops.project.session import Project
from dataops.project.slices import Place, places
from dataops.project.surroundings import Surroundings
from dataops.project.targets import Targets
from dataops.store.state import Bundle, State

PLACES = "relations.json"
MANIFEST = "manifest.json"
CATALOG = "catalog.json"


@dataclass(frozen=True)
class Baseline:
    """An earlier version of the project. `places` says where production's relations are; of a revision they are looked
    for when they are first asked for, which must not be while a connection is open.

    `name` and `kind` (`release`, `artifacts`, `revision`) tell a reader what it is. `prints` are its nodes' inputs,
    `compiled` its compiled SQL, as far as it is at hand. `unread`: why it could not be read; `prints` are then those of
    this version, recorded as unknown, and `edited` are the files that differ. `manifest` gives its nodes as dbt
    has them, as objects or as JSON, when that is first asked for; None where they are not at hand.
    """

    kind: str
    name: str
    places: Mapping[str, Place]
    prints: Fingerprints
    compiled: Callable[[], CompiledSql]
    unread: str = ""
    edited: frozenset[str] = frozenset()
    manifest: Callable[[], Any] = lambda: None


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


def stored(location: str) -> Bundle | Path:
    """What a place holds to compare with: a folder of dbt artifacts, or the live release of a store.

    Raises:
        StateError: there is neither.
    """
    folder = Path(location)
    if (folder / MANIFEST).is_file():
        return folder
    bundle = State(location).bundle()
    if bundle is None:
        raise StateError(
            f"no release is stored in {location}",
            "compare with git instead (--base main), or make a first release with `dataops deploy`",
        )
    return bundle


def manifest(bundle: Bundle) -> dict[str, Any]:
    """A release's manifest as JSON.

    Raises:
        StateError: it has none.
    """
    written = bundle.read(MANIFEST)
    if written is None:
        raise StateError(f"the state bundle {bundle.source} has no manifest", "run `dataops deploy` to write it anew")
    found: dict[str, Any] = json.loads(written)
    return found


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
                manifest=cache(lambda: manifest(bundle)),
            )
    read = manifests.read(manifest(bundle), bundle.source)
    return _of_manifest("release", bundle.release, read, relations, project, targets)


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
    return Baseline(kind, name, relations, prints, lambda: compiled.collected(manifest), manifest=lambda: manifest)


def taken(
    project: Project,
    parsed: Parsed,
    key: str,
    output: Mapping[str, Any],
    names: Collection[str] = (),
    with_layout: bool = False,
    contents: Contents | None = None,
) -> Fingerprints:
    """The fingerprints of a parse, with the surroundings as they are; `names` are variables of the environment.

    `output` is production's target as the profile has it. `contents`: where not all files lie in its folder.
    """
    manifest = parsed.manifest
    own = Contents(project.root, project.root / WORK / "seeds.json")
    adapter = str(manifest.metadata.adapter_type)
    around = surroundings.look(project.root, project.vars, names, key, adapter, output)
    prints = fingerprint.take(manifest, parsed.target.name, around, contents or own, with_layout)
    own.remember()
    return prints
