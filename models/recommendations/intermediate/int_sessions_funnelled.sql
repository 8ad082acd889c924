with events as (
    select * from {{ ref('int_events_sessionised') }}
),

viewed as (
    select
        *,
        min(case when event_type = 'view' then occurred_at end) over (partition by session_id) as viewed_at
    from events
),

carted as (
    select
        *,
        min(case when event_type = 'addtocart' and occurred_at >= viewed_at then occurred_at end)
            over (partition by session_id) as carted_at
    from viewed
)

-- A step counts only after the step before it, so the counts can but fall along the funnel.
select
    session_id,
    min(viewed_at) as viewed_at,
    min(carted_at) as carted_at,
    min(case when event_type = 'transaction' and occurred_at >= carted_at then occurred_at end) as bought_at
from carted
group by session_id
