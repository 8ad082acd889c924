with open_orders as (
    select * from {{ ref('fct_open_orders') }}
)

select
    age_bucket,
    order_priority,
    cast(count(*) as integer) as order_count,
    cast(sum(case when is_overdue then 1 else 0 end) as integer) as overdue_order_count,
    cast(sum(open_line_count) as integer) as open_line_count,
    cast(sum(open_revenue_usd) as numeric(18, 4)) as open_revenue_usd
from open_orders
group by age_bucket, order_priority
