with events as (
    select * from {{ ref('int_events_sessionised') }}
),

paced as (
    -- Among events of one kind: a basket's purchases come in one burst.
    select
        *,
        lag(occurred_at) over (partition by session_id, event_type order by occurred_at) as previous_at
    from events
)

select
    session_id,
    visitor_id,
    session_started_at,
    max(occurred_at) as session_ended_at,
    cast(count(*) as integer) as event_count,
    cast(count(distinct item_id) as integer) as item_count,
    cast(sum(case when event_type = 'view' then 1 else 0 end) as integer) as view_count,
    cast(sum(case when event_type = 'addtocart' then 1 else 0 end) as integer) as addtocart_count,
    cast(sum(case when event_type = 'transaction' then 1 else 0 end) as integer) as transaction_count,
    cast(sum(
        case
            when
                event_type = 'view'
                and {{ epoch_ms_of('occurred_at') }} - {{ epoch_ms_of('previous_at') }}
                < {{ var('bot_fast_view_ms') }}
                then 1
            else 0
        end
    ) as integer) as fast_view_count
from paced
group by session_id, visitor_id, session_started_at
