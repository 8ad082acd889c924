-- A session no longer ends after a pause longer than the gap, ends at midnight, or mixes two visitors.
with events as (
    select
        'a' as visitor_id,
        timestamp '2024-01-01 23:40:00' as occurred_at,
        timestamp '2024-01-01 23:40:00' as expected_at
    union all
    select
        'a' as visitor_id,
        timestamp '2024-01-02 00:10:00' as occurred_at,
        timestamp '2024-01-01 23:40:00' as expected_at
    union all
    select
        'a' as visitor_id,
        timestamp '2024-01-02 00:40:01' as occurred_at,
        timestamp '2024-01-02 00:40:01' as expected_at
    union all
    select
        'b' as visitor_id,
        timestamp '2024-01-02 00:11:00' as occurred_at,
        timestamp '2024-01-02 00:11:00' as expected_at
),

sessions as (
    {{ sessionise('events', 'visitor_id', 'occurred_at', 30) }}
)

select *
from sessions
where session_started_at is null or session_started_at <> expected_at
