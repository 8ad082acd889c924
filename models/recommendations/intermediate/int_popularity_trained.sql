with events as (
    select
        events.*,
        evaluation_window.cutoff_date
    from {{ ref('int_events_human') }} as events
    cross join {{ ref('int_evaluation_window') }} as evaluation_window
    where events.occurred_at < evaluation_window.cutoff_date
),

popularity as (
    {{ item_popularity('events', 'cutoff_date') }}
)

select
    *,
    row_number() over (order by popularity desc, item_id asc) as popularity_rank
from popularity
