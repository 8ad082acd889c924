{{
    config(
        materialized='incremental',
        unique_key='event_id',
        on_schema_change='fail'
    )
}}

with events as (
    select * from {{ ref('stg_retailrocket__events') }}
    where defect_reason is null
),

{% if is_incremental() %}
loaded as (
    select * from {{ this }}
),

lookback as (
    select
        coalesce(
            {{ dbt.dateadd('day', -var('late_event_days'), 'max(occurred_at)') }},
            cast('1970-01-01' as timestamp)
        ) as opens_at
    from loaded
),

straddling as (
    -- Sessions that an event from the opening on can still lengthen: they are read again from their start.
    select
        loaded.visitor_id,
        min(loaded.session_started_at) as opens_at
    from loaded
    cross join lookback
    where loaded.occurred_at >= {{ dbt.dateadd('minute', -var('session_gap_minutes'), 'lookback.opens_at') }}
    group by loaded.visitor_id
),
{% endif %}

affected as (
    select events.*
    from events
    {% if is_incremental() %}
    cross join lookback
    left join straddling on events.visitor_id = straddling.visitor_id
    where
        events.occurred_at
        >= case
            when straddling.opens_at < lookback.opens_at then straddling.opens_at
            else lookback.opens_at
        end
    {% endif %}
),

sessionised as (
    {{ sessionise('affected', 'visitor_id', 'occurred_at', var('session_gap_minutes')) }}
)

select
    event_id,
    visitor_id || '-' || {{ epoch_ms_of('session_started_at') }} as session_id,
    visitor_id,
    item_id,
    event_type,
    transaction_id,
    occurred_at,
    session_started_at
from sessionised
