with events as (
    select * from {{ ref('int_events_sessionised') }}
),

hours as (
    select
        visitor_id,
        {{ dbt.date_trunc('hour', 'occurred_at') }} as hour_start,
        count(*) as event_count
    from events
    group by visitor_id, {{ dbt.date_trunc('hour', 'occurred_at') }}
),

busiest as (
    select
        visitor_id,
        cast(max(event_count) as integer) as busiest_hour_event_count
    from hours
    group by visitor_id
),

visitors as (
    select
        visitor_id,
        cast(count(*) as integer) as event_count,
        cast(count(distinct item_id) as integer) as item_count,
        cast(sum(case when event_type <> 'view' then 1 else 0 end) as integer) as purchase_event_count
    from events
    group by visitor_id
)

select
    visitors.visitor_id,
    visitors.event_count,
    visitors.item_count,
    visitors.purchase_event_count,
    busiest.busiest_hour_event_count
from visitors
inner join busiest on visitors.visitor_id = busiest.visitor_id
