-- Failing means: events were lost or counted twice on the way to a mart. Interactions and popularity
-- must hold the events of people, sessions those of bots as well.
with counted as (
    select
        (select count(*) from {{ ref('int_events_sessionised') }}) as event_count,
        (select sum(event_count) from {{ ref('fct_sessions') }}) as session_event_count,
        (
            select sum(event_count)
            from {{ ref('fct_sessions') }}
            where not is_bot
        ) as human_event_count,
        (
            select sum(view_count + addtocart_count + transaction_count) from {{ ref('fct_interactions') }}
        ) as interaction_event_count,
        (select sum(event_count) from {{ ref('fct_item_popularity') }}) as popularity_event_count
)

select *
from counted
where
    event_count <> session_event_count
    or human_event_count <> interaction_event_count
    or human_event_count <> popularity_event_count
