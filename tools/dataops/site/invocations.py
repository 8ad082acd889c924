"""What the history says of production's invocations: their list, their nodes, their days, and which models are slow."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from dataops.health.health import DAYS, MINE
from dataops.history.names import ended, file_name, moment, streamed
from dataops.history.reader import History
from dataops.project import statuses
from dataops.site.content import DETAILED, SHOWN, Day, NodeRun, Reviewed, Run, Slow, Slower
from dataops.store.memory import keep, recall


def mark(nodes: Iterable[NodeRun], waits: Callable[[str], Iterable[str]]) -> tuple[NodeRun, ...]:
    """The nodes in order of their start, those on the critical path marked.

    It is walked backwards from the node that ended last: each time to whichever of those that it waits for ended last,
    as in the critical path method (Kelley and Walker, 1959) with the times that were taken instead of planned ones.
    """
    ran = {node.key: node for node in nodes}
    path: set[str] = set()
    here = max(ran.values(), key=_end, default=None)
    while here is not None and here.key not in path:
        path.add(here.key)
        before = [ran[key] for key in waits(here.key) if key in ran and ran[key].started <= here.started]
        here = max(before, key=_end, default=None)
    ordered = sorted(ran.values(), key=lambda node: (node.started, node.key))
    return tuple(replace(node, critical=True) if node.key in path else node for node in ordered)


def waiting(manifest: Mapping[str, Any], tests: Mapping[str, Iterable[str]]) -> Callable[[str], list[str]]:
    """What a node waits for in `dbt build`: its parents, and their tests, which are given by what they test."""

    def waits(key: str) -> list[str]:
        node = manifest.get("nodes", {}).get(key) or manifest.get("unit_tests", {}).get(key) or {}
        parents = node.get("depends_on", {}).get("nodes", ())
        if key.startswith(("test.", "unit_test.")):
            return list(parents)
        return [*parents, *(test for up in parents for test in tests.get(up, ()))]

    return waits


def _end(node: NodeRun) -> datetime:
    return node.started + timedelta(seconds=node.seconds)


Shown = Mapping[str, tuple[NodeRun, ...]]
"""By `key` of their run."""

_FORMAT = [str(SHOWN), *(each.name for each in fields(NodeRun))]


def shown_key(run: Run) -> str:
    """Another one once more is known of a run."""
    return f"{run.key} {sum(run.counts.values())}"


def read_shown(path: Path) -> Shown:
    """What was kept; nothing where it is not what this version writes."""
    try:
        kept = recall(path)
        if kept["format"] != _FORMAT:
            return {}
        return {key: tuple(_node(row) for row in rows) for key, rows in kept["runs"].items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}


def write_shown(path: Path, runs: tuple[Run, ...], before: Shown) -> None:
    """Keep the nodes of runs that have ended, and no others. `before`: what is kept."""
    made = {shown_key(run): run.nodes for run in runs if run.nodes is not None and run.status != "running"}
    if made.keys() == before.keys():
        return
    rows = {name: [list(vars(node).values()) for node in nodes] for name, nodes in made.items()}
    keep(path, json.dumps({"format": _FORMAT, "runs": rows}, default=datetime.isoformat))


def _node(row: Sequence[Any]) -> NodeRun:
    values = list(row)
    values[4] = datetime.fromisoformat(row[4])
    return NodeRun(*values)


LISTED = 1_000
RECENT = 5
"""Runs of a model that say how long it takes now."""

_BUILT = "kind in ('model', 'snapshot') and results.status = 'success' and results.seconds is not null"


def runs(history: History, target: str, manifest: Mapping[str, Any], known: Shown) -> tuple[Run, ...]:
    """Production's invocations, newest first; the first ones with their nodes, where these are not `known` already."""
    rows = history.connection.execute(
        f"""
        with counted as (
            select invocation_id, status, count(*) as nodes
            from results
            group by all
        ),

        totals as (
            select invocation_id, map_from_entries(list((status, nodes) order by status)) as counts
            from counted
            group by invocation_id
        )

        select
            invocation_id, command, started_at, seconds, status, target, user, host, revision, counts
        from invocations
        left join totals using (invocation_id)
        where {MINE}
        order by started_at desc, invocation_id
        limit ?
        """,  # noqa: S608
        [target, LISTED],
    ).fetchall()
    made = [_run(row) for row in rows]
    detailed = [(run, str(row[0])) for run, row in zip(made[:DETAILED], rows, strict=False)]
    nodes = _nodes(history, [uid for run, uid in detailed if shown_key(run) not in known], manifest)
    first = (replace(run, nodes=known.get(shown_key(run)) or nodes.get(uid, ())) for run, uid in detailed)
    return (*first, *made[DETAILED:])


def days(history: History, target: str, now: datetime) -> tuple[Day, ...]:
    """The last days, those without a run among them, if there was any run."""
    first = (now - timedelta(days=DAYS - 1)).date()
    rows = history.connection.execute(
        f"""
        with mine as (
            select invocation_id, started_at::date as day, status, seconds
            from invocations
            where {MINE} and started_at >= ?
        ),

        tested as (
            select invocation_id, count(*) as tests, count(*) filter (list_contains(?, status)) as failing
            from results
            where
                kind in ('test', 'unit_test') and status not in {statuses.sql(statuses.SILENT)}
                and invocation_id in (select invocation_id from mine)
            group by invocation_id
        )

        select
            day,
            count(*),
            count(*) filter (status not in ('success', 'running')),
            coalesce(sum(seconds), 0),
            coalesce(sum(tests), 0),
            coalesce(sum(failing), 0)
        from mine
        left join tested using (invocation_id)
        group by day
        """,  # noqa: S608
        [target, first, list(statuses.FAILED)],
    ).fetchall()
    found = {row[0]: Day(row[0], row[1], row[2], float(row[3]), int(row[4]), int(row[5])) for row in rows}
    if not found:
        return ()
    every: list[date] = [first + timedelta(days=each) for each in range(DAYS)]
    return tuple(found.get(each, Day(each, 0, 0, 0.0, 0, 0)) for each in every)


def slow(history: History, target: str) -> tuple[tuple[Slow, ...], tuple[Slower, ...]]:
    """The models that take longest, and those that take half as long again as they did, and a second more."""
    rows = history.connection.execute(
        f"""
        with timed as (
            select
                unique_id,
                any_value(name) as name,
                arg_max(results.seconds, invocations.started_at, 30) as newest
            from results
            inner join invocations using (invocation_id)
            where {MINE} and {_BUILT}
            group by unique_id
        )

        select
            name,
            list_median(newest[:{RECENT}]) as recent,
            list_median(newest[{RECENT + 1}:]) as before,
            len(newest)
        from timed
        order by recent desc, unique_id
        """,  # noqa: S608
        [target],
    ).fetchall()
    total = sum(row[1] for row in rows) or 1.0
    slowest = tuple(Slow(name, recent, recent / total) for name, recent, _, _ in rows[:10])
    slower = [
        Slower(name, recent, before, runs)
        for name, recent, before, runs in rows
        if before is not None and runs >= 2 * RECENT and recent >= 1.5 * before and recent - before >= 1
    ]
    return slowest, tuple(sorted(slower, key=lambda each: each.recent / max(each.before, 1e-9), reverse=True)[:20])


def reviewed(history: History, page: str | None, written: datetime | None) -> tuple[Reviewed, ...]:
    """What `dataops ci` said, newest first. `page` is the review at hand, and of the newest if written since."""
    rows = history.connection.execute(
        """
        select
            started_at, coalesce('#' || pull_request, branch, left(revision, 10), 'this checkout'), user,
            -- All that was built can have passed, and the change be refused: a verdict is a message.
            case when status <> 'success' then 'not ready' when message is null then 'unknown' else 'ready' end,
            message, job_url,
            (
                select string_agg(counted.words, ', ' order by counted.words)
                from (
                    select count(*) || ' ' || results.status as words
                    from results
                    where results.invocation_id = invocations.invocation_id
                    group by results.status
                ) as counted
            )
        from invocations
        where command = 'ci' and status <> 'running'
        order by started_at desc, invocation_id
        limit 100
        """
    ).fetchall()
    made = []
    for index, (at, change, user, verdict, message, url, counts) in enumerate(rows):
        own = page if not index and written and written >= moment(at) else None
        summary = message or counts or "nothing to build"
        made.append(Reviewed(moment(at), str(change), user or "unknown", verdict, summary, own, url))
    return tuple(made)


def _run(row: tuple[Any, ...]) -> Run:
    key, command, started, seconds, status, target, user, host, revision, counts = row
    by = "@".join(each for each in (user, host) if each)
    how = ended(status)
    return Run(file_name(key), command, moment(started), seconds, how, target, by, revision, counts or {})


def _nodes(history: History, keys: list[str], manifest: Mapping[str, Any]) -> dict[str, tuple[NodeRun, ...]]:
    """What is shown of each invocation's nodes. One invocation after the other: each can have thousands."""
    if not keys:
        return {}
    found = history.connection.execute(
        """
        select
            invocation_id, unique_id, name, kind, status, started_at, coalesce(seconds, 0), thread, rows_affected,
            message, tested
        from results
        where started_at is not null and invocation_id in (select unnest(?))
        order by invocation_id
        """,
        [keys],
    )
    return {key: _shown(list(rows), manifest) for key, rows in groupby(streamed(found), key=lambda row: str(row[0]))}


def _shown(rows: list[tuple[Any, ...]], manifest: Mapping[str, Any]) -> tuple[NodeRun, ...]:
    tests: dict[str, list[str]] = {}
    ran = []
    for _, uid, name, kind, status, started, seconds, lane, affected, message, tested in rows:
        if tested:
            tests.setdefault(tested, []).append(uid)
        at, said = moment(started), message or ""
        ran.append(NodeRun(uid, name, kind, status, at, seconds, lane or "thread", affected, said))
    marked = mark(ran, waiting(manifest, tests))
    kept = {node.key for node in sorted(marked, key=lambda node: (node.critical, node.seconds), reverse=True)[:SHOWN]}
    return tuple(node for node in marked if node.key in kept)
