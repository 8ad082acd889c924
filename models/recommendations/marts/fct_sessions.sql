with sessions as (
    select * from {{ ref('int_sessions_measured') }}
),

funnel as (
    select * from {{ ref('int_sessions_funnelled') }}
),

visitors as (
    select * from {{ ref('int_visitors_flagged') }}
)

select
    sessions.session_id,
    sessions.visitor_id,
    sessions.session_started_at,
    sessions.session_ended_at,
    cast(sessions.session_started_at as date) as session_date,
    cast(
        floor(
            (
                {{ epoch_ms_of('sessions.session_ended_at') }}
                - {{ epoch_ms_of('sessions.session_started_at') }}
            ) / 1000
        ) as integer
    ) as duration_seconds,
    sessions.event_count,
    sessions.item_count,
    sessions.view_count,
    sessions.addtocart_count,
    sessions.transaction_count,
    funnel.viewed_at is not null as has_viewed,
    funnel.carted_at is not null as has_carted,
    funnel.bought_at is not null as has_bought,
    visitors.is_bot,
    visitors.bot_reason
from sessions
inner join funnel on sessions.session_id = funnel.session_id
inner join visitors on sessions.visitor_id = visitors.visitor_id
