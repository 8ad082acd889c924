"""What a deploy did, as plain values."""

from __future__ import annotations

from dataclasses import dataclass

from dataops.project.outcome import Outcome
from dataops.record import Release


@dataclass(frozen=True)
class Deployed:
    """What a deploy did. `release` is None when something failed: production is then what it was.

    `forgotten`: releases whose databases were deleted to keep no more than the settings say.
    """

    outcome: Outcome
    release: Release | None
    superseded: str | None
    forgotten: tuple[str, ...] = ()
