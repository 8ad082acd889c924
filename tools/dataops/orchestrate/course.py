"""How far a release is that is being built: what its journal tells of each node, and what that means for a part."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from dataops.orchestrate.parts import Part
from dataops.project.statuses import GOOD, IDLE, SKIPPED

ORDERED = "build.ordered"
"""The line of a journal with which an orchestrator says that it starts a command."""

_WELL = (*GOOD, *IDLE)
"""dbt's words for a node that is well, or of which there was nothing to do."""

_MOST = 10
"""Failures that a message names."""

State = Literal["open", "good", "held", "failed"]


@dataclass(frozen=True)
class Verdict:
    """What became of a part by now. `why`: in words, where it is not simply good."""

    state: State
    why: str = ""


@dataclass
class Course:
    """What lines have told so far: of a deploy, and of the retries after it.

    `orders` counts the commands; `alive` names the file that the last of them holds locked while it runs; `pauses`:
    what fails may yet come to be held. `release`: the last word on it; `finished`: how the command ended.
    """

    orders: int = 0
    alive: str = ""
    pauses: bool = False
    nodes: dict[str, dict[str, Any]] = field(default_factory=dict)
    held: dict[str, str] = field(default_factory=dict)
    release: dict[str, Any] | None = None
    finished: dict[str, Any] | None = None

    def hear(self, line: str) -> None:
        """Take a line in. Half a line, of a process that was killed, says nothing."""
        try:
            event = json.loads(line)
            name = event["event"]
        except (ValueError, KeyError, TypeError):
            return
        if name == ORDERED:
            self._order(event)
        elif name == "run.started":
            self.pauses = event["pauses"]
        elif name == "node.finished":
            self.nodes[event["unique_id"]] = event
        elif name.startswith("release."):
            self.release = event
            self.held = {each["unique_id"]: each["why"] for each in event["held"]}
        elif name == "run.finished":
            self.finished = event

    def _order(self, event: Mapping[str, Any]) -> None:
        """A retry leaves what is good as it is; a deploy begins with nothing."""
        again = event["command"] == "retry"
        self.nodes = {uid: each for uid, each in self.nodes.items() if again and each["status"] in _WELL}
        self.held = self.held if again else {}
        self.orders += 1
        self.alive, self.pauses, self.release, self.finished = event["alive"], False, None, None

    @property
    def waits(self) -> str | None:
        """The release that waits to be published, if one does."""
        told = self.release
        return told["release"] if told is not None and told["event"] == "release.waiting" else None

    @property
    def unfinished(self) -> str | None:
        """The release that is kept to be retried, if one is."""
        return self.release["unfinished"] if self.release is not None else None

    @property
    def is_judged(self) -> bool:
        """Whether the command has ended with a word on the release, which is its last."""
        return self.finished is not None and self.release is not None

    @property
    def end(self) -> str:
        """How it ended, in words."""
        return str(self.finished["verdict"]) if self.finished is not None else "the build was stopped before its end"

    def whole(self) -> Verdict:
        """What became of the release, once nobody builds it any more."""
        if not self.orders:
            return Verdict("failed", _NEVER)
        return Verdict("good", self.waits) if self.waits else Verdict("failed", self.end)

    def of(self, part: Part, over: bool, patient: bool) -> Verdict:
        """What became of a part. `over`: nobody builds any more; `patient`: what may be held is waited for.

        A part is good once all of its nodes and tests are; failed with the first that fails, unless that may be held.
        """
        found = _Found(self, part)
        waits = self.pauses and not over
        if found.failed and not waits:
            return Verdict("failed", found.words())
        if not over:
            early = not (found.open or found.failed or found.skipped or found.held or (waits and patient))
            return Verdict("good" if early else "open")
        if not self.orders:
            return Verdict("failed", _NEVER)
        if found.skipped or found.open:
            return Verdict("failed", found.words())
        return Verdict("held", _held(found.held)) if found.held else Verdict("good")


_NEVER = "the build never began"


class _Found:
    """The nodes and tests of a part by what became of them."""

    def __init__(self, course: Course, part: Part) -> None:
        self._course = course
        self.held: dict[str, str] = {}
        self.failed: list[dict[str, Any]] = []
        self.skipped: list[dict[str, Any]] = []
        self.open: list[str] = []
        for node, tests in part.tests.items():
            for uid in (node, *tests):
                told = course.nodes.get(uid)
                if node in course.held and (uid == node or told is None or told["status"] not in _WELL):
                    self.held[node] = course.held[node]
                elif told is None:
                    self.open.append(uid)
                elif told["status"] in SKIPPED:
                    self.skipped.append(told)
                elif told["status"] not in _WELL:
                    self.failed.append(told)

    def words(self) -> str:
        """What is not as it should be; what failed comes first."""
        if self.failed:
            return "; ".join(_listed([_failure(each) for each in self.failed]))
        mine = {each["unique_id"] for each in self.skipped}
        if mine:
            others = [each for uid, each in self._course.nodes.items() if _is_failure(each) and uid not in mine]
            names = ", ".join(_listed([each["name"] for each in self.skipped]))
            why = "; ".join(_listed([_failure(each) for each in others])) or self._course.end
            return f"not built: {names}, since {why}"
        names = ", ".join(_listed(map(_short, self.open)))
        if self._course.waits:
            return f"not built: {names}: the index is not of this code, write it anew with `dataops orchestrate index`"
        return f"not built: {names}: {self._course.end}"


def _is_failure(told: Mapping[str, Any]) -> bool:
    return told["status"] not in _WELL and told["status"] not in SKIPPED


def _failure(told: Mapping[str, Any]) -> str:
    """A node that failed, with the first lines of why."""
    lines = [line.strip() for line in (told["message"] or "").splitlines() if line.strip()]
    return f"{told['name']}: {' '.join(lines[:2]) or told['status']}"


def _listed(words: Iterable[str]) -> list[str]:
    found = list(words)
    return found[:_MOST] + ([f"and {len(found) - _MOST} more"] if len(found) > _MOST else [])


def _held(held: Mapping[str, str]) -> str:
    return "held: " + "; ".join(_listed(f"{_short(uid)}, by {why}" for uid, why in sorted(held.items())))


def _short(uid: str) -> str:
    """A node's own name; a test's is followed by a hash."""
    kind, _, name = uid.split(".", 2)
    return name.rsplit(".", 1)[0] if kind == "test" else name
