"""Production's health from the newest result of each node and source, what is paused, and what came to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from dataops.breaker.pauses import Standing
from dataops.health import results
from dataops.health.health import DAYS, MINE, RELEASE, Health, Known, Last, Problem
from dataops.history.names import chart, ended, moment, parsed, short
from dataops.history.reader import History
from dataops.project import statuses
from dataops.project.outcome import AHEAD, AHEAD_SECONDS

FRESHNESS = "source freshness"


_DEPLOYS = ("deploy", "deploy --hold", "retry")
_HELD = ("deploy --hold", "retry")
"""What ends well in them waits to be published: it makes good what either of them left unfinished."""


@dataclass(frozen=True)
class _Attempt:
    started: datetime
    status: str
    message: str | None


def attempt_problems(history: History) -> Iterator[Problem]:
    """One for each command of `runs` (a table of invocations) that has come to nothing since it last came to its end.

    A deploy builds and tests all of the project, and what is published was: after it, what was started before and by
    another command matters no more.
    """
    rows = history.connection.execute(
        """
        select command, status, message, release is not null, started_at
        from runs
        where is_ours and status <> 'running'
        order by ended_at, started_at
        """
    ).fetchall()
    standing: dict[str, list[_Attempt]] = {}
    for command, status, message, released, started in rows:
        if status in ("error", "interrupted") or (command in _DEPLOYS and status == "failed" and not released):
            standing.setdefault(command, []).append(_Attempt(started, status, message))
        elif command in ("deploy", "publish"):
            standing = {each: several for each, several in standing.items() if each == FRESHNESS}
        else:
            for each in _HELD if command in _HELD else (command,):
                standing.pop(each, None)
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


def health(
    history: History, target: str, standing: Standing, known: Known | None, now: datetime, every: int | None = None
) -> Health:
    """How production stands: failing first, then anomalous, late and paused; of each the longest standing first.

    After the tests and nodes that fail come the commands that came to nothing. A node that is in the project no more
    is no problem; `known` is None where nobody knows what it has. `every`: a release is due every so many hours.
    """
    connection = history.connection
    connection.execute(_RUNS, [target, _plain(now) + timedelta(seconds=AHEAD_SECONDS), target])
    results.newest(history, known)
    failing, anomalous = _bad(history)
    commands = tuple(attempt_problems(history))
    late = (*_due(history, now, every), *_late(history, known))
    problems = (*failing, *commands, *anomalous, *late, *_paused(standing))
    tests = dict(
        connection.execute(
            "select unique_id, list_contains(?, status) from newest where kind in ('test', 'unit_test')",
            [list(statuses.GOOD)],
        ).fetchall()
    )
    unrun = {key for key in known.nodes if key.startswith(("test.", "unit_test."))} - tests.keys() if known else set()
    passing = sum(tests.values())
    return Health(target, problems, _last(history), len(tests) + len(unrun), passing, history.damaged, len(unrun))


# Of a run that is not placed nobody knows where it was; or when, if its clock was ahead of ours. What `deploy --hold`
# built is production from when it is published, if it ever is: a newer one takes its place. Where it failed, and a
# `retry` made it whole, what both built is. dbt has a command of that name, which builds in place.
_RUNS = f"""
    create temp table runs as
    with commands as (
        select * replace (if(command = 'retry' and origin <> 'dataops', 'dbt retry', command) as command)
        from invocations
    ),

    told as (
        select invocation_id, command, status, started_at, lead(command) over (order by started_at) as next
        from commands
        where
            command in ('deploy', 'deploy --hold', 'retry', 'publish')
            and (status = 'success' or (status = 'failed' and command in ('deploy --hold', 'retry')))
    ),

    decided as (
        select
            invocation_id,
            first_value(case when command <> 'retry' then command end ignore nulls) over (
                order by started_at rows between 1 following and unbounded following
            ) as next
        from told
        where status = 'success' or next = 'retry'
    )

    select
        invocation_id, command, started_at, seconds, status, message, release,
        coalesce(finished_at, started_at) as ended_at,
        {MINE} and started_at <= ? as is_ours,
        is_ours
        and (command not in ('deploy --hold', 'retry') or coalesce(decided.next = 'publish', false)) as is_placed
    from commands
    left join decided using (invocation_id)
    where command <> 'ci' and (target = ? or target is null)
"""  # noqa: S608

_BAD = """
    select unique_id, results.name, results.status, message, bad_since, owners, failures
    from ({results}) as results
    inner join newest using (unique_id, invocation_id)
    where bad_since is not null
    order by bad_since, results.name
"""

# Whether any bad test can be a monitor: it has points in its newest run, or did not come to store any.
_JUDGED = """
    select 1
    from newest
    where
        bad_since is not null and kind = 'test'
        and (status = 'error' or unique_id in (select unique_id from ({points}) as points))
    limit 1
"""

# Of each bad test with points, the newest that fired, as it was when it was last judged.
_FIRED = """
    with judged as (
        select
            points.unique_id, metric, dimension, bucket,
            case when is_anomaly then coalesce(rule, 'beyond_limit') end as rule
        from points
        inner join runs using (invocation_id)
        inner join newest using (unique_id)
        where bad_since is not null and bucket is not null
        qualify row_number() over (
            partition by points.unique_id, metric, dimension, bucket
            order by coalesce(is_detected, false) desc, runs.started_at desc
        ) = 1
    )

    select unique_id, arg_max({'m': metric, 'd': dimension, 'b': bucket, 'r': rule}, bucket) filter (rule is not null)
    from judged
    group by unique_id
"""


def _bad(history: History) -> tuple[list[Problem], list[Problem]]:
    """The tests and nodes that fail, and the monitors that are out of their limits."""
    runs = history.connection.execute(
        "select distinct invocation_id from newest where bad_since is not null"
    ).fetchall()
    if not runs:
        return [], []
    told = [row[0] for row in runs]
    rows = history.connection.execute(_BAD.format(results=history.of("result", told))).fetchall()
    judged = history.connection.execute(_JUDGED.format(points=history.of("point", told))).fetchone()
    monitors = dict(history.connection.execute(_FIRED).fetchall()) if judged else {}
    failing, anomalous = list[Problem](), list[Problem]()
    for key, name, status, message, since, owners, failures in rows:
        at, owner = moment(since), ", ".join(owners or ()) or None
        shown = chart(key, name) if key in monitors else None
        if shown and status != "error":
            anomalous.append(Problem("anomalous", key, name, _fired(monitors[key], name), at, owner, shown))
        elif status not in statuses.WARNED:
            said = message or (f"{failures:,} rows fail" if failures else status)
            failing.append(Problem("failing", key, name, said, at, owner, shown))
    return failing, anomalous


def _fired(point: dict[str, Any] | None, name: str) -> str:
    if point is None:
        return "out of its control limits"
    of = f" of {point['d']}" if point["d"] else ""
    return f"{point['m'] or name}{of} at {point['b']:%Y-%m-%d %H:%M} UTC: {point['r'].replace('_', ' ')}"


def _due(history: History, now: datetime, every: int | None) -> Iterator[Problem]:
    """That no release was made in time, whatever became of the commands that should have: they may not have run."""
    if every is None:
        return
    row = history.connection.execute(
        """
        select max(ended_at)
        from runs
        where
            is_placed and command in ('deploy', 'publish')
            and (status = 'success' or (status = 'failed' and release is not null))
        """
    ).fetchone()
    last = moment(row[0]) if row and row[0] else None
    due = "one is due every hour" if every == 1 else f"one is due every {every:,} hours"
    if last is None:
        yield Problem("late", RELEASE, RELEASE, f"none is in the last {DAYS} days of the history; {due}")
    elif last + timedelta(hours=every) < now:
        said = f"none since {last:%Y-%m-%d %H:%M} UTC; {due}"
        yield Problem("late", RELEASE, RELEASE, said, last + timedelta(hours=every))


def _late(history: History, known: Known | None) -> Iterator[Problem]:
    rows = history.connection.execute(
        f"""
        with checks as (
            select
                unique_id, freshness.name, freshness.message, max_loaded_at, owners, freshness.status, is_placed,
                coalesce(checked_at, runs.started_at) as seen_at,
                max_loaded_at > coalesce(checked_at, runs.started_at) + interval {AHEAD_SECONDS} second as is_ahead,
                freshness.status not in {statuses.sql(statuses.PASSED)} or coalesce(is_ahead, false) as is_bad
            from freshness
            inner join runs using (invocation_id)
        )

        select unique_id, name, status, message, max_loaded_at, owners, is_ahead, seen_at
        from checks
        where is_placed or is_bad
        qualify row_number() over (partition by unique_id order by seen_at desc) = 1 and is_bad
        order by max_loaded_at nulls first, unique_id
        """  # noqa: S608
    ).fetchall()
    for key, name, status, message, loaded, owners, is_ahead, checked in rows:
        if known is not None and (key in known.unasked or not _has(known, key, checked)):
            continue
        at = moment(loaded) if loaded else None
        said = message or (f"newest row of {at:%Y-%m-%d %H:%M} UTC" if at else f"freshness: {status}")
        if is_ahead:
            said += f", {AHEAD}"
        yield Problem("late", key, short(key) or name, said, at, ", ".join(owners or ()) or None)


def _has(known: Known, key: str, seen: datetime) -> bool:
    return key in known.nodes or (known.at is not None and seen >= known.at)


def _plain(at: datetime) -> datetime:
    """A moment as the history has them: UTC, without a zone."""
    return at.astimezone(timezone.utc).replace(tzinfo=None)


def _paused(standing: Standing) -> Iterator[Problem]:
    for each in standing.pauses:
        name = short(each.node) if each.node else "everything"
        at = parsed(each.at) if each.at else None
        yield Problem("paused", each.node, name, f"{each.reason} (by {each.by})", at)


def _last(history: History) -> Last | None:
    row = history.connection.execute(
        """
        select invocation_id, command, started_at, seconds, status
        from runs
        where is_placed
        -- Sources are asked far more often than anything runs.
        order by command = 'source freshness', started_at desc, invocation_id
        """
    ).fetchone()
    return Last(row[0], row[1], moment(row[2]), row[3], ended(row[4])) if row else None
