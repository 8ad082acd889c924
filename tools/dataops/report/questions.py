"""Questions to the history, with the moment that days are counted back from; the newest runs of each node or test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from dataops.project.statuses import IDLE, SKIPPED, sql

Row = dict[str, Any]

_AT_ONCE = 2_000
"""Rows held beside those that are made of them."""


@dataclass(frozen=True)
class Asked:
    """A history, and what is asked of it. `now` is in UTC; `most`: runs of each node or test that are told.

    `connection` has the views of docs/history.md; `manifest` is dbt's, as it writes it.
    """

    connection: duckdb.DuckDBPyConnection
    manifest: Mapping[str, Any]
    now: datetime
    most: int

    def rows(self, sql: str, **given: Any) -> list[Row]:
        """The rows of a query that may name `$now` and whatever else is given."""
        return list(self.each(sql, **given))

    def each(self, sql: str, **given: Any) -> Iterator[Row]:
        """The same, row by row: no other query can be asked before the last."""
        named = {"now": self.now, **given}
        ran = self.connection.execute(sql, {key: value for key, value in named.items() if f"${key}" in sql})
        names = [each[0] for each in ran.description or ()]
        while rows := ran.fetchmany(_AT_ONCE):
            for row in rows:
                yield dict(zip(names, row, strict=True))


def iso(moment: datetime | None) -> str | None:
    """A time as Elementary's models write it. Those of the history are in UTC."""
    return f"{moment.isoformat(timespec='seconds')}+00:00" if moment else None


TESTS = f"""
    kind = 'test' and test_type in ('generic', 'singular')
    and results.status not in {sql(IDLE)}
    and (results.status not in {sql(SKIPPED)} or unique_id not in (select unique_id from monitors))
"""  # noqa: S608
"""Results of data tests. Of a monitor that was skipped nothing says which metrics it would have had."""

MODELS = f"""
    kind in ('model', 'snapshot') and results.status not in {sql(IDLE)}
    and materialized is distinct from 'ephemeral'
"""
"""Runs of models. An ephemeral one does not run: its query is part of others."""

_MOST = 999_999
"""The longest list that DuckDB's `max(…, n)` makes."""

LATEST = "semi join (select * from told where invocations_rank_index = 1) using (invocation_id, unique_id)"
"""What is kept of the last runs alone."""

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

_TOLD = """
    create or replace temp table told as
    with verdicts as (
        select
            invocation_id, unique_id, metric,
            bool_or(is_anomaly and is_detected) as fires, bool_or(dimension is not null) as by_dimension
        from points
        semi join newest using (invocation_id, unique_id)
        group by all
    ),
    results as (
        select
            tests.invocation_id, tests.unique_id, newest.finished_at, tests.status, tests.message, tests.seconds,
            tests.failures, verdicts.metric, verdicts.fires, coalesce(verdicts.by_dimension, false) as by_dimension,
            concat_ws('.', tests.unique_id, coalesce(tests.column_name, 'None'),
                case when verdicts.by_dimension then 'dimension' else coalesce(verdicts.metric, tests.test_type) end
            ) as elementary_unique_id
        from tests
        join newest using (invocation_id, unique_id)
        left join verdicts using (invocation_id, unique_id)
    )
    select
        *,
        date_diff('day', finished_at, $now::timestamp) as days_diff,
        row_number() over (
            partition by elementary_unique_id order by finished_at desc, invocation_id desc
        ) as invocations_rank_index
    from results
"""
"""A row a result: one of each test that is no monitor, and one of each metric of a monitor."""


def newest(asked: Asked, which: str, days: int, most: int) -> None:
    """Make the table `newest`: `unique_id`, `invocation_id` and `finished_at` of the last runs of each.

    `which` is a condition on the view `results`. A run without a time of its own has that of its invocation.
    """
    asked.rows(_NEWEST.format(which=which, most=min(most, _MOST)), days=days)


def newest_results(asked: Asked, days: int, most: int) -> None:
    """Make the table `told`: the last results of each test, of which number 1 is the latest."""
    newest(asked, TESTS, days, most)
    asked.rows(_TOLD)
