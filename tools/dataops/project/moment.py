"""Whether two parses of the same files, settings and environment find the same."""

from __future__ import annotations

import re
from typing import Any

from dataops.project import naming, packages
from dataops.project.dependencies import Dependencies
from dataops.project.jinja import ANY_MACRO, VOLATILE, reads
from dataops.project.session import Project

_MOMENT = re.compile(r"\b(run_started_at|invocation_id|modules|dbt_metadata_envs)\b")


def documents(project: Project) -> dict[str, int]:
    """What the files that configure a project and its packages read of the environment; their flags have no name."""
    root = project.root
    files = [folder / file for folder in (root, *packages.installed(root).values()) for file in naming.SETTINGS]
    found: dict[str, int] = {}
    for file in files:
        if file.is_file():
            read = reads(file.read_text(encoding="utf-8"))
            found |= dict.fromkeys(read.environment, 0)
            found[""] = found.get("", 0) | read.flags
    return found


def configured(project: Project, manifest: Any) -> bool:
    """Whether no YAML reads the moment of the parse, and no node comes from outside of the project and its packages."""
    moments = (file.dfy for file in manifest.files.values() if getattr(file, "dfy", None))
    return (
        not documents(project).get("", 0) & VOLATILE
        and not any(naming.asks(each, _MOMENT) for each in moments)
        and not manifest.external_node_unique_ids
    )


def told(manifest: Any) -> bool:
    """Whether no SQL reads the moment, nor calls a macro whose name is computed: either may configure its node."""
    reading = Dependencies(manifest)
    return not any(reading.text(unique_id).flags & (VOLATILE | ANY_MACRO) for unique_id in manifest.nodes)
