"""The plan: every changed node with its reasons, every node to run or skip with its why. Plain values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from dataops.project.difference import Break, Change

VERSION = 1
"""Version of the plan's JSON."""

EMPTY = "its file is empty, and dbt does nothing for it"


@dataclass(frozen=True)
class Decision:
    """A node that runs, or does not, and why, in words for a reviewer."""

    unique_id: str
    why: str


@dataclass(frozen=True)
class Plan:
    """The whole plan. `run` and `skipped` hold models, seeds, snapshots, tests and unit tests; `exposures` are names.

    `full_parse` tells why dbt had to read every file, None when it did not. `alone` is true when there is no
    production data to read, so that unchanged parents run too. `breaking`: readers of columns that are gone or retyped,
    or may be. `toolchain`: versions that differ, in words. `parsed` is false where dbt was not needed to see that
    nothing changed. `unread`: why the base could not be read, so that everything counts as changed. `inlined`: what of
    `run` is ephemeral, a part of what reads it. `empty`: changed nodes whose file holds nothing.
    """

    base_kind: str
    base_name: str
    changes: tuple[Change, ...]
    run: tuple[Decision, ...]
    skipped: tuple[Decision, ...]
    exposures: tuple[str, ...]
    full_parse: str | None
    alone: bool
    breaking: tuple[Break, ...] = ()
    toolchain: tuple[str, ...] = ()
    parsed: bool = True
    unread: str = ""
    inlined: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()

    @property
    def answering(self) -> frozenset[str]:
        """What dbt has to give a result for."""
        return frozenset(each.unique_id for each in self.run).difference(self.inlined)

    @property
    def broken(self) -> tuple[Break, ...]:
        """Readers that are sure to break."""
        return tuple(each for each in self.breaking if each.doubt is None)

    @property
    def doubtful(self) -> tuple[Break, ...]:
        """Readers that may break."""
        return tuple(each for each in self.breaking if each.doubt is not None)

    @property
    def removed(self) -> tuple[Change, ...]:
        """Nodes that the base has and the change has not."""
        return tuple(change for change in self.changes if change.kind == "removed")


@dataclass(frozen=True)
class Story:
    """`reads`: each kind of input with its names. `differs`: inputs that differ. `above`: how each parent differs."""

    unique_id: str
    file: str
    runs: bool
    why: str
    reads: tuple[tuple[str, tuple[str, ...]], ...]
    differs: tuple[str, ...]
    meaning: str
    above: tuple[tuple[str, str], ...]


def kind_of(unique_id: str) -> str:
    """`model`, `test`, …: the first word of a unique id."""
    return unique_id.split(".", 1)[0]


def called(unique_ids: Iterable[str]) -> dict[str, str]:
    """Each by its short name; with its package where several share one."""
    every = dict.fromkeys(unique_ids)
    shared = Counter(short(each) for each in every)
    return {each: f"{each.split('.')[1]}.{short(each)}" if shared[short(each)] > 1 else short(each) for each in every}


def short(unique_id: str) -> str:
    """A unique id as people say it: without resource type and package, and without a test's hash."""
    parts = unique_id.split(".")
    if parts[0] == "test" and len(parts) == 4 and len(parts[3]) == 10:
        parts = parts[:3]
    return ".".join(parts[2:]) if len(parts) > 2 else unique_id
