with events as (
    select * from {{ ref('int_events_human') }}
)

select
    session_id,
    item_id,
    min(occurred_at) as first_event_at
from events
group by session_id, item_id
