with events as (
    select
        events.*,
        evaluation_window.as_of_date
    from {{ ref('int_events_human') }} as events
    cross join {{ ref('int_evaluation_window') }} as evaluation_window
),

popularity as (
    {{ item_popularity('events', 'as_of_date') }}
)

select
    *,
    cast(row_number() over (order by popularity desc, item_id asc) as integer) as popularity_rank
from popularity
