"""What the project's rules make of a difference, as plain values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Intended:
    """An acknowledgement in the branch: a change of `model` that is meant. `columns` empty: the whole model.

    `expires`: a date, ISO 8601; `file` and `line` say where it is written.
    """

    model: str
    columns: tuple[str, ...]
    reason: str
    expires: str
    file: str
    line: int


@dataclass(frozen=True)
class Ruling:
    """One rule held against one model or one of its columns.

    `rule` is the rule's name; `column` empty: the rows. `broken` is decisive unless `intended` acknowledges it.
    `message` says what was found and what is allowed. `blocking`: whether a broken rule makes the change not ready.
    """

    rule: str
    unique_id: str
    column: str
    message: str
    broken: bool
    blocking: bool = True
    intended: Intended | None = None

    @property
    def blocks(self) -> bool:
        """Whether this stands in the change's way."""
        return self.broken and self.blocking and self.intended is None
