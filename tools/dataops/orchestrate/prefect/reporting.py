"""What Prefect is told of a command: events that automations can wait for, and an artifact to read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from prefect.artifacts import create_markdown_artifact
from prefect.events import emit_event

from dataops.orchestrate.told import Told
from dataops.project import statuses

_MOST = 50
"""Rows of an artifact's table."""


def emit(told: Told) -> None:
    """Tell Prefect what became of a release, and what was paused: automations can wait for it."""
    labels = {"dataops.project": told.project, "dataops.target": told.target}
    release = told.release
    name = str((release or {}).get("release") or f"none.{told.run}")
    resource = {"prefect.resource.id": f"dataops.release.{name}", "prefect.resource.name": name, **labels}
    for each in told.paused:
        emit_event("dataops.node.paused", resource={**resource, "dataops.node": each["unique_id"]}, payload=each)
    if release is not None:
        emit_event(f"dataops.{release['event']}", resource=resource, payload=release)


def draw(command: str, told: Told) -> None:
    """Leave an artifact with what came of it."""
    if told.run:
        key = re.sub(r"[^a-z0-9]+", "-", f"dataops-{told.project}-{command}".lower()).strip("-")
        create_markdown_artifact(markdown(told), key=key, description=f"dataops {command} of {told.project}")


def markdown(told: Told) -> str:
    """The result of a command, and a table of what failed."""
    verdict = "It was stopped, and did not say what came of it."
    if told.finished is not None:
        verdict = str(told.finished["verdict"])
    lines = [f"## {_cell(verdict)}", ""]
    if told.release is not None:
        release = told.release
        if release["release"]:
            lines += [
                f"Release `{release['release']}`, revision `{release['revision']}`: {len(release['nodes'])} nodes."
            ]
        lines += [""] + [f"- held: `{each['unique_id']}`: {_cell(each['why'])}" for each in release["held"][:_MOST]]
    bad = [each for each in told.nodes.values() if _is_bad(each["status"])]
    if bad:
        lines += ["", "| node | status | failures | message |", "| --- | --- | --- | --- |"]
        lines += [_row(each) for each in bad[:_MOST]]
    if len(bad) > _MOST:
        lines.append(f"| and {len(bad) - _MOST} more | | | |")
    return "\n".join(lines) + "\n"


def _is_bad(status: str) -> bool:
    return statuses.is_failure(status) or status in statuses.WARNED


def _row(node: Mapping[str, Any]) -> str:
    failures = "" if node["failures"] is None else node["failures"]
    return f"| `{node['name']}` | {node['status']} | {failures} | {_cell(node['message'] or '')} |"


def _cell(text: str) -> str:
    """A text as one line of a table."""
    return " ".join(text.split()).replace("|", "\\|")[:500]
