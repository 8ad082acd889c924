with visitors as (
    select * from {{ ref('int_visitors_measured') }}
),

sessions as (
    select
        visitor_id,
        max(
            case when event_count > {{ var('bot_events_per_session') }} then 1 else 0 end
        ) as has_long_session,
        max(
            case
                when
                    view_count >= {{ var('bot_fast_minimum_views') }}
                    and fast_view_count >= {{ var('bot_fast_view_share') }} * (view_count - 1)
                    then 1
                else 0
            end
        ) as has_fast_session
    from {{ ref('int_sessions_measured') }}
    group by visitor_id
),

judged as (
    select
        visitors.*,
        case
            when sessions.has_long_session = 1 then 'too_many_events_in_a_session'
            when visitors.busiest_hour_event_count > {{ var('bot_events_per_hour') }}
                then 'too_many_events_in_an_hour'
            when sessions.has_fast_session = 1 then 'views_faster_than_a_person'
            when visitors.purchase_event_count = 0 and visitors.item_count > {{ var('bot_view_only_items') }}
                then 'views_of_too_many_items_only'
        end as bot_reason
    from visitors
    inner join sessions on visitors.visitor_id = sessions.visitor_id
)

select
    *,
    bot_reason is not null as is_bot
from judged
