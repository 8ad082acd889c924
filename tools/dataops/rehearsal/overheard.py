"""An engine in whose publications somebody takes part: to measure them, or to end the process in their midst."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from dataops.engines.engine import Candidate, Engine
from dataops.store.state import State


class Overheard:
    """An engine. `seconds`: how long its last publication took; `begins` is called when one does."""

    def __init__(self, engine: Engine, begins: Callable[[], None] = lambda: None) -> None:
        self._engine = engine
        self.begins = begins
        self.seconds = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def candidate(self, *words: Any) -> Any:
        """The engine's own, overheard as well."""
        return _Candidate(self._engine.candidate(*words), self)


class _Candidate:
    def __init__(self, candidate: Candidate, engine: Overheard) -> None:
        self._candidate = candidate
        self._engine = engine

    def __getattr__(self, name: str) -> Any:
        return getattr(self._candidate, name)

    def publish(self, state: State, release: str, superseded: str | None) -> None:
        self._engine.begins()
        begun = time.monotonic()
        self._candidate.publish(state, release, superseded)
        self._engine.seconds = time.monotonic() - begun
