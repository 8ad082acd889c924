"""Control charts from the recorded points of production's monitors."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from dataops.breaker.pauses import Standing
from dataops.health.health import Incident, Monitor, Point, Series
from dataops.history.names import chart, moment, parsed, short
from dataops.history.reader import History
from dataops.project import statuses

POINTS = 180
"""Newest points of a series that are drawn. Not days: a backfill judges what is long ago."""
MOST = 12
"""Series of a monitor that are shown: with a dimension there can be thousands."""

_RANKS = (statuses.FAILED, statuses.WARNED)

Acknowledged = dict[str, tuple[Incident, ...]]
"""Incidents by the node whose data they were in."""


def incidents(standing: Standing) -> dict[str, tuple[Incident, ...]]:
    """What somebody has acknowledged, by the node whose data it was in."""
    found: dict[str, tuple[Incident, ...]] = {}
    for each in standing.incidents:
        incident = Incident(parsed(each.start), parsed(each.end), each.reason, each.by)
        found[each.node] = (*found.get(each.node, ()), incident)
    return found


def monitors(history: History, target: str, incidents: Acknowledged) -> tuple[Monitor, ...]:
    """Those that fire first, then by name. Each point as it was when it was last judged.

    A point is judged by a few invocations, while it is among the newest; later ones see it and judge it no more.
    """
    # An aggregate, where a window would hold millions of points that were seen again and again.
    found = history.connection.execute(
        """
        with judged as (
            select
                points.unique_id, coalesce(points.metric, '') as metric, dimension, bucket,
                arg_max(
                    {
                        'value': value, 'centre': centre, 'lower': lower, 'upper': upper,
                        'rule': case when is_anomaly then coalesce(rule, 'beyond_limit') end
                    },
                    {'judged': coalesce(is_detected, false), 'at': invocations.started_at}
                ) as point
            from points
            inner join invocations using (invocation_id)
            where invocations.target = ? and command <> 'ci' and bucket is not null
            group by all
        )

        select unique_id, metric, dimension, bucket, unnest(point)
        from judged
        qualify row_number() over (partition by unique_id, metric, dimension order by bucket desc) <= ?
        order by unique_id, metric, dimension nulls first, bucket
        """,
        [target, POINTS],
    ).fetchall()
    tests = _tests(history, target, sorted({row[0] for row in found}))
    made = []
    for key, rows in groupby(found, key=lambda row: row[0]):
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


def _tests(history: History, target: str, wanted: list[str]) -> dict[str, tuple[str, str, str | None, str | None]]:
    """Name, newest status, tested node and column of tests."""
    rows = history.connection.execute(
        """
        select
            unique_id,
            unnest(arg_max(
                {'name': name, 'status': tests.status, 'tested': tested, 'column': column_name}, invocations.started_at
            ))
        from tests
        inner join invocations using (invocation_id)
        where
            unique_id in (select unnest(?)) and invocations.target = ? and command <> 'ci'
            and not list_contains(?, tests.status)
        group by unique_id
        """,
        [wanted, target, list(statuses.SILENT)],
    ).fetchall()
    return {row[0]: row[1:] for row in rows}


def _series(rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[tuple[str, str | None], Iterator[Point]]]:
    for key, points in groupby(rows, key=lambda row: (row[1], row[2])):
        yield key, (Point(moment(row[3]), *row[4:]) for row in points)


def _rank(status: str) -> int:
    return next((rank for rank, words in enumerate(_RANKS) if status in words), len(_RANKS))
