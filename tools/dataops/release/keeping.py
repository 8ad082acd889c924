"""How many releases are kept to go back to."""

from __future__ import annotations

from dataops.config import Settings
from dataops.engines.engine import Engine
from dataops.errors import StateError
from dataops.store.state import State


def forget(settings: Settings, state: State, engine: Engine) -> tuple[str, ...]:
    """Keep no more releases than the settings say; all of them while a damaged record leaves their order unknown."""
    try:
        return tuple(engine.forget(settings.releases.keep, [each.id for each in state.releases()]))
    except StateError:
        return ()
