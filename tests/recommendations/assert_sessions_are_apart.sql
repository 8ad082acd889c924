-- Failing means: two sessions of a visitor lie no further apart than the gap, so one session was cut in
-- two, by an increment or by midnight; or they overlap.
with sessions as (
    select
        *,
        lag(session_ended_at) over (partition by visitor_id order by session_started_at) as previous_ended_at
    from {{ ref('int_sessions_measured') }}
)

select
    session_id,
    previous_ended_at
from sessions
where session_started_at <= {{ dbt.dateadd('minute', var('session_gap_minutes'), 'previous_ended_at') }}
