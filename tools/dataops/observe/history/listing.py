"""The last invocations, with how many nodes ended how."""

from __future__ import annotations

from dataops import statuses
from dataops.observe.history.facts import Listed
from dataops.observe.history.reader import History

_NEWEST = "select invocation_id from invocations order by started_at desc, invocation_id limit ?"

_LAST = """
    with latest as (
        select * from ({invocations})
    ),

    counted as (
        select
            invocation_id,
            count(*) as nodes,
            count(*) filter (where status not in {fine}) as failed,
            count(*) filter (where status in {warned}) as warned,
            count(*) filter (where status in {skipped}) as skipped
        from (
            select invocation_id, status from ({results})
            union all
            select invocation_id, status from ({freshness})
        )
        group by invocation_id
    )

    select
        latest.invocation_id, command, status, started_at, seconds, target, revision, user, host, job_url, release,
        coalesce(nodes, 0), coalesce(failed, 0), coalesce(warned, 0), coalesce(skipped, 0)
    from latest
    left join counted on latest.invocation_id = counted.invocation_id
    where list_contains(?, latest.invocation_id)
    order by started_at, latest.invocation_id"""


def last(history: History, most: int) -> list[Listed]:
    """At most so many invocations, the latest last."""
    newest = [row[0] for row in history.connection.execute(_NEWEST, [most]).fetchall()]
    kinds = {"invocations": "invocation", "results": "result", "freshness": "freshness"}
    sql = _LAST.format(
        **{name: history.of(kind, newest) for name, kind in kinds.items()},
        fine=statuses.sql(set(statuses.KNOWN) - set(statuses.FAILED)),
        warned=statuses.sql(statuses.WARNED),
        skipped=statuses.sql(statuses.SKIPPED),
    )
    return [Listed(*row) for row in history.connection.execute(sql, [newest]).fetchall()]
