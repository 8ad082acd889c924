"""dbt profiles: where they are, which target is production, and copies of a target that point elsewhere.

A copy keeps the profile's text unrendered, so a secret read with `env_var` is never written to disk.
"""

from __future__ import annotations

import copy
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dataops.errors import SettingsError
from dataops.store.location import write_whole

FILE = "profiles.yml"


@dataclass(frozen=True)
class Target:
    """A dbt target: its name, and the folder whose `profiles.yml` defines it.

    `moves`: names of databases, each with the one in which nodes that name it are built under this target.
    """

    name: str
    profiles_dir: Path
    moves: tuple[tuple[str, str], ...] = ()


def find(project_dir: Path, chosen: Path | None) -> Path:
    """The folder that holds `profiles.yml`: `--profiles-dir`, DBT_PROFILES_DIR, the project, `profiles/`, `~/.dbt`.

    Raises:
        SettingsError: none of them has the file.
    """
    named = chosen or (Path(os.environ["DBT_PROFILES_DIR"]) if os.environ.get("DBT_PROFILES_DIR") else None)
    places = [named] if named else [project_dir, project_dir / "profiles", Path.home() / ".dbt"]
    for place in places:
        if (place / FILE).is_file():
            return place.resolve()
    raise SettingsError(
        f"no {FILE} in {', '.join(str(place) for place in places)}",
        "write one there, or name its folder with --profiles-dir",
    )


@dataclass(frozen=True)
class Profile:
    """One profile of `profiles.yml`, as written (not rendered)."""

    name: str
    folder: Path
    document: dict[str, Any]

    @classmethod
    def read(cls, folder: Path, name: str) -> Profile:
        """Read the profile `name` from `folder`.

        Raises:
            SettingsError: the file is not YAML, or has no such profile, or the profile has no outputs.
        """
        path = folder / FILE
        try:
            document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise SettingsError(f"{path} is not valid YAML: {error}", "mend the file") from error
        if not isinstance(document, dict) or name not in document:
            known = ", ".join(str(key) for key in document) if isinstance(document, dict) else "none"
            raise SettingsError(
                f"{path} has no profile `{name}` (it has: {known})",
                "add it, or name another one with --profile",
            )
        if not isinstance(document[name], dict) or not document[name].get("outputs"):
            raise SettingsError(f"{path}: profile `{name}` has no outputs", "add a target under `outputs:`")
        return cls(name, folder, document)

    @property
    def outputs(self) -> dict[str, dict[str, Any]]:
        """The targets of this profile by name."""
        outputs: dict[str, dict[str, Any]] = self.document[self.name]["outputs"]
        return outputs

    @property
    def default(self) -> str:
        """The target that dbt takes when none is named."""
        return str(self.document[self.name].get("target", "default"))

    def output(self, name: str) -> dict[str, Any]:
        """A target as it is written; nothing where the profile has none of that name."""
        found = self.outputs.get(name)
        return found if isinstance(found, dict) else {}

    def target(self, name: str) -> Target:
        """The target `name` of this profile.

        Raises:
            SettingsError: the profile has no such target.
        """
        if name not in self.outputs and "{{" not in name:
            raise SettingsError(
                f"profile `{self.name}` has no target `{name}` (it has: {', '.join(self.outputs)})",
                f"add it to {self.folder / FILE}, or name another one",
            )
        return Target(name, self.folder)

    def pointed(self, source: str, name: str, changes: dict[str, Any], folder: Path) -> Target:
        """Write into `folder` a copy of this profile in which target `name` is `source` with `changes`."""
        document = copy.deepcopy(self.document)
        document[self.name]["outputs"][name] = {**self.outputs[source], **changes}
        text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
        write_whole(folder / FILE, text.encode("utf-8"))
        return Target(name, folder.resolve())
