"""One report: the history and the manifest of production, turned into Elementary's page."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dataops.config import Settings
from dataops.errors import DataopsError
from dataops.health import production
from dataops.history.reader import History, reading
from dataops.report import page
from dataops.report.questions import Asked
from dataops.report.runner import Answers
from dataops.store.state import State

if TYPE_CHECKING:
    from dataops.project.session import Project
    from dataops.project.targets import Targets

CARRIED = 50_000
"""Runs of tests and models in one page: each is some 200 bytes of it, and more makes a browser slow."""


LAST = "last_invocation"


@dataclass(frozen=True)
class Request:
    """What somebody asks of the report: the file that it is written to, and of what it tells.

    `days` back; `runs` of each test and model, None for what fits; `select`: one invocation; `environment`: what the
    page calls production; `send`: to where the settings say.
    """

    file: Path
    days: int
    environment: str
    runs: int | None = None
    select: str | None = None
    send: bool = False


class UnknownInvocationError(DataopsError):
    """The invocation that a report was limited to is not there."""


@dataclass(frozen=True)
class Reported:
    """What a report tells of. `most`: runs of each test and model; `left_out`: whether there are more.

    `damaged`: files of the history that could not be read.
    """

    invocations: int
    results: int
    most: int
    left_out: bool
    damaged: tuple[str, ...]


def live(settings: Settings) -> dict[str, Any] | None:
    """The manifest of the live release, read without dbt; None where nothing was released."""
    bundle = State(settings.state).bundle()
    stored = bundle.read("manifest.json") if bundle else None
    return json.loads(stored) if stored is not None else None


def parsed(project: Project, targets: Targets) -> dict[str, Any]:
    """The manifest of the project as it is."""
    manifest: dict[str, Any] = project.parse(targets.production).manifest.writable_manifest().to_dict(omit_none=False)
    return manifest


def report(
    manifest: Mapping[str, Any],
    root: Path,
    settings: Settings,
    request: Request,
    named: str | None = None,
) -> Reported:
    """Write the page, and send it if asked to. `root`: the project's folder.

    It tells of production's runs alone; `named`: its target, where the settings do not say.

    Raises:
        UnknownInvocationError: `select` names none.
        ReportError: Elementary could not make or send it.
        StateError: the history or the release's state cannot be read.
    """
    now = datetime.now(timezone.utc).replace(tzinfo=None)
    with reading(settings.state, root, now - timedelta(days=request.days)) as history:
        production.alone(history, root, named or settings.production.target)
        _refuse_unknown(history, request.select)
        invocations, results, longest, series = _size(history, now - timedelta(days=request.days))
        most = request.runs or max(10, CARRIED // max(1, series))
        answers = Answers(Asked(history.connection, manifest, now, most), manifest["metadata"]["adapter_type"])
        only = _only(request.select)
        senders = settings.report if request.send else None
        page.write(answers, request.file, request.days, request.environment, only, senders, os.environ)
        damaged = tuple(f"{each.file}: {each.why}" for each in history.damaged)
    return Reported(invocations, results, most, longest > most, damaged)


def _size(history: History, since: datetime) -> tuple[int, int, int, int]:
    """Invocations and results since then, the runs of the test or model that ran most, and how many ever ran."""
    row = history.connection.execute(
        """
        with ran as (
            select unique_id, count(*) as runs, from results
            where kind in ('model', 'snapshot', 'test') and finished_at >= $since group by all
        )
        select
            (select count(*) from invocations where started_at >= $since), coalesce(sum(runs), 0),
            coalesce(max(runs), 0), count(*)
        from ran
        """,
        {"since": since},
    ).fetchone()
    assert row is not None  # noqa: S101 - an aggregate always has a row
    return int(row[0]), int(row[1]), int(row[2]), int(row[3])


def _refuse_unknown(history: History, select: str | None) -> None:
    """An invocation that the history does not have in these days would be a page without results."""
    if select in (None, LAST):
        return
    if not history.connection.execute("from invocations where invocation_id = $1", [select]).fetchone():
        raise UnknownInvocationError(
            f"--select {select}: no such invocation in these days of the history",
            f"`dataops history` lists them; or --select {LAST}, or more --days-back",
        )


def _only(select: str | None) -> dict[str, object]:
    if select is None:
        return {}
    return {"last_invocation": True} if select == LAST else {"invocation_id": select}
