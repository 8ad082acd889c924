with events as (
    select
        events.*,
        {{ days_between('events.occurred_at', 'evaluation_window.as_of_date') }} as age_days
    from {{ ref('int_events_human') }} as events
    cross join {{ ref('int_evaluation_window') }} as evaluation_window
)

select
    visitor_id,
    item_id,
    cast(sum(case when event_type = 'view' then 1 else 0 end) as integer) as view_count,
    cast(sum(case when event_type = 'addtocart' then 1 else 0 end) as integer) as addtocart_count,
    cast(sum(case when event_type = 'transaction' then 1 else 0 end) as integer) as transaction_count,
    cast(sum(event_weight) as numeric(18, 2)) as interaction_weight,
    cast(sum(event_weight * {{ time_decay('age_days') }}) as numeric(18, 6)) as decayed_weight,
    min(occurred_at) as first_interaction_at,
    max(occurred_at) as last_interaction_at,
    cast(min(age_days) as integer) as recency_days
from events
group by visitor_id, item_id
