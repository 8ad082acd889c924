"""What a build beside production did and made, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dataops.project.outcome import Outcome
from dataops.project.shape import Shape


@dataclass(frozen=True)
class Compared:
    """A relation that the change built, beside production's. None: that side does not exist."""

    unique_id: str
    relation: str
    before: Shape | None
    after: Shape | None


@dataclass(frozen=True)
class Built:
    """What the build did, and what it made. `copied`: nodes that started from a copy of production's table.

    `failing`: by unique id, the SQL of the tests that failed or warned, as it ran.
    """

    outcome: Outcome
    compared: tuple[Compared, ...]
    copied: tuple[str, ...]
    failing: Mapping[str, str] = field(default_factory=dict)
