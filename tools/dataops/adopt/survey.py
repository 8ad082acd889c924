"""What was found of a project that is to be adopted, as plain values."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from dataops.project.versions import Requirement

PROJECT = "dbt_project.yml"


@dataclass(frozen=True)
class Survey:
    """One dbt project in a git checkout, as far as its files tell.

    `adapter`: the type of production's target, None where no profile tells. `missing`: why there is no profile here.
    `variables`: names of environment variables that the profile or the project asks for and has no default for.
    `nearby`: a folder of the checkout whose profiles.yml has the profile, where dbt does not look for it. `lint`: the
    file that holds sqlfluff's settings. `requires`: which dbt the project takes. `service`: the CI system that files or
    the remote speak for. `folders`: where dbt reads, `sql` the files of it that sqlfluff can read.
    """

    root: Path
    top: Path
    name: str
    profile: str
    adapter: str | None
    targets: tuple[str, ...]
    production: str | None
    database: str | None
    databases: tuple[str, ...]
    profiles_dir: Path | None
    missing: str
    nearby: Path | None
    variables: tuple[str, ...]
    packages: bool
    lint: Path | None
    service: str | None
    branch: str
    local: bool
    versions: Mapping[str, str | None]
    requires: Requirement
    folders: tuple[str, ...]
    sql: tuple[Path, ...]

    @property
    def fits(self) -> bool:
        """Whether the project takes the dbt that is installed here, or no other that is supported."""
        installed = self.versions["dbt-core"]
        return installed is None or self.requires.takes(installed) or not self.requires.possible()

    @property
    def installs(self) -> tuple[str, ...]:
        """What a job installs: what is installed here, unless the project asks for another dbt."""
        if self.fits:
            return tuple(f"{name}=={version}" if version else name for name, version in self.versions.items())
        ours, *adapters = (name for name in self.versions if name != "dbt-core")
        own = f"{ours}=={self.versions[ours]}" if self.versions[ours] else ours
        # Which of an adapter's versions fits that dbt is pip's to find.
        return own, self.requires.wanted(), *adapters

    @property
    def inside(self) -> str:
        """The project's folder, relative to the checkout's top, as POSIX; `.` where they are the same."""
        return self.root.relative_to(self.top).as_posix()

    @property
    def base(self) -> str:
        """What `--base` takes in this checkout: the default branch, or the remote's where it is not checked out."""
        return self.branch if self.local else f"origin/{self.branch}"

    @property
    def database_here(self) -> str:
        """Production's file, relative to the project, where production is a file that lies in it; else ""."""
        return self._here(self.database or "")

    @property
    def databases_here(self) -> tuple[str, ...]:
        """The same of all targets."""
        return tuple(filter(None, map(self._here, self.databases)))

    def _here(self, path: str) -> str:
        plain = path and "{{" not in path and ":" not in path and not path.startswith(("/", "~"))
        inside = plain and (self.root / path).resolve().is_relative_to(self.root)
        return PurePosixPath(os.path.normpath(path)).as_posix() if inside else ""

    @property
    def profile_is_shared(self) -> bool:
        """Whether profiles.yml is in the checkout, so that a job has it too."""
        return self.profiles_dir is not None and self.profiles_dir.is_relative_to(self.top)
