"""The packages of an earlier revision, laid out beside it from what is at hand; nothing is fetched.

An installed package is under no version control. What stands for the earlier one is, in this order: what that revision
holds itself (vendored), the folder in it that a local package or a link names, and the copy installed here, as long as
both revisions ask for the same. Any other is `unknown`: its copy here only lets dbt parse, and proves nothing.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from dataops.errors import ProjectError

USUAL = "dbt_packages"
PATHS = {
    "model-paths": "models",
    "seed-paths": "seeds",
    "macro-paths": "macros",
    "test-paths": "tests",
    "snapshot-paths": "snapshots",
    "analysis-paths": "analyses",
    "function-paths": "functions",
    "docs-paths": "",
}
"""Settings of dbt_project.yml that say in which folders dbt reads, with the usual one."""

_DECLARED = ("packages.yml", "dependencies.yml")
_LOCK = "package-lock.yml"
_SOURCES = ("local", "package", "git", "tarball", "private")


@dataclass(frozen=True)
class Side:
    """One revision of a project on disk: `root` has its dbt_project.yml, `top` is the checkout around it."""

    root: Path
    top: Path

    @property
    def folder(self) -> Path:
        """Where its packages are installed."""
        return self.root / install_path(self.root)


def install_path(root: Path) -> str:
    """The folder of installed packages, relative to the project."""
    document = _read(root / "dbt_project.yml")
    written = document.get("packages-install-path") or document.get("packages_install_path")
    return _rendered(str(written)) if written else USUAL


def _rendered(written: str) -> str:
    if "{{" not in written:
        return written
    # Only dbt knows what its Jinja means here, and only this rare setting is worth loading it for.
    from dbt.config.renderer import DbtProjectYamlRenderer
    from dbt_common.clients.system import get_env
    from dbt_common.context import set_invocation_context
    from dbt_common.exceptions import DbtBaseException

    set_invocation_context(get_env())
    try:
        return str(DbtProjectYamlRenderer(None, {}).render_value(written, ("packages-install-path",)))
    except DbtBaseException as error:
        raise ProjectError(
            f"packages-install-path: {error}", "set what it asks for, or write a folder's name"
        ) from error


def installed(root: Path) -> dict[str, Path]:
    """The folders of a project's installed packages, as dbt looks for them, by name."""
    folder = root / install_path(root)
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return {path.name: path for path in found if path.is_dir() and not path.name.startswith("__")}


def local(root: Path) -> list[Path]:
    """The folders of the local packages that a project asks for, directly or through one another."""
    found: list[Path] = []
    pending = [root]
    while pending:
        for entry in _declared(pending.pop()):
            place = root / str(entry.get("local") or ".")
            if entry.get("local") and place not in found:
                found.append(place)
                pending.append(place)
    return found


def lay_out(here: Side, earlier: Side) -> dict[str, str]:
    """Give `earlier` its packages. By name, those of which its own version is not at hand, with that in words."""
    return _Provision(here, earlier).made()


@dataclass
class _Provision:
    here: Side
    earlier: Side
    unknown: dict[str, str] = field(default_factory=dict)

    def made(self) -> dict[str, str]:
        for place in local(self.earlier.root):
            self._local(place)
        locked = all((side.root / _LOCK).is_file() for side in (self.earlier, self.here))
        asked, now = (_asked(side.root, locked) for side in (self.earlier, self.here))
        same = asked == now
        added = {_name(place) for place in local(self.here.root)} - {_name(place) for place in local(self.earlier.root)}
        for name, path in installed(self.here.root).items():
            if self._present(name) or name in added:
                continue
            within = _within(path, self.here.top) if path.is_symlink() else None
            if within is not None and (self.earlier.top / within).is_dir():
                self._link(name, self.earlier.top / within)
            elif within is None and (same or name in asked or name not in now):
                # Neither side names it: another package asks for it.
                self._link(name, path.resolve())
                if path.is_symlink():
                    self.unknown[name] = f"{name}, which lies outside this repository"
                elif (not same or not asked) and (name not in asked or asked[name] != now.get(name)):
                    self.unknown[name] = _between(name, asked.get(name), now.get(name))
        there = installed(self.earlier.root).keys()
        for name in asked.keys() - now.keys() - there:
            self.unknown[name] = f"{name}, which is not installed here"
        self._lock(sorted(there))
        return self.unknown

    def _lock(self, names: list[str]) -> None:
        """Name what is laid out as dbt's lock does, where the lock is another or in no revision.

        From 1.12 on dbt parses nothing if more is installed than its lock, or packages.yml, asks for.
        """
        root = self.earlier.root
        locked = [*_entries(_read(root / _LOCK))] or [*_declared(root)]
        if len(locked) != len(names):
            entries = [{"local": f"{install_path(root)}/{name}", "name": name} for name in names]
            (root / _LOCK).write_text(yaml.safe_dump({"packages": entries}), encoding="utf-8")

    def _local(self, place: Path) -> None:
        name = _name(place)
        if name is None:
            within = Path(os.path.relpath(place, self.earlier.root))
            name = _name(self.here.root / within)
            if name is not None and not self._present(name):
                # Its path leads out of the checkout: there is only the one version.
                self._link(name, (self.here.root / within).resolve())
                self.unknown[name] = f"{name}, which lies outside this repository"
        elif not self._present(name):
            self._link(name, place.resolve())
            if _within(place, self.earlier.top) is None:
                self.unknown[name] = f"{name}, which lies outside this repository"

    def _present(self, name: str) -> bool:
        """Whether the earlier revision has a package of its own; a link in it may lead back to this checkout."""
        place = self.earlier.folder / name
        own = not place.is_symlink() or _within(place, self.earlier.top) is not None
        return own and (place / "dbt_project.yml").is_file()

    def _link(self, name: str, target: Path) -> None:
        place = self.earlier.folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.is_symlink() or place.is_file():
            place.unlink()
        elif place.is_dir():
            shutil.rmtree(place)
        try:
            place.symlink_to(target, target_is_directory=True)
        except OSError:
            # As dbt itself does where links are not allowed.
            shutil.copytree(target, place, symlinks=True)


def _asked(root: Path, locked: bool) -> dict[str, dict[str, Any]]:
    """What a project asks for, but for local packages, by the package's name; what is locked says it best."""
    entries = [
        *(each for place in (root, *local(root)) for each in _declared(place)),
        *(_entries(_read(root / _LOCK)) if locked else ()),
    ]
    return {_called(entry): entry for entry in entries if "local" not in entry}


def _called(entry: dict[str, Any]) -> str:
    source = str(next((entry[key] for key in _SOURCES if key in entry), ""))
    return str(entry.get("name") or source.rstrip("/").rsplit("/", 1)[-1].removesuffix(".git"))


def _between(name: str, before: dict[str, Any] | None, after: dict[str, Any] | None) -> str:
    old, new = (str((each or {}).get("version") or (each or {}).get("revision") or "") for each in (before, after))
    return f"{name} {old} -> {new}" if old and new and old != new else f"{name}, whose earlier version is not known"


def _declared(root: Path) -> Iterator[dict[str, Any]]:
    for file in _DECLARED:
        yield from _entries(_read(root / file))


def _entries(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    written = document.get("packages")
    yield from (each for each in written if isinstance(each, dict)) if isinstance(written, list) else ()


def _name(place: Path) -> str | None:
    name = _read(place / "dbt_project.yml").get("name")
    return str(name) if name else None


def _within(place: Path, top: Path) -> Path | None:
    """Where a folder lies in a checkout, links followed; None outside."""
    found = place.resolve()
    return found.relative_to(top.resolve()) if found.is_relative_to(top.resolve()) else None


def document(root: Path) -> dict[str, Any]:
    """A project's dbt_project.yml; nothing where it cannot be read, which dbt tells."""
    return _read(root / "dbt_project.yml")


def digest(root: Path) -> str:
    """A digest of all installed packages and of what asks for them: little of it is under version control."""
    found = hashlib.blake2b(digest_size=16)
    for place in (root, *local(root)):
        for name in (*_DECLARED, _LOCK):
            file = place / name
            found.update(file.read_bytes() if file.is_file() else b"")
            found.update(b"\0")
    found.update(content(root / install_path(root)).encode())
    for name, place in installed(root).items():
        found.update(f"{name}\0{place.readlink() if place.is_symlink() else ''}\0".encode())
    return found.hexdigest()


def content(folder: Path) -> str:
    """A digest of all files of the packages that are installed in `folder`."""
    found = hashlib.blake2b(digest_size=16)
    seen: set[str] = set()
    for place, folders, files in os.walk(folder, followlinks=True):
        # What a package writes lies at its top; deeper down the same names may be folders of models.
        written = (".git", "target", "logs", USUAL) if Path(place).parent == folder else (".git",)
        real = {name: os.path.realpath(Path(place, name)) for name in sorted(folders) if name not in written}
        folders[:] = [name for name, path in real.items() if path not in seen]
        seen.update(real.values())
        for name in sorted(files):
            path = Path(place, name)
            found.update(f"{path.relative_to(folder)}\0".encode())
            found.update(hashlib.blake2b(path.read_bytes(), digest_size=16).digest())
    return found.hexdigest()


def _read(file: Path) -> dict[str, Any]:
    """A YAML mapping; nothing where there is none. What is wrong with a file is dbt's to say."""
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return {}
    return document if isinstance(document, dict) else {}
