-- Failing means: an event came later than the lookback of int_events_sessionised (var late_event_days)
-- and is in no session, or one that has gone from the feed still is. Run with --full-refresh.
select
    coalesce(events.event_id, sessions.event_id) as event_id,
    events.occurred_at
from (
    select
        event_id,
        occurred_at
    from {{ ref('stg_retailrocket__events') }}
    where defect_reason is null
) as events
full outer join {{ ref('int_events_sessionised') }} as sessions on events.event_id = sessions.event_id
where events.event_id is null or sessions.event_id is null
