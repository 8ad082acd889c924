"""A warehouse without an engine: everything but releases works there, and those are refused in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NoReturn

from dataops.engines.adapters import REFUSED
from dataops.engines.engine import Candidate, Watch
from dataops.engines.server import Server
from dataops.engines.values import Capabilities, Extract, Note
from dataops.errors import DataopsError, SettingsError
from dataops.project.session import Project
from dataops.project.slices import Place
from dataops.project.targets import Targets
from dataops.store.state import State


class Unsupported(Server):
    """The engine of whatever has none. `kind`: what it is, by the adapter's name where that says it."""

    def __init__(self, project: Project, targets: Targets, kind: str) -> None:
        super().__init__(project, targets)
        self._name, self._why = REFUSED.get(kind, (kind, "docs/engines.md lists the engines that there are"))
        self._expected = kind in REFUSED

    @property
    def capabilities(self) -> Capabilities:
        """Nothing but pull requests."""
        return Capabilities(
            engine=self._name,
            atomic="no releases",
            copies="",
            readers="",
            lock="",
            workspace="a schema of the pull requests' target",
            trial="not tried",
        )

    @property
    def production(self) -> str:
        """Production as errors name it."""
        return f"production on {self._name}"

    def ensure_releases(self) -> NoReturn:
        """Refuse.

        Raises:
            SettingsError: always.
        """
        raise SettingsError(
            f"no engine makes releases on {self._name}: {self._why}",
            "release with `dataops build`, which leaves out what is paused; `plan`, `lint` and `ci` work here",
        )

    def notes(self, manifest: Any) -> Iterator[Note]:
        """Why there are no releases, where one might expect some."""
        if self._expected:
            then = "`dataops build` builds in place, and leaves out what is paused"
            yield Note("deploy", f"refuses: {self._why}; {then}")

    def refusals(self, manifest: Any) -> Iterator[DataopsError]:
        """No release, so nothing that one could not hold."""
        return iter(())

    def settle_if_idle(self, state: State) -> None:
        """No publication was interrupted where none was begun."""

    def discard(self) -> None:
        """Nothing was built."""

    def held(self) -> AbstractContextManager[None]:
        """Refuse."""
        self.ensure_releases()

    def settle(self, state: State) -> None:
        """Refuse."""
        self.ensure_releases()

    def watch(self) -> Watch:
        """Refuse."""
        self.ensure_releases()

    def candidate(self, manifest: Any, keep: Mapping[str, Place], full_refresh: bool) -> Candidate:
        """Refuse."""
        self.ensure_releases()

    def reopen(self, release: str, manifest: Any) -> Candidate:
        """Refuse."""
        self.ensure_releases()

    def waiting(self) -> str | None:
        """Refuse."""
        self.ensure_releases()

    def publish_waiting(self, state: State, release: str, superseded: str | None) -> None:
        """Refuse."""
        self.ensure_releases()

    def drop_waiting(self) -> None:
        """Refuse."""
        self.ensure_releases()

    def restore(self, state: State, release: str, superseded: str) -> None:
        """Refuse."""
        self.ensure_releases()

    def retained(self) -> set[str]:
        """Refuse."""
        self.ensure_releases()

    def forget(self, keep: int, order: Sequence[str]) -> list[str]:
        """Refuse."""
        self.ensure_releases()

    def holds(self, release: str) -> bool:
        """Refuse."""
        self.ensure_releases()

    def export(self, place: Place, file: Path, described: Mapping[str, str], personal: set[str]) -> Extract:
        """Refuse."""
        self.ensure_releases()
