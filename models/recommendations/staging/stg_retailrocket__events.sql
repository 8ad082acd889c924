with source as (
    select * from {{ retailrocket('events') }}
),

events as (
    -- Events carry no id: two rows alike, to the millisecond, are one event sent twice.
    select distinct
        cast(visitorid as {{ dbt.type_string() }}) as visitor_id,
        cast(itemid as {{ dbt.type_string() }}) as item_id,
        event as event_type,
        nullif(cast(transactionid as {{ dbt.type_string() }}), '') as transaction_id,
        cast(timestamp as bigint) as occurred_ms
    from source
),

timed as (
    select
        *,
        {{ timestamp_of_epoch_ms('occurred_ms') }} as occurred_at
    from events
)

select
    {{ dbt.hash(
        "visitor_id || '|' || item_id || '|' || event_type"
        ~ " || '|' || coalesce(transaction_id, '') || '|' || occurred_ms"
    ) }} as event_id,
    visitor_id,
    item_id,
    event_type,
    transaction_id,
    occurred_at,
    case
        when event_type not in ('view', 'addtocart', 'transaction') then 'unknown_event_type'
        when occurred_at > {{ events_as_of() }} then 'in_the_future'
        when event_type = 'transaction' and transaction_id is null then 'transaction_without_id'
    end as defect_reason
from timed
