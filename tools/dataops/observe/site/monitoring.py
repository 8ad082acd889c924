"""Control charts from the recorded points of production's monitors."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from dataops.observe.history.reader import History
from dataops.observe.names import chart, moment, short, streamed
from dataops.observe.site.facts import Incident, Monitor, Point, Series

POINTS = 180
"""Newest points of a series that are drawn. Not days: a backfill judges what is long ago."""
MOST = 12
"""Series of a monitor that are shown: with a dimension there can be thousands."""

_ORDER = ("fail", "error", "warn")

Acknowledged = dict[str, tuple[Incident, ...]]
"""Incidents by the node whose data they were in."""


def monitors(history: History, target: str, incidents: Acknowledged) -> tuple[Monitor, ...]:
    """Those that fire first, then by name. Each point as it was when it was last judged.

    A point is judged by a few invocations, while it is among the newest; later ones see it and judge it no more.
    """
    tests = _tests(history, target)
    found = history.connection.execute(
        """
        with judged as (
            select
                points.unique_id, coalesce(metric, '') as metric, dimension, bucket, value, centre, lower, upper,
                case when is_anomaly then coalesce(rule, 'beyond_limit') end as rule
            from points
            inner join invocations using (invocation_id)
            where invocations.target = ? and command <> 'ci' and bucket is not null
            qualify row_number() over (
                partition by points.unique_id, metric, dimension, bucket
                order by coalesce(is_detected, false) desc, invocations.started_at desc
            ) = 1
        )

        select *
        from judged
        qualify row_number() over (partition by unique_id, metric, dimension order by bucket desc) <= ?
        order by unique_id, metric, dimension nulls first, bucket
        """,
        [target, POINTS],
    )
    made = []
    for key, rows in groupby(streamed(found), key=lambda row: row[0]):
        name, status, tested, column = tests.get(key, (short(key), "unknown", None, None))
        every = [Series(metric or name, dimension, tuple(points)) for (metric, dimension), points in _series(rows)]
        ranked = sorted(every, key=lambda each: (not each.fired, each.metric, each.dimension or ""))
        made.append(
            Monitor(
                chart(key, name),
                key,
                name,
                short(tested) if tested else "unknown",
                column,
                status,
                tuple(ranked[:MOST]),
                incidents.get(tested or "", ()),
                max(0, len(ranked) - MOST),
            )
        )
    return tuple(sorted(made, key=lambda each: (_rank(each.status), each.name, each.key)))


def _tests(history: History, target: str) -> dict[str, tuple[str, str, str | None, str | None]]:
    """Name, newest status, tested node and column of each test with points."""
    rows = history.connection.execute(
        """
        select unique_id, name, tests.status, tested, column_name
        from tests
        inner join invocations using (invocation_id)
        where
            invocations.target = ? and command <> 'ci' and tests.status <> 'skipped'
            and unique_id in (select unique_id from points)
        qualify row_number() over (partition by unique_id order by invocations.started_at desc) = 1
        """,
        [target],
    ).fetchall()
    return {row[0]: row[1:] for row in rows}


def _series(rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[tuple[str, str | None], Iterator[Point]]]:
    for key, points in groupby(rows, key=lambda row: (row[1], row[2])):
        yield key, (Point(moment(row[3]), *row[4:]) for row in points)


def _rank(status: str) -> int:
    return _ORDER.index(status) if status in _ORDER else len(_ORDER)
