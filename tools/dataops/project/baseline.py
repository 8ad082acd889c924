"""What a change is compared with: production's stored bundle, a dbt artifacts folder, or a git revision."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from dbt.artifacts.schemas.manifest import WritableManifest
from dbt.contracts.graph.manifest import Manifest

from dataops import git
from dataops.errors import ProjectError, StateError
from dataops.project.session import Parsed, Project
from dataops.project.slices import Place, places
from dataops.project.targets import Targets
from dataops.state import Bundle, State

PLACES = "relations.json"
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Baseline:
    """An earlier version of the project. `manifest` is for comparing, `places` says where production's relations are.

    `name` and `kind` (`release`, `artifacts`, `revision`) tell a reader what it is.
    """

    kind: str
    name: str
    manifest: Manifest
    places: Mapping[str, Place]


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


def from_bundle(bundle: Bundle, target: str) -> Baseline:
    """The live release, as parsed under `target`, so that like is compared with like.

    Falls back to the release's own `manifest.json` when the parse under that target is absent, or was written by
    another dbt version: production's target may then differ in configuration, which selects more, never less.
    """
    relations = read_places(bundle)
    parse = bundle.read(partial_parse_name(target))
    manifest = None
    if parse is not None:
        try:
            manifest = Manifest.from_msgpack(parse)
        except Exception:  # noqa: BLE001 - whatever dbt raises for another version's layout, manifest.json is next
            manifest = None
    if manifest is None:
        written = bundle.read(MANIFEST)
        if written is None:
            raise StateError(
                f"the state bundle {bundle.source} has no manifest", "run `dataops deploy` to write it anew"
            )
        manifest = _writable(json.loads(written), bundle.source)
    return Baseline("release", bundle.release, manifest, relations)


def from_artifacts(folder: Path) -> Baseline:
    """A folder that holds dbt's `manifest.json` of a production run, such as its `target/`."""
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise StateError(f"{folder / MANIFEST} is not JSON: {error}", "fetch production's artifacts again") from error
    manifest = _writable(content, str(folder / MANIFEST))
    return Baseline("artifacts", str(folder), manifest, places(manifest))


def from_revision(project: Project, targets: Targets, base: str, head: Parsed) -> Baseline:
    """The project where this branch left `base`, parsed in a temporary worktree.

    Production's relations are what that revision says under production's target; the comparison uses the same
    target as `head`, starting from the parse of `head`, so that only differing files are read.
    """
    commit = git.fork_point(project.root, base)
    with git.worktree(project.root, commit) as folder:
        if not (folder / "dbt_project.yml").is_file():
            raise ProjectError(
                f"there is no dbt project at {base} ({commit[:10]})", "name a later revision with --base"
            )
        packages = project.root / "dbt_packages"
        if packages.is_dir() and not (folder / "dbt_packages").exists():
            shutil.copytree(packages, folder / "dbt_packages", symlinks=True)
        earlier = project.at(folder)
        with earlier.entered():
            manifest = earlier.parse(targets.parsing, seed=head.cache.read_bytes).manifest
            cache = head.cache.parent.parent / targets.production.name / head.cache.name
            live = earlier.parse(targets.production, seed=lambda: cache.read_bytes() if cache.exists() else None)
            cache.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(live.cache, cache)
    return Baseline("revision", f"{base} ({commit[:10]})", manifest, places(live.manifest))


def _writable(content: object, source: str) -> Manifest:
    try:
        return Manifest.from_writable_manifest(WritableManifest.upgrade_schema_version(content))
    except Exception as error:
        raise StateError(
            f"{source} is not a manifest that this dbt reads: {error}",
            "write it with a dbt-core of this or an earlier version",
        ) from error
