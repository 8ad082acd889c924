with lines as (
    select * from {{ ref('int_lines_delivered') }}
),

as_of as (
    select * from {{ ref('int_supply_as_of') }}
),

-- Whether a line is open is told by the day of receipt, so that any past day can be looked at.
open_orders as (
    select
        lines.order_id,
        lines.customer_id,
        lines.order_date,
        lines.order_priority,
        as_of.as_of_date,
        cast(count(*) as integer) as open_line_count,
        cast(sum(lines.revenue_usd) as numeric(18, 4)) as open_revenue_usd,
        min(lines.commit_date) as first_commit_date
    from lines
    inner join as_of
        on
            lines.order_date <= as_of.as_of_date
            and (lines.receipt_date is null or lines.receipt_date > as_of.as_of_date)
    group by lines.order_id, lines.customer_id, lines.order_date, lines.order_priority, as_of.as_of_date
)

select
    order_id,
    customer_id,
    order_date,
    order_priority,
    cast({{ days_between('order_date', 'as_of_date') }} as integer) as age_days,
    {{ age_bucket(days_between('order_date', 'as_of_date')) }} as age_bucket,
    open_line_count,
    open_revenue_usd,
    first_commit_date,
    first_commit_date < as_of_date as is_overdue
from open_orders
