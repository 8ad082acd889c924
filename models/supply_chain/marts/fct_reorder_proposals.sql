with positions as (
    select * from {{ ref('int_positions_decided') }}
    where decision = 'reorder'
)

select
    part_id,
    supplier_id,
    available_quantity,
    average_daily_demand,
    average_lead_time_days,
    is_lead_time_borrowed,
    safety_stock,
    reorder_point,
    missing_quantity as proposed_quantity,
    cast(missing_quantity * unit_cost_usd as numeric(18, 2)) as proposed_cost_usd,
    part_cover_days > {{ var('target_cover_days') }} as is_stocked_elsewhere
from positions
