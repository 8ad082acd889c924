-- Failing means: a part lacks a week or has one twice, or its demand differs from the lines ordered in
-- these weeks.
with demand as (
    select
        part_id,
        count(*) as week_count,
        sum(ordered_quantity) as quantity
    from {{ ref('fct_part_weekly_demand') }}
    group by part_id
),

ordered as (
    select
        lines.part_id,
        sum(lines.quantity) as quantity
    from {{ ref('fct_deliveries') }} as lines
    cross join {{ ref('int_supply_as_of') }} as as_of
    where
        lines.has_known_parties
        and not lines.has_impossible_dates
        and lines.order_date >= {{ days_after('as_of.last_week_start', -7 * (var('demand_weeks') - 1)) }}
        and lines.order_date < {{ days_after('as_of.last_week_start', 7) }}
    group by lines.part_id
)

select
    demand.part_id,
    demand.week_count,
    demand.quantity,
    ordered.quantity as ordered_quantity
from demand
left join ordered on demand.part_id = ordered.part_id
where demand.week_count <> {{ var('demand_weeks') }} or demand.quantity <> coalesce(ordered.quantity, 0)
