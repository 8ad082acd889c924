"""Commands that came to nothing: a deploy that was refused, a build that could not start, a run that was killed.

What their nodes say is told of the nodes. That production is not what the newest attempt was to make of it is a problem
of its own, and over when a later attempt comes to its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from dataops.observe.health.facts import Problem
from dataops.observe.history.reader import History
from dataops.observe.names import moment

FRESHNESS = "source freshness"


@dataclass(frozen=True)
class _Attempt:
    started: datetime
    status: str
    message: str | None


def problems(history: History) -> Iterator[Problem]:
    """One for each command of `runs` (a table of invocations) that has come to nothing since it last came to its end.

    A deploy builds and tests all of the project: after it, what was started before and by another command matters no
    more.
    """
    rows = history.connection.execute(
        """
        select command, status, message, release is not null, started_at
        from runs
        where is_placed and status <> 'running'
        order by ended_at, started_at
        """
    ).fetchall()
    standing: dict[str, list[_Attempt]] = {}
    for command, status, message, released, started in rows:
        if status in ("error", "interrupted") or (command == "deploy" and status == "failed" and not released):
            standing.setdefault(command, []).append(_Attempt(started, status, message))
        elif command == "deploy":
            standing = {each: several for each, several in standing.items() if each == FRESHNESS}
        else:
            standing.pop(command, None)
    for command, several in sorted(standing.items(), key=lambda each: each[1][0].started):
        yield Problem("failing", command, command, _said(several), moment(several[0].started))


def _said(several: list[_Attempt]) -> str:
    newest = several[-1]
    if newest.status == "interrupted":
        said = "it was interrupted"
    elif newest.status == "error":
        said = f"it could not run: {newest.message}" if newest.message else "it could not run"
    else:
        said = newest.message or "it was refused"
    return said if len(several) == 1 else f"{said}; {len(several)} in a row came to nothing"
