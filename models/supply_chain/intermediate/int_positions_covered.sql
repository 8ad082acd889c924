with positions as (
    select * from {{ ref('int_positions_demanded') }}
),

pooled as (
    select
        part_id,
        sum(available_quantity) as available_quantity,
        sum(average_daily_demand) as average_daily_demand
    from positions
    group by part_id
)

select
    positions.*,
    {{ safe_divide('positions.available_quantity', 'positions.average_daily_demand', 1) }} as cover_days,
    {{ safe_divide('pooled.available_quantity', 'pooled.average_daily_demand', 1) }} as part_cover_days
from positions
inner join pooled on positions.part_id = pooled.part_id
