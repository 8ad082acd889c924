"""What engines answer, as plain values: no warehouse's library is needed to read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Atomicity = Literal["all at once", "relation by relation", "no releases"]
"""What readers can see of a publication: one release, or for a moment a part of each of two."""

Trial = Literal["tried for real", "compiled only", "not tried"]
"""How far an engine's promises were put to the test by this project's own suite."""


@dataclass(frozen=True)
class Capabilities:
    """What holds on an engine, in words that `doctor` prints and `docs/engines.md` lists.

    `copies`: what a candidate takes over of production before it is built; `readers`: what becomes of whoever reads
    while a release is published; `lock`: what keeps a second deploy out; `besides`: what is published with the
    relations and how; `workspace`: where `ci` builds a change; `exports`: whether `dataops export` works;
    `reopens`: whether a release that failed can be gone on with, in which a statement that fails leaves nothing.
    """

    engine: str
    atomic: Atomicity
    copies: str
    readers: str
    lock: str
    workspace: str
    trial: Trial
    besides: str = "nothing"
    exports: bool = False
    reopens: bool = False

    @property
    def sentence(self) -> str:
        """One line of it."""
        if self.atomic == "no releases":
            return f"{self.engine}: no releases; pull requests are built in {self.workspace}"
        return f"{self.engine}: released {self.atomic}, {self.trial}; lock: {self.lock}; copies {self.copies}"


@dataclass(frozen=True)
class Aftermath:
    """What became of production while nothing was released.

    `changed`: what was written to meanwhile; `unseen`: Python models, which can write unseen; `watched`: what was
    looked at before and after.
    """

    changed: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    watched: str = "relations"

    @property
    def sentence(self) -> str:
        """No more than what was looked at."""
        if self.changed:
            return f"{', '.join(self.changed)} was written to meanwhile, and not by the build that was refused"
        if self.unseen:
            return (
                f"production's {self.watched} are untouched, and what the Python code of "
                f"{', '.join(self.unseen)} does elsewhere is not watched"
            )
        return "production is untouched"


@dataclass(frozen=True)
class Note:
    """Something about a release that `doctor` prints beside `subject`."""

    subject: str
    text: str


@dataclass(frozen=True)
class Column:
    """A column as exported. `earliest` and `latest` are given for dates and times that are not tagged as personal."""

    name: str
    type: str
    description: str
    blank_rows: int
    earliest: str | None
    latest: str | None


@dataclass(frozen=True)
class Extract:
    """One relation as written to a Parquet file.

    `content`: a digest of names, types and rows in which the order of rows does not show; `written_by`: the program
    and its version, which show in the file's bytes.
    """

    columns: tuple[Column, ...]
    rows: int
    content: str
    written_by: str


@dataclass(frozen=True)
class Attire:
    """Something that a relation wears and that is not the project's, such as a comment.

    `put`: the SQL that puts it on; `ask`: a query whose rows tell of it. `{}` stands for the relation in both,
    `{schema}` and `{name}` for the texts that it is made of.
    """

    what: str
    put: str
    ask: str


@dataclass(frozen=True)
class Stand:
    """Where a rehearsal has a production of its own, beside that of a target.

    `changes`: what differs in the target's output; `reading`: what differs besides for whoever only reads it;
    `attire`: what a publication must not take off a relation, where relations wear anything here.
    """

    changes: Mapping[str, Any]
    reading: Mapping[str, Any] = field(default_factory=dict)
    attire: tuple[Attire, ...] = ()
