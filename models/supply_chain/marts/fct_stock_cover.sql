with positions as (
    select * from {{ ref('int_positions_covered') }}
)

select
    part_id,
    supplier_id,
    available_quantity,
    unit_cost_usd,
    cast(available_quantity * unit_cost_usd as numeric(18, 2)) as stock_value_usd,
    average_daily_demand,
    cover_days,
    part_cover_days,
    case
        when cover_days is null then 'no demand'
        when available_quantity = 0 then 'out of stock'
        when cover_days > {{ var('target_cover_days') }} then 'above target'
        else 'within target'
    end as cover_status
from positions
