-- Failing means: the evaluation recommends an item that the visitor knew before the cut-off, which can
-- never hit and takes the place of one that might.
select
    recommended.method,
    recommended.visitor_id,
    recommended.item_id
from {{ ref('int_items_recommended') }} as recommended
inner join {{ ref('int_events_human') }} as events
    on
        recommended.visitor_id = events.visitor_id
        and recommended.item_id = events.item_id
cross join {{ ref('int_evaluation_window') }} as evaluation_window
where events.occurred_at < evaluation_window.cutoff_date
