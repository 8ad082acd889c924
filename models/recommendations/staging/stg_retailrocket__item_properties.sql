with source as (
    select * from {{ retailrocket('item_properties') }}
)

-- Only two properties are in clear, the values of the others are hashed. Rows alike are one sent twice.
select distinct
    cast(itemid as {{ dbt.type_string() }}) as item_id,
    property as property_name,
    cast(value as {{ dbt.type_string() }}) as property_value,
    {{ timestamp_of_epoch_ms('timestamp') }} as valid_from_at
from source
where property in ('categoryid', 'available')
