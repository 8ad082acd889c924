with events as (
    select * from {{ ref('int_events_sessionised') }}
),

visitors as (
    select * from {{ ref('int_visitors_flagged') }}
)

-- The step at which bots are dropped, with all that they did: models before it hold them, none after it.
select
    events.event_id,
    events.session_id,
    events.visitor_id,
    events.item_id,
    events.event_type,
    cast({{ event_weight('events.event_type') }} as numeric(9, 2)) as event_weight,
    events.occurred_at
from events
inner join visitors on events.visitor_id = visitors.visitor_id
where not visitors.is_bot
