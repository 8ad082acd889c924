with positions as (
    select * from {{ ref('int_positions_covered') }}
),

suppliers as (
    select * from {{ ref('int_suppliers_timed') }}
),

service_levels as (
    select * from {{ ref('service_levels') }}
    where service_level = cast({{ var('service_level') }} as numeric(6, 3))
)

select
    positions.*,
    suppliers.average_lead_time_days,
    suppliers.is_lead_time_borrowed,
    cast(positions.average_daily_demand * suppliers.average_lead_time_days as numeric(18, 2))
        as lead_time_demand,
    {{
        safety_stock(
            'service_levels.z_score',
            'suppliers.average_lead_time_days',
            'suppliers.lead_time_spread_days',
            'positions.average_daily_demand',
            'positions.daily_demand_spread',
        )
    }} as safety_stock
from positions
inner join suppliers on positions.supplier_id = suppliers.supplier_id
cross join service_levels
