with parts as (
    select * from {{ ref('stg_tpch__parts') }}
),

weeks as (
    select * from {{ ref('int_supply_weeks') }}
),

demand as (
    select
        part_id,
        week_start,
        sum(line_count) as line_count,
        sum(ordered_quantity) as ordered_quantity
    from {{ ref('int_demand_by_week') }}
    group by part_id, week_start
)

select
    parts.part_id,
    weeks.week_start,
    cast(coalesce(demand.line_count, 0) as integer) as line_count,
    cast(coalesce(demand.ordered_quantity, 0) as numeric(18, 2)) as ordered_quantity
from parts
cross join weeks
left join demand on parts.part_id = demand.part_id and weeks.week_start = demand.week_start
