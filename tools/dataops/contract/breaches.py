"""What a change takes of what contracts promised, as plain values that need no dbt to be read."""

from __future__ import annotations

from dataclasses import dataclass

VERSION = 1
"""Version of the JSON."""

_VERSION_IT = "give the model a new version under `versions:`, and leave this one as it is until its `deprecation_date`"
MEND = {
    "column removed": _VERSION_IT,
    "column renamed": _VERSION_IT,
    "type narrowed": _VERSION_IT,
    "type changed": _VERSION_IT,
    "constraint dropped": _VERSION_IT,
    "contract dropped": "set `contract: {enforced: true}` again, or end the model by a `deprecation_date` first",
    "access narrowed": "set `access: public` again, or end the model by a `deprecation_date` first",
    "model removed": "keep it, with a `deprecation_date`, until that day",
    "end moved": "let its readers have the time that they were given",
    "personal column shown": "take the column out, declare how it is made harmless (`meta: {deidentified: …}`) or "
    "masked (`column_mask`, `policy_tags`, `meta: {masking_policy: …}`), or say why it may be seen under `skip_checks`",
}
"""Each kind of breach, and what to do about it."""


@dataclass(frozen=True)
class Breach:
    """A promise that is not kept. `kind` is one of `MEND`; `column` empty: the model. `line` counts from 1, 0: unknown.

    `intended`: what an acknowledgement of the branch says of it; it then stands in nobody's way.
    """

    kind: str
    unique_id: str
    column: str
    message: str
    file: str
    line: int
    intended: str = ""

    @property
    def mend(self) -> str:
        """What to do about it."""
        return MEND[self.kind]


@dataclass(frozen=True)
class Amendment:
    """A change of a contract that takes nothing of what was promised, and in which way it does not."""

    unique_id: str
    column: str
    message: str


@dataclass(frozen=True)
class Kept:
    """What became of contracts. `contracts`: those of the base that the change touches.

    `public`: the public models that were searched for personal columns. `against` is the base, in words. `unread`: why
    it could not be read; then nothing is known of what was promised.
    """

    contracts: int = 0
    public: int = 0
    breaches: tuple[Breach, ...] = ()
    amendments: tuple[Amendment, ...] = ()
    against: str = ""
    unread: str = ""

    @property
    def failures(self) -> tuple[Breach, ...]:
        """Breaches that nobody says are meant."""
        return tuple(each for each in self.breaches if not each.intended)
