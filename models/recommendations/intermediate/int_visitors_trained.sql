with events as (
    select
        events.visitor_id,
        events.item_id,
        max(events.occurred_at) as last_event_at
    from {{ ref('int_events_human') }} as events
    cross join {{ ref('int_evaluation_window') }} as evaluation_window
    where events.occurred_at < evaluation_window.cutoff_date
    group by events.visitor_id, events.item_id
)

select
    visitor_id,
    item_id,
    row_number() over (partition by visitor_id order by last_event_at desc, item_id asc) as recency_rank,
    count(*) over (partition by visitor_id) as seen_item_count
from events
