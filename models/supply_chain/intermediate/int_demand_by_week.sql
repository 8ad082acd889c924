with lines as (
    select * from {{ ref('int_lines_delivered') }}
),

weeks as (
    select * from {{ ref('int_supply_weeks') }}
),

dated as (
    select
        part_id,
        supplier_id,
        quantity,
        {{ week_of('order_date') }} as week_start
    from lines
    where has_known_parties and not has_impossible_dates
)

select
    dated.part_id,
    dated.supplier_id,
    dated.week_start,
    cast(count(*) as integer) as line_count,
    cast(sum(dated.quantity) as numeric(18, 2)) as ordered_quantity
from dated
inner join weeks on dated.week_start = weeks.week_start
group by dated.part_id, dated.supplier_id, dated.week_start
