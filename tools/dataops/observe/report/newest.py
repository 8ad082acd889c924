"""The newest runs of each node or test, found by what is small: their names and times.

All else of a run (messages, queries, rows) is read of those alone. A history holds millions of runs, a page thousands.
"""

from __future__ import annotations

from dataops.observe.report.asked import Asked

TESTS = """
    kind = 'test' and test_type in ('generic', 'singular')
    and status in ('pass', 'fail', 'warn', 'error', 'runtime error', 'skipped')
    and (status <> 'skipped' or unique_id not in (select unique_id from monitors))
"""
"""Results of data tests. Of a monitor that was skipped nothing says which metrics it would have had."""

MODELS = """
    kind in ('model', 'snapshot') and status in ('success', 'error', 'skipped')
    and materialized is distinct from 'ephemeral'
"""
"""Runs of models. An ephemeral one does not run: its query is part of others."""

_MOST = 999_999
"""The longest list that DuckDB's `max(…, n)` makes."""

_NEWEST = """
    create or replace temp table newest as
    with monitors as materialized (select distinct unique_id from points),
    ran as (
        select unique_id, invocation_id, finished_at from results where finished_at is not null and {which}
        union all
        select unique_id, invocation_id, coalesce(invocations.finished_at, invocations.started_at)
        from results join invocations using (invocation_id)
        where results.finished_at is null and {which}
    )
    select unique_id, unnest(runs, recursive := true)
    from (
        select unique_id, max(struct_pack(finished_at, invocation_id), {most}) as runs
        from ran
        where finished_at >= $now::timestamp - to_days($days)
        group by unique_id
    )
"""


def newest(asked: Asked, which: str, days: int, most: int) -> None:
    """Make the table `newest`: `unique_id`, `invocation_id` and `finished_at` of the last runs of each.

    `which` is a condition on the view `results`. A run without a time of its own has that of its invocation.
    """
    asked.rows(_NEWEST.format(which=which.replace("status", "results.status"), most=min(most, _MOST)), days=days)
