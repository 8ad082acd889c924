"""What tasks are given: a project and how commands run on it, what of it is chosen; and how a task fails."""

from __future__ import annotations

from dataclasses import dataclass, field


class DataopsError(Exception):
    """A command did not end well; what it said in the end."""


class HeldError(DataopsError):
    """A release was made, and a pause holds some of it back. To try again would release the same."""


@dataclass(frozen=True)
class Project:
    """A dbt project, and how commands are run on it.

    `environment`: the virtual environment that has `dataops`, else the one on the PATH. `env`: variables for the
    commands, added to the worker's. Commands of one project wait for each other, unless `lock` is false.
    `grace_seconds`: how long a command that is to stop may take for it.
    """

    project_dir: str
    environment: str | None = None
    profiles_dir: str | None = None
    profile: str | None = None
    target: str | None = None
    vars: str | None = None
    threads: int | None = None
    env: dict[str, str] = field(default_factory=dict)
    lock: bool = True
    grace_seconds: float = 5.0

    def options(self) -> list[str]:
        """Dbt's options, as words."""
        given = {
            "--profiles-dir": self.profiles_dir,
            "--profile": self.profile,
            "--target": self.target,
            "--vars": self.vars,
            "--threads": self.threads,
        }
        return [word for name, value in given.items() if value is not None for word in (name, str(value))]


@dataclass(frozen=True)
class Choice:
    """What of a project is built, or asked, in dbt's selection syntax."""

    select: str | None = None
    exclude: str | None = None
    selector: str | None = None

    def options(self) -> list[str]:
        """As words."""
        given = {"--select": self.select, "--exclude": self.exclude}
        words = [word for name, value in given.items() if value for each in value.split() for word in (name, each)]
        return words + (["--selector", self.selector] if self.selector else [])
