"""Whether production is healthy now: the newest result of each node and source, and what is paused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dataops.observe.breaker.facts import Standing
from dataops.observe.history.reader import History
from dataops.observe.site.facts import Monitor, Problem
from dataops.observe.site.names import moment, parsed, short

_BAD = "('fail', 'error', 'runtime error')"


def problems(
    history: History, target: str, standing: Standing, monitors: tuple[Monitor, ...], present: frozenset[str] | None
) -> tuple[Problem, ...]:
    """Failing first, then late, anomalous and paused; of each kind the longest standing first.

    A node that is in the project no more is no problem; `present` is None where that is not known.
    """
    charts = {each.unique_id: each for each in monitors}
    found = [*_failing(history, target, charts), *_late(history, target)]
    return (*(each for each in found if present is None or each.key in present), *_paused(standing))


def tested(history: History, target: str, present: frozenset[str] | None) -> tuple[int, int]:
    """How many tests production has, and how many of them passed when they last ran."""
    history.connection.execute(_NEWEST, [target])
    rows = history.connection.execute(
        """
        select unique_id, status in ('pass', 'success', 'warn')
        from newest
        where kind in ('test', 'unit_test')
        """
    ).fetchall()
    passed = [good for key, good in rows if present is None or key in present]
    return len(passed), sum(passed)


# The newest result of each node that was not skipped, and since when it has been bad. Aggregates, not windows: there
# are millions of results, and a window would hold them all.
_NEWEST = f"""
    create temp table if not exists newest as
    with mine as (
        select
            unique_id,
            coalesce(results.started_at, invocations.started_at) as seen_at,
            results.status in {_BAD} or (results.status = 'warn' and kind = 'test') as is_bad,
            invocation_id
        from results
        inner join invocations using (invocation_id)
        where invocations.target = ? and command <> 'ci' and results.status <> 'skipped'
    ),

    latest as (
        select
            unique_id,
            max(seen_at) as seen_at,
            arg_max(invocation_id, seen_at) as invocation_id,
            max(case when not is_bad then seen_at end) as good_at
        from mine
        group by unique_id
    ),

    lasting as (
        select mine.unique_id, min(mine.seen_at) as bad_since
        from mine
        inner join latest using (unique_id)
        where is_bad and (good_at is null or mine.seen_at > good_at)
        group by mine.unique_id
    ),

    found as (
        select results.*, bad_since, bad_since is not null as is_bad
        from latest
        inner join results using (unique_id, invocation_id)
        left join lasting using (unique_id)
    )

    select * from found
"""  # noqa: S608


def _failing(history: History, target: str, charts: Mapping[str, Monitor]) -> Iterator[Problem]:
    history.connection.execute(_NEWEST, [target])
    rows = history.connection.execute(
        """
        select unique_id, name, status, message, bad_since, owners, failures
        from newest
        where is_bad
        order by bad_since, name
        """
    ).fetchall()
    anomalous = []
    for key, name, status, message, since, owners, failures in rows:
        monitor = charts.get(key)
        at = moment(since) if since else None
        owner = ", ".join(owners or ()) or None
        if monitor and status != "error":
            anomalous.append(Problem("anomalous", key, name, _fired(monitor), at, owner, monitor.key))
        elif status != "warn":
            said = message or (f"{failures:,} rows fail" if failures else status)
            yield Problem("failing", key, name, said, at, owner, monitor.key if monitor else None)
    yield from anomalous


def _fired(monitor: Monitor) -> str:
    fired = [(series, series.fired[-1]) for series in monitor.series if series.fired]
    if not fired:
        return "out of its control limits"
    series, point = max(fired, key=lambda each: each[1].at)
    of = f" of {series.dimension}" if series.dimension else ""
    return f"{series.metric}{of} at {point.at:%Y-%m-%d %H:%M} UTC: {(point.rule or '').replace('_', ' ')}"


def _late(history: History, target: str) -> Iterator[Problem]:
    rows = history.connection.execute(
        """
        select unique_id, freshness.name, freshness.status, freshness.message, max_loaded_at, owners
        from freshness
        inner join invocations using (invocation_id)
        where invocations.target = ? and command <> 'ci'
        qualify row_number() over (
            partition by unique_id order by coalesce(checked_at, invocations.started_at) desc
        ) = 1
        order by max_loaded_at nulls first, unique_id
        """,
        [target],
    ).fetchall()
    for key, name, status, message, loaded, owners in rows:
        if status not in ("pass", "success"):
            at = moment(loaded) if loaded else None
            said = message or (f"newest row of {at:%Y-%m-%d %H:%M} UTC" if at else f"freshness: {status}")
            yield Problem("late", key, short(key) or name, said, at, ", ".join(owners or ()) or None)


def _paused(standing: Standing) -> Iterator[Problem]:
    for each in standing.pauses:
        name = short(each.node) if each.node else "everything"
        at = parsed(each.at) if each.at else None
        yield Problem("paused", each.node, name, f"{each.reason} (by {each.by})", at)
