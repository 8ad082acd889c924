"""A command as an invocation of the history, whether it came to run dbt or not."""

from __future__ import annotations

import os
import uuid
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from dataops import __version__, git, machine
from dataops.errors import DataopsError
from dataops.location import Location
from dataops.observe.history import pending
from dataops.observe.history.files import now
from dataops.observe.history.records import Invocation


def begun(command: str, root: Path, started: datetime) -> Invocation:
    """A command that begins in the project at `root`, with what its surroundings tell; without an id."""
    revision = git.revision(root)
    job = machine.job(os.environ)
    return Invocation(
        invocation_id="",
        command=command,
        status="running",
        origin="dataops",
        started_at=started,
        dataops_version=__version__,
        revision=revision.removesuffix("-dirty") if revision else None,
        branch=git.branch(root) if revision else None,
        is_dirty=revision.endswith("-dirty") if revision else None,
        user=machine.user(),
        host=machine.host(),
        orchestrator=job.orchestrator if job else None,
        job_name=job.name if job else None,
        job_url=job.url if job else None,
        pull_request=job.pull_request if job else None,
    )


def stopped(error: BaseException) -> tuple[str, str]:
    """The status and the message of a command that an error ended.

    Of a file that cannot be read, the lines after the first can quote what is in it.
    """
    if isinstance(error, DataopsError):
        return "error", next(iter(error.message.strip().splitlines()), "")
    return "interrupted" if isinstance(error, KeyboardInterrupt) else "error", type(error).__name__


def keep(state: str, root: Path, invocation: Invocation, status: str, message: str | None) -> None:
    """Store a command that ended without having run dbt.

    Raises:
        StateError: the location cannot be written.
    """
    identity, ended = str(uuid.uuid4()), now()
    told = replace(
        invocation,
        invocation_id=identity,
        status=status,
        message=message,
        finished_at=ended,
        seconds=(ended - invocation.started_at).total_seconds(),
    )
    pending.keep(Location(state), root, identity, [told])
