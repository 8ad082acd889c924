"""The newest result of each node, and since when it has been bad, from as little of a long history as tells it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from dataops.health.health import Known
from dataops.history.reader import History
from dataops.project import statuses
from dataops.project.outcome import RUNNABLE

_FIRST = 24
"""Invocations that are looked at first. Those before them are, twice as many at a time, if any node asks for it."""

_UNKNOWN = timedelta(days=1)
"""How long an invocation may have lasted of which nobody knows."""


def newest(history: History, known: Known | None) -> None:
    """Make the table `newest` of those `runs` (a table of invocations): the newest result that says something.

    What was skipped stays what it was. A status that is not known to be good is bad. `bad_since`: when the newest bad
    results in a row began. What is not `known`, and not new either, is left out.

    Of a run that is not placed, only what is bad counts: it may have been elsewhere.
    """
    connection = history.connection
    connection.execute(_EMPTY)
    runs = connection.execute("select invocation_id, started_at, seconds from runs order by started_at desc").fetchall()
    runnable = frozenset(key for key in known.nodes if key.split(".", 1)[0] in RUNNABLE) if known else frozenset()
    since = _since(history, known) if known else None
    wanted: frozenset[str] | None = None
    # Without a project nobody knows when every node has been seen.
    for portion in _portions(runs, since) if known is not None else [[str(run[0]) for run in runs]]:
        if wanted is not None and not wanted:
            break
        some = "" if wanted is None else "and unique_id in (select unnest(?))"
        sql = _SEEN.format(results=history.of("result", portion), some=some, **_WORDS)
        connection.execute(sql, [portion] if wanted is None else [portion, sorted(wanted)])
        seen = connection.execute(
            "select unique_id, max(good_at), max(seen_at) from seen group by unique_id"
        ).fetchall()
        bad = frozenset(key for key, good, at in seen if good is None and _counts(key, at, known, since))
        wanted = (runnable - {key for key, _, _ in seen}) | bad
    connection.execute(_NEWEST)
    if known is not None:
        gone = [
            key
            for key, at in connection.execute("select unique_id, seen_at from newest").fetchall()
            if not _counts(key, at, known, since)
        ]
        connection.execute("delete from newest where unique_id in (select unnest(?))", [gone])


def _since(history: History, known: Known) -> datetime | None:
    """From when on what is not known is new: since the live release was made that.

    A refused deploy tried all of the project, so it has the last word on what there is, even after a rollback.
    """
    if known.at is None:
        return None
    row = history.connection.execute(
        """
        select started_at, release is null and status = 'failed'
        from runs
        where command = 'deploy' and status in ('success', 'failed') and is_placed
        order by started_at desc
        limit 1
        """
    ).fetchone()
    started, is_refused = row or (None, False)
    return started if is_refused else known.at


def _counts(key: str, seen_at: datetime, known: Known | None, since: datetime | None) -> bool:
    return known is not None and (key in known.nodes or (since is not None and seen_at >= since))


def _portions(runs: Sequence[tuple[str, datetime, float | None]], since: datetime | None = None) -> Iterator[list[str]]:
    """The invocations' ids, cut where nothing ran: whatever is in a portion is newer than all in those that follow.

    The first goes back to `since`.
    """
    ended: list[datetime] = []
    for _, started, seconds in reversed(runs):
        end = started + (_UNKNOWN if seconds is None else timedelta(seconds=seconds))
        ended.append(max(end, ended[-1]) if ended else end)
    ended.reverse()
    size, portion = _FIRST, list[str]()
    for number, (identity, started, _) in enumerate(runs):
        portion.append(identity)
        is_last = number + 1 == len(runs)
        if not is_last and since is not None and runs[number + 1][1] >= since:
            continue
        if is_last or (len(portion) >= size and ended[number + 1] <= started):
            yield portion
            size, portion = size * 2, []


_EMPTY = """
    create temp table seen (
        unique_id varchar, kind varchar, status varchar, invocation_id varchar, seen_at timestamp, good_at timestamp,
        bad_at timestamp[]
    )
"""

_WORDS = {
    "good": statuses.sql(statuses.GOOD),
    "warned": statuses.sql(statuses.WARNED),
    "silent": statuses.sql(statuses.SILENT),
}

# In one pass over what can be millions of results: aggregates, where a window would hold them all, and few columns.
_SEEN = """
    insert into seen
    with found as (
        select
            unique_id,
            kind,
            results.status,
            invocation_id,
            coalesce(results.started_at, runs.started_at) as seen_at,
            results.status not in {good} or (results.status in {warned} and kind = 'test') as is_bad
        from ({results}) as results
        inner join runs using (invocation_id)
        where
            results.status not in {silent} and invocation_id in (select unnest(?)) {some}
            and (runs.is_placed or is_bad)
    )

    select
        unique_id,
        any_value(kind),
        arg_max(status, seen_at),
        arg_max(invocation_id, seen_at),
        max(seen_at),
        max(seen_at) filter (not is_bad),
        list(seen_at) filter (is_bad)
    from found
    group by unique_id
"""

_NEWEST = """
    create temp table newest as
    with latest as (
        select
            unique_id,
            any_value(kind) as kind,
            arg_max(status, seen_at) as status,
            arg_max(invocation_id, seen_at) as invocation_id,
            max(seen_at) as seen_at,
            max(good_at) as good_at,
            flatten(list(bad_at) filter (bad_at is not null)) as bad_at
        from seen
        group by unique_id
    )

    select
        unique_id, kind, status, invocation_id, seen_at,
        list_min(list_filter(bad_at, lambda bad: good_at is null or bad > good_at)) as bad_since
    from latest
"""
