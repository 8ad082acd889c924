with positions as (
    select
        *,
        cast(lead_time_demand + safety_stock as numeric(18, 2)) as reorder_point,
        cast(average_daily_demand * {{ var('target_cover_days') }} as numeric(18, 6)) as target_quantity
    from {{ ref('int_positions_buffered') }}
)

select
    *,
    cast(
        greatest(ceil(greatest(reorder_point, target_quantity) - available_quantity), 1) as integer
    ) as missing_quantity,
    case
        when average_daily_demand = 0 then 'no demand'
        when reorder_point is null then 'unknown lead time'
        when available_quantity > reorder_point then 'above reorder point'
        when available_quantity > target_quantity then 'above target cover'
        else 'reorder'
    end as decision
from positions
