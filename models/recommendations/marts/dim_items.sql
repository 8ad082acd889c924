with items as (
    select distinct item_id from {{ ref('int_events_sessionised') }}
),

properties as (
    -- A value holds until the next one; of two at one moment the greater is taken, so that builds agree.
    select
        *,
        row_number() over (
            partition by item_id, property_name order by valid_from_at desc, property_value desc
        ) as recency
    from {{ ref('stg_retailrocket__item_properties') }}
    where valid_from_at <= {{ events_as_of() }}
),

latest as (
    select
        item_id,
        max(case when property_name = 'categoryid' then property_value end) as category_id,
        max(case when property_name = 'available' then property_value end) as availability
    from properties
    where recency = 1
    group by item_id
)

select
    items.item_id,
    latest.category_id,
    latest.availability = '1' as is_available
from items
left join latest on items.item_id = latest.item_id
