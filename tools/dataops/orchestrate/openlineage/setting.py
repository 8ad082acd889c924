"""Whether lineage is told, and where: by the settings of OpenLineage's own client, without importing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

FILE = "openlineage.yml"
_VARIABLES = "OPENLINEAGE__TRANSPORT__"


@dataclass(frozen=True)
class Setting:
    """Where lineage is told. `source`: what says so; `place`: the collector, without credentials."""

    source: str
    place: str


def setting(root: Path, environment: Mapping[str, str]) -> Setting | None:
    """What is set for a project; None where nothing is told."""
    if environment.get("OPENLINEAGE_DISABLED", "").strip().lower() == "true":
        return None
    for file in (environment.get("OPENLINEAGE_CONFIG"), root / FILE, Path.home() / ".openlineage" / FILE):
        if file and Path(file).is_file():
            told = _transport(Path(file))
            if told is not None:
                return Setting(str(file) if Path(file).parent != root else FILE, told)
            break
    if kind := environment.get(f"{_VARIABLES}TYPE"):
        return Setting(f"{_VARIABLES}TYPE", _place(kind, environment.get(f"{_VARIABLES}URL")))
    if url := environment.get("OPENLINEAGE_URL"):
        return Setting("OPENLINEAGE_URL", plain(url))
    return None


def _transport(file: Path) -> str | None:
    """The place that a file of settings names; None where it names no transport."""
    try:
        found: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return "a file that is not valid YAML"
    transport = found.get("transport") if isinstance(found, dict) else None
    if not isinstance(transport, dict) or not transport.get("type"):
        return None
    return _place(str(transport["type"]), transport.get("url"))


def _place(kind: str, url: object) -> str:
    return plain(str(url)) if url else f"the transport `{kind}`"


def plain(url: str) -> str:
    """An address without user, password and query."""
    try:
        parts = urlsplit(url.strip())
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "an address that cannot be read"
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"


def job_namespace(environment: Mapping[str, str]) -> str:
    """The namespace of jobs, by the variable that OpenLineage's integrations share."""
    return environment.get("OPENLINEAGE_NAMESPACE", "").strip() or "default"
