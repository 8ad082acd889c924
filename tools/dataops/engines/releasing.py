"""An engine of a server that makes releases: what is the same wherever a session holds the lock."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Generic, Protocol, TypeVar

from dataops.engines.server import Server
from dataops.engines.values import Aftermath
from dataops.errors import DataopsError
from dataops.project.session import Project
from dataops.project.targets import Targets
from dataops.store.state import State


class Tidied(Protocol):
    """The releases of one production."""

    def tidy(self) -> None:
        """Drop what was built and not published."""


class Watching(Protocol):
    """The next release."""

    def changed(self) -> Sequence[str]:
        """What of production somebody wrote to since it began."""


StoreT = TypeVar("StoreT", bound=Tidied)
CandidateT = TypeVar("CandidateT", bound=Watching)


class Releasing(Server, ABC, Generic[StoreT, CandidateT]):
    """Within `held` it has a store, and once a release is begun a candidate."""

    def __init__(self, project: Project, targets: Targets) -> None:
        super().__init__(project, targets)
        self._store: StoreT | None = None
        self._candidate: CandidateT | None = None

    @abstractmethod
    def held(self) -> AbstractContextManager[None]:
        """Keep others out, and have a store."""

    @abstractmethod
    def settle(self, state: State) -> None:
        """Let production and its state agree."""

    def settle_if_idle(self, state: State) -> None:
        """As `settle`, where the state says that a publication was begun and not that it ended."""
        with contextlib.suppress(DataopsError):
            if state.announced():
                with self.held():
                    self.settle(state)

    def discard(self) -> None:
        """Drop what was built and not published."""
        if self._store is not None:
            with contextlib.suppress(DataopsError):
                self._store.tidy()

    def watch(self) -> Watch:
        """The candidate itself looks at production, when it copies."""
        return Watch(lambda: self._candidate)

    @property
    def _held(self) -> StoreT:
        if self._store is None:
            raise AssertionError("asked outside `held`")
        return self._store


class Watch:
    """Production's relations since the next release began."""

    def __init__(self, candidate: Callable[[], Watching | None]) -> None:
        self._candidate = candidate

    def aftermath(self, unseen: Iterable[str]) -> Aftermath:
        """What became of them, as the candidate sees it."""
        names = tuple(each.split(".", 2)[-1] for each in unseen)
        candidate = self._candidate()
        changed = tuple(candidate.changed()) if candidate is not None else ()
        return Aftermath(changed, names, "relations of the project")
