"""What `doctor` says of lineage: whether it is told, where, and what waits to be sent. Credentials are not shown."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from dataops.lint.findings import Check
from dataops.orchestrate.openlineage import spool
from dataops.orchestrate.openlineage.setting import FILE, setting
from dataops.project.outcome import counted


def lineage_check(root: Path, environment: Mapping[str, str]) -> Check:
    """The line on OpenLineage."""
    told = setting(root, environment)
    waiting = sum(len(spool.undelivered(each)) for each in spool.pending(root))
    if told is None:
        left = f"; {_waiting(waiting)} from when it was" if waiting else ""
        return Check("lineage", "ok", f"told to nobody: neither OPENLINEAGE_URL nor {FILE} is set{left}")
    where = f"told to {told.place} ({told.source})"
    if not _installed():
        return Check("lineage", "broken", f"{where}, and OpenLineage's client is not installed",
                     "pip install 'dbt-dataops[openlineage]'")  # fmt: skip
    if waiting:
        return Check("lineage", "note", f"{where}; {_waiting(waiting)}", "`dataops orchestrate resend`")
    return Check("lineage", "ok", where)


def _waiting(events: int) -> str:
    return f"{counted(events, 'event')} wait{'s' if events == 1 else ''}"


def _installed() -> bool:
    try:
        return find_spec("openlineage.client") is not None
    except ModuleNotFoundError:
        return False
