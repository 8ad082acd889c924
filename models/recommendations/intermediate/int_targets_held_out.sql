with events as (
    select distinct
        events.visitor_id,
        events.item_id
    from {{ ref('int_events_human') }} as events
    cross join {{ ref('int_evaluation_window') }} as evaluation_window
    where events.occurred_at >= evaluation_window.cutoff_date
),

seen as (
    select * from {{ ref('int_visitors_trained') }}
),

known as (
    select distinct
        visitor_id,
        seen_item_count
    from seen
)

-- Visitors known before the cut-off, and what was new to them after it: to recommend the known is no merit.
select
    events.visitor_id,
    events.item_id,
    known.seen_item_count
from events
inner join known on events.visitor_id = known.visitor_id
left join seen on events.visitor_id = seen.visitor_id and events.item_id = seen.item_id
where seen.item_id is null
