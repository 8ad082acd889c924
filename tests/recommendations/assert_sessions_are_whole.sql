-- Failing means: within a session there is a pause longer than the gap, so two sessions were taken for
-- one.
with events as (
    select
        *,
        lag(occurred_at) over (partition by session_id order by occurred_at) as previous_at
    from {{ ref('int_events_sessionised') }}
)

select
    event_id,
    session_id
from events
where occurred_at > {{ dbt.dateadd('minute', var('session_gap_minutes'), 'previous_at') }}
