"""What a release can hold, and what it cannot: said before anything is built."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dataops.engines.duckdb.targets import FileTargets
from dataops.errors import SettingsError
from dataops.project import writes
from dataops.project.session import Project


def attached(manifest: Any, targets: FileTargets) -> dict[str, Path]:
    """The attached databases, by name, that the project builds in or its hooks write to: they are part of a release."""
    files = {each.name: each.file for each in targets.attached if each.file is not None}
    hooks = writes.databases_of_hooks(manifest, list(manifest.nodes), files)
    built = writes.databases_of_nodes(manifest)
    return {name: file for name, file in files.items() if name in hooks or name.lower() in built}


def refusals(project: Project, targets: FileTargets, manifest: Any) -> Iterator[SettingsError]:
    """Whatever the project writes that a release could not build beside production, or could not take back."""
    for uid, plugin in writes.handed_on(manifest).items():
        yield SettingsError(
            f"{_short(uid)} is handed to the plugin `{plugin}` when it is built, and no release can take that back",
            "hand it on in a step of its own, after `dataops deploy` has ended well",
        )
    root = str(project.credentials(targets.production).external_root)
    for uid, location in writes.exported_far(manifest, root).items():
        yield SettingsError(
            f"{_short(uid)} is exported to {location}, and no release can take back what it wrote there",
            f"export it after the release: `dataops export {_short(uid)} --to {location.rsplit('/', 1)[0]}`",
        )
    own = {targets.name.lower(), *(each.name.lower() for each in targets.attached if each.file is not None)}
    for name, uid in writes.databases_of_nodes(manifest).items():
        if name not in own:
            yield SettingsError(
                f"{_short(uid)} is built in the database `{name}`, which is no DuckDB file and cannot be replaced",
                "build it in production's own file, or attach a DuckDB file for it in the profile",
            )


def _short(unique_id: str) -> str:
    return unique_id.split(".", 2)[-1]
