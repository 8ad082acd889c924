"""DuckDB databases that a target names: where their files are, what SQL calls them, what it attaches and how."""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.contracts.graph.manifest import Manifest

from dataops.errors import SettingsError
from dataops.project.graph import functions

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
"""`md:`, `ducklake:`, `s3://`, `file:`: not a drive of Windows, which has one letter."""

_TAKEN = frozenset({"temp", "system", "main"})
"""Names that DuckDB gives to no file."""


@dataclass(frozen=True)
class Attached:
    """A database that a target attaches. `file`: where it is, if it is a DuckDB file on a disk."""

    name: str
    path: str
    file: Path | None


def is_remote(path: str) -> bool:
    """Whether a path is a URL or names an extension of DuckDB, and no file."""
    return _SCHEME.match(path) is not None


def is_lake(credentials: Any) -> bool:
    """Whether a target builds in a DuckLake: a catalog and files of data, and no DuckDB file."""
    paths = {str(credentials.path): credentials.is_ducklake}
    for each in credentials.attach or ():
        if each.alias == credentials.database:
            paths[str(each.path)] = getattr(each, "is_ducklake", None)
    return any(told or path.lower().startswith("ducklake:") for path, told in paths.items())


def on_disk(root: Path, path: str, options: Mapping[str, Any] | None = None) -> Path:
    """Where DuckDB finds a file: `~` is the home folder, and what is relative lies in the project's."""
    if path.startswith("~"):
        home = str((options or {}).get("home_directory") or os.environ.get("HOME") or Path.home())
        return Path(home + path[1:])
    return root / path


def production_file(root: Path, target: str, credentials: Any) -> tuple[Path, str]:
    """The file of a target and what SQL calls it.

    Raises:
        SettingsError: it is no file, or one whose name dbt-duckdb or DuckDB cannot work with.
    """
    path = str(credentials.path)
    if not path or path.startswith(":memory:") or is_remote(path) or credentials.remote or credentials.is_ducklake:
        raise SettingsError(
            f"target `{target}` is {path or 'in memory'}, not a DuckDB file",
            "give it a `path:` on disk, or name another target in dataops.yml",
        )
    name = DuckDBCredentials.path_derived_database_name(path)
    place = on_disk(root, path, credentials.config_options)
    own = place.name.lstrip(".").split(".")[0]
    if str(credentials.database) != name:
        raise SettingsError(
            f"target `{target}` builds in the database `{credentials.database}`, which it attaches, not in {path}",
            "make that database the target's `path:`, and attach the other",
        )
    if name != own or not own or own.lower() in _TAKEN or set(own) & set("\"'"):
        raise SettingsError(
            f"dbt cannot work with a DuckDB file called {place.name}: its name is no name of a database",
            "rename it: letters, digits, spaces, `-` and `_` before the first dot, and not `temp`, `system` or `main`",
        )
    return place, name


def attached(root: Path, credentials: Any) -> tuple[Attached, ...]:
    """What a target attaches, in its order."""
    found = []
    for each in credentials.attach or ():
        kind = str(each.type or (each.options or {}).get("type") or (each.options or {}).get("TYPE") or "duckdb")
        path = str(each.path)
        alias = str(each.alias).strip('"') if each.alias else DuckDBCredentials.path_derived_database_name(path)
        local = kind.lower() == "duckdb" and path and not path.startswith(":memory:") and not is_remote(path)
        file = on_disk(root, path, credentials.config_options) if local else None
        found.append(Attached(alias, path, file))
    return tuple(found)


def move(manifest: Manifest, moves: Sequence[tuple[str, str]]) -> None:
    """Let nodes that would be built in a database of production's be built in the change's own instead."""
    homes = {old.lower(): new for old, new in moves}
    for node in (*manifest.nodes.values(), *functions(manifest).values()) if homes else ():
        old = str(node.database or "")
        if old.lower() in homes:
            node.database = homes[old.lower()]
            if node.relation_name:
                node.relation_name = node.relation_name.replace(old, homes[old.lower()], 1)


def entry(path: Path, name: str, read_only: bool) -> dict[str, Any]:
    """An entry of `attach:`. dbt-duckdb writes the alias into SQL as it is, so it comes in quotes."""
    quoted = '"' + name.replace('"', '""') + '"'
    return {"path": str(path), "alias": quoted, **({"read_only": True} if read_only else {})}


def attachments(
    written: object, found: Sequence[Attached], copies: Mapping[str, Path], writable: frozenset[str] = frozenset()
) -> list[Any]:
    """`attach:` as `written` in a profile, so that nothing in it can be written to but `copies` and the `writable`.

    `found` is the same rendered. What is not there yet is left out: only who may write can make it.

    Raises:
        SettingsError: `attach:` is no list, so that its entries cannot be told apart.
    """
    if not found:
        return []
    if not isinstance(written, list) or len(written) != len(found):
        raise SettingsError(
            "`attach:` of the profile is not a list, so its databases cannot be opened for reading only",
            "write each database as an entry of its own; Jinja is fine within an entry",
        )
    made: list[Any] = []
    for raw, each in zip(written, found, strict=True):
        if each.name in copies:
            made.append(entry(copies[each.name], each.name, read_only=False))
        elif each.name in writable or each.path.startswith(":memory:"):
            made.append(raw)
        elif each.file is None or each.file.exists():
            made.append(_read_only(raw))
    return made


def _read_only(raw: Mapping[str, Any]) -> dict[str, Any]:
    changed = copy.deepcopy(dict(raw))
    options = changed.get("options") or {}
    if any(str(key).lower() == "read_only" for key in options):
        changed["options"] = {key: True if str(key).lower() == "read_only" else value for key, value in options.items()}
    else:
        changed["read_only"] = True
    return changed
