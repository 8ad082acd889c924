"""The answer for a change that touches no input of the project, without importing dbt.

Said only where git, the variables, the environment and the versions all tell that nothing moved; whatever cannot be
told here is left to the comparison of fingerprints.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dataops import config
from dataops.environment import git
from dataops.errors import DataopsError
from dataops.plan.impact import UNREACHED
from dataops.plan.plan import Decision, Plan
from dataops.project import env_file, packages, profiles, surroundings
from dataops.project.outcome import RUNNABLE
from dataops.project.surroundings import Surroundings, keyed
from dataops.store.state import State

FILE = "inputs.json"
"""In a release's bundle: from which revision it was made, and the digests of what is in no file of that revision."""

FILES = (
    "dbt_project.yml",
    "packages.yml",
    "dependencies.yml",
    "package-lock.yml",
    "vars.yml",
    "catalogs.yml",
    ".dbtignore",
)
"""Files of the project that decide more than single nodes."""


@dataclass(frozen=True)
class Given:
    """What the command line says: dbt's own options, by name, and what to compare with.

    `beside`: paths in the project that dbt does not read, and the answer rests on.
    """

    root: Path
    options: Mapping[str, Any]
    base: str | None
    state: str | None
    beside: tuple[str, ...] = ()


def answer(given: Given) -> Plan | None:
    """The plan in which nothing changes; None where that cannot be told here."""
    try:
        env_file.load()
        settings = config.load(given.root)
        alone = _alone(given, settings)
        paths = list(inputs(given))
        if alone is None or not paths:
            return None
        paths += given.beside
        if given.base:
            paths += [*_installed(given.root), *map(str, _output(given, settings).get("module_paths") or ())]
            if "*" in paths:
                return None
            commit = git.fork_point(given.root, given.base)
            name = f"{given.base} ({commit[:10]})"
            same = git.same(given.root, commit, paths) and not env_file.moved(given.root, commit)
            return Plan("revision", name, (), (), (), (), None, alone, parsed=False) if same else None
        return _since_release(given, settings, paths, alone)
    except (DataopsError, OSError, ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError):
        # Whatever is wrong is told by the ordinary way, which looks closer.
        return None


def _since_release(given: Given, settings: config.Settings, paths: list[str], alone: bool) -> Plan | None:
    location = given.state or settings.state
    if (given.root / location / "manifest.json").exists():
        return None
    bundle = State(location).bundle()
    inputs = bundle.read(FILE) if bundle else None
    if bundle is None or inputs is None:
        return None
    recorded = json.loads(inputs)
    if not recorded["revision"] or not git.same(given.root, recorded["revision"], paths):
        return None
    stored = json.loads(bundle.read(f"fingerprints/{recorded['target']}.json") or b"{}")
    before = Surroundings.restored(stored["surroundings"])
    variables = yaml.safe_load(given.options.get("vars") or "{}")
    now = surroundings.look(
        given.root, variables, before.environment, before.key, recorded["adapter"], _output(given, settings)
    )
    if now != before or aside(given, before.key) != recorded["aside"]:
        return None
    skipped = (Decision(uid, UNREACHED) for uid in sorted(stored["nodes"]) if uid.split(".", 1)[0] in RUNNABLE)
    return Plan("release", bundle.release, (), (), tuple(skipped), (), None, alone, parsed=False)


def record(given: Given, target: str, adapter: str, key: str, certain: bool) -> bytes:
    """What a release stores for this. `certain`: whether all that the project reads is named in its text."""
    commit = git.revision(given.root) if certain else None
    paths = list(inputs(given))
    revision = commit.removesuffix("-dirty") if commit else None
    clean = bool(revision and paths and git.same(given.root, revision, paths))
    document = {
        "revision": revision if clean else None,
        "target": target,
        "adapter": adapter,
        "aside": aside(given, key),
    }
    return json.dumps(document).encode()


def aside(given: Given, key: str) -> str:
    """A digest of what decides a parse and is in no file of the project: options, profile, installed packages."""
    options = {name: given.options.get(name) for name in ("profile", "target")}
    flags = {name: value for name, value in os.environ.items() if name.startswith("DBT_")}
    flags = {name: value for name, value in flags.items() if not name.startswith("DBT_ENV_SECRET")}
    folder = profiles.find(given.root, _folder(given))
    profile = (folder / profiles.FILE).read_text(encoding="utf-8")
    return keyed(key, [options, flags, profile, packages.content(given.root / packages.install_path(given.root))])


def inputs(given: Given) -> Iterator[str]:
    """The paths that dbt reads, relative to the project; none where they are not plain to see."""
    document = yaml.safe_load((given.root / FILES[0]).read_text(encoding="utf-8"))
    found = [*FILES, config.FILE]
    for key, usual in packages.PATHS.items():
        found += document.get(key) or document.get(key.replace("-", "_")) or ([usual] if usual else [])
    found += document.get("data-paths") or []
    found += document.get("osi-paths") or ["osi", "OSI"]
    folder = profiles.find(given.root, _folder(given))
    top = next((each for each in (given.root, *given.root.parents) if (each / ".git").exists()), given.root)
    if folder.is_relative_to(top):
        found.append(os.path.relpath(folder / profiles.FILE, given.root))
    return iter([] if any(not isinstance(each, str) or re.search(r"[{*?\[]", each) for each in found) else found)


def _installed(root: Path) -> Iterator[str]:
    """Where packages come from that this checkout holds itself: local ones, and those that are under version control.

    Of one from elsewhere the files that ask for it tell; a link or a copy whose origin is not plain yields a pattern,
    which is no path.
    """
    top = git.top(root).resolve()
    places = [each.resolve() for each in packages.local(root)]
    for path in packages.installed(root).values():
        if path.is_symlink():
            places.append(path.resolve())
        elif git.holds(root, os.path.relpath(path, root)):
            places.append(path)
    for place in places:
        yield os.path.relpath(place, root) if place.is_relative_to(top) else "*"


def _folder(given: Given) -> Path | None:
    named = given.options.get("profiles_dir")
    return Path(named) if named else None


def _output(given: Given, settings: config.Settings) -> dict[str, Any]:
    """Production's target, as it is written."""
    document = yaml.safe_load((given.root / FILES[0]).read_text(encoding="utf-8"))
    name = given.options.get("profile") or document.get("profile") or document["name"]
    profile = profiles.Profile.read(profiles.find(given.root, _folder(given)), str(name))
    target = given.options.get("target") or settings.production.target
    return profile.outputs[target or ("prod" if "prod" in profile.outputs else profile.default)]


def _alone(given: Given, settings: config.Settings) -> bool | None:
    """Whether production has no data here; None where the profile does not tell without being rendered."""
    output = _output(given, settings)
    if output["type"] != "duckdb":
        return False
    path = str(output["path"])
    return None if "{{" in path or "://" in path or path.startswith((":", "md:")) else not (given.root / path).exists()
