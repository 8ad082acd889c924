with positions as (
    select * from {{ ref('stg_tpch__positions') }}
),

summed as (
    select
        part_id,
        supplier_id,
        sum(ordered_quantity) as total,
        sum(ordered_quantity * ordered_quantity) as total_of_squares
    from {{ ref('int_demand_by_week') }}
    group by part_id, supplier_id
),

filled as (
    -- Weeks without an order add 0 to both sums; they count in the number of weeks.
    select
        positions.*,
        coalesce(summed.total, 0) as total,
        coalesce(summed.total_of_squares, 0) as total_of_squares
    from positions
    left join summed on positions.part_id = summed.part_id and positions.supplier_id = summed.supplier_id
)

-- From weeks to days: the mean by 7, the spread by the root of 7, as days are taken to be independent.
select
    part_id,
    supplier_id,
    available_quantity,
    unit_cost_usd,
    {{ safe_divide('total', 7 * var('demand_weeks'), 6) }} as average_daily_demand,
    cast(
        {{ spread_of_sums(var('demand_weeks'), 'total', 'total_of_squares') }} / sqrt(7) as numeric(18, 6)
    ) as daily_demand_spread
from filled
