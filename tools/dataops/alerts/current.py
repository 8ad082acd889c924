"""Production's problems as the site's Home finds them, each with what it takes to act on it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from dataops.alerts.alert import Concern, Production
from dataops.breaker.ledger import Ledger
from dataops.config import Settings
from dataops.health import control_charts
from dataops.health import production as live
from dataops.health.health import RELEASE, Monitor, Problem
from dataops.health.newest import health
from dataops.history.names import moment
from dataops.history.reader import History
from dataops.project import statuses
from dataops.store.state import State


def production(root: Path, settings: Settings, named: str | None, now: datetime) -> Production:
    """How production is now. `named`: its target, where the settings do not say.

    Raises:
        DataopsError: the state or the history cannot be read.
    """
    artifacts = live.artifacts(State(settings.state), root)
    standing = Ledger(settings.state).read()
    with live.lately(settings.state, root, now) as history:
        target = live.target(history, named or settings.production.target)
        found = health(history, target, standing, artifacts.known, now, settings.production.release_every_hours)
        charted = any(each.chart for each in found.problems)
        monitors = control_charts.monitors(history, target, control_charts.incidents(standing)) if charted else ()
        return Production(
            artifacts.project(root),
            target,
            _concerns(history, found.problems, monitors),
            _judged(history),
            _present(history, artifacts.present),
            tuple(each.file for each in found.damaged),
        )


@dataclass(frozen=True)
class _Ran:
    """One result of a node."""

    invocation: str
    seen: datetime
    tested: str | None
    file: str | None
    owners: tuple[str, ...]
    job: str | None


def _concerns(history: History, problems: Sequence[Problem], monitors: Sequence[Monitor]) -> tuple[Concern, ...]:
    ran = _ran(history, [each.key for each in problems])
    charts = {each.unique_id: each for each in monitors}
    return tuple(_concern(history, each, ran.get(each.key, []), charts.get(each.key)) for each in problems)


def _concern(history: History, problem: Problem, ran: Sequence[_Ran], monitor: Monitor | None) -> Concern:
    """`ran`: the node's results, oldest first."""
    began = next((each for each in ran if problem.since is not None and moment(each.seen) == problem.since), None)
    newest = ran[-1] if ran else None
    if newest is None:
        return Concern(problem, problem.key)
    owner = problem.owner or ", ".join(newest.owners) or None
    node = newest.tested or problem.key
    # A pause and a late source begin in no invocation, and have no failing rows.
    if problem.kind in ("paused", "late"):
        return Concern(replace(problem, owner=owner), node, file=newest.file)
    samples, hidden = _samples(history, problem.key, newest.invocation)
    invocation, job = (began.invocation, began.job) if began else (None, None)
    return Concern(replace(problem, owner=owner), node, invocation, newest.file, job, samples, hidden, monitor)


def _ran(history: History, keys: Sequence[str]) -> dict[str, list[_Ran]]:
    """The results of nodes and the checks of sources, oldest first."""
    rows = history.connection.execute(
        """
        with found as (
            select unique_id, invocation_id, started_at as seen_at, tested, file, owners
            from results
            where not list_contains($silent, status)
            union all
            select unique_id, invocation_id, checked_at, null, file, owners
            from freshness
            union all
            select command, invocation_id, null, null, null, null
            from invocations
        )

        select
            unique_id, invocation_id, coalesce(seen_at, invocations.started_at) as seen,
            tested, file, owners, job_url
        from found
        inner join invocations using (invocation_id)
        semi join runs using (invocation_id)
        where list_contains($keys, unique_id)
        order by seen, invocation_id
        """,
        {"silent": list(statuses.SILENT), "keys": list(keys)},
    ).fetchall()
    ran: dict[str, list[_Ran]] = {}
    for key, invocation, seen, tested, file, owners, job in rows:
        ran.setdefault(key, []).append(_Ran(invocation, seen, tested, file, tuple(owners or ()), job))
    return ran


def _samples(
    history: History, key: str, invocation: str
) -> tuple[tuple[Mapping[str, str | None], ...], tuple[str, ...]]:
    """The failing rows of a test in one invocation, and the personal columns that they were stored without."""
    rows = history.connection.execute(
        'select "row", hidden from samples where unique_id = ? and invocation_id = ? order by number',
        [key, invocation],
    ).fetchall()
    hidden = {name for _, names in rows for name in names or ()}
    return tuple(json.loads(row) for row, _ in rows), tuple(sorted(hidden))


def _judged(history: History) -> frozenset[str]:
    """What has a result in production, what was attempted there, and whether a release is due."""
    rows = history.connection.execute(
        """
        select unique_id
        from (
            select unique_id, invocation_id from results where not list_contains(?, status)
            union all
            select unique_id, invocation_id from freshness
            union all
            select command, invocation_id from invocations
        )
        semi join runs using (invocation_id)
        group by unique_id
        """,
        [list(statuses.SILENT)],
    ).fetchall()
    return frozenset([*(row[0] for row in rows), RELEASE])


def _present(history: History, live: frozenset[str] | None) -> frozenset[str] | None:
    """What the live release has, what is new since, and the commands; None where the first is not known."""
    if live is None:
        return None
    rows = history.connection.execute("select unique_id from newest union select command from runs").fetchall()
    return live.union([*(row[0] for row in rows), RELEASE])
