with events as (
    select * from {{ ref('int_events_human') }}
),

newest as (
    select cast(max(occurred_at) as date) as as_of_date
    from events
)

select
    as_of_date,
    {{ days_after('as_of_date', 1 - var('evaluation_days')) }} as cutoff_date
from newest
