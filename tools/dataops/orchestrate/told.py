"""What a command told in its file of events, and what of it an asset's event says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dataops.orchestrate.course import ORDERED

_MOST = 50
"""Held nodes that an asset's event names."""

_ENDED = ("release.waiting", "release.published", "release.refused", "release.discarded")


@dataclass
class Told:
    """The last run of a file of events. `release`: what became of one; `finished`: its last line, if it has one."""

    run: str = ""
    project: str = ""
    target: str = ""
    release: dict[str, Any] | None = None
    finished: dict[str, Any] | None = None
    nodes: dict[str, dict[str, Any]] = field(default_factory=dict)
    paused: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def read(cls, file: Path) -> Told:
        """All that is there by now; nothing where there is no file."""
        told = cls()
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return told
        for line in lines:
            told.hear(line)
        return told

    def hear(self, line: str) -> None:
        """Take a line in. Half a line, of a process that was killed, says nothing."""
        try:
            event = json.loads(line)
        except ValueError:
            return
        if event["event"] == ORDERED:
            # Whatever a command before it told.
            self.release, self.finished = None, None
        elif event["event"] == "run.started":
            self.run, self.release, self.finished = event["run"], None, None
            self.project, self.target = event.get("project") or "", event.get("target") or ""
            self.nodes, self.paused = {}, []
        elif event["event"] == "node.finished":
            self.nodes[event["unique_id"]] = event
        elif event["event"] == "node.paused":
            self.paused.append(event)
        elif event["event"] in _ENDED:
            self.release = event
        elif event["event"] == "run.finished":
            self.finished = event

    def is_published(self) -> bool:
        """Whether a release is live."""
        return self.release is not None and self.release["event"] == "release.published"


def place(project_dir: str, *names: str) -> Path:
    """A file of events under a project's folder, named after a run and a task."""
    folder = Path(project_dir) / "target" / "dataops" / "orchestrate"
    *folders, name = (re.sub(r"[^A-Za-z0-9_.-]+", "-", each) for each in names)
    return folder.joinpath(*folders) / f"{name}.jsonl"


def read_index(file: Path) -> dict[str, Any]:
    """What `dataops orchestrate index` wrote.

    Raises:
        ValueError: it is no such file, or by a newer version.
    """
    try:
        document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        version = document["version"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{file} is no index ({error}): write it with `dataops orchestrate index`") from error
    if version != 1:
        raise ValueError(f"{file} has version {version}: install the dataops here that wrote it")
    return document


@dataclass(frozen=True)
class AssetEvent:
    """An asset of which new data was published. `extra` says what."""

    name: str
    uri: str
    extra: dict[str, Any]


def published(index: Mapping[str, Any], release: Mapping[str, Any]) -> Iterable[AssetEvent]:
    """The assets that a published release made new: something of them is new, and nothing of them is held."""
    rows = {each["unique_id"]: each["rows"] for each in release["nodes"]}
    held = {each["unique_id"]: each["why"] for each in release["held"]}
    for asset in index["assets"]:
        mine = [index["nodes"][at]["unique_id"] for at in asset["nodes"]]
        if not any(each in rows for each in mine) or any(each in held for each in mine):
            continue
        yield AssetEvent(
            asset["name"],
            asset["uri"],
            {
                "release": release["release"],
                "revision": release["revision"],
                "rows": {each: rows[each] for each in mine if each in rows},
                "held": dict(list(held.items())[:_MOST]),
                "held_nodes": len(held),
            },
        )
