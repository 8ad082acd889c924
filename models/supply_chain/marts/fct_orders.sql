with orders as (
    select * from {{ ref('stg_tpch__orders') }}
),

lines as (
    select
        order_id,
        cast(count(*) as integer) as line_count,
        cast(sum(quantity) as numeric(18, 2)) as quantity,
        cast(sum(revenue_usd) as numeric(18, 4)) as revenue_usd,
        cast(sum(charged_usd) as numeric(18, 6)) as charged_usd,
        min(ship_date) as first_ship_date,
        case when count(receipt_date) = count(*) then max(receipt_date) end as last_receipt_date
    from {{ ref('int_lines_delivered') }}
    group by order_id
)

select
    orders.order_id,
    orders.customer_id,
    orders.order_date,
    orders.order_status,
    orders.order_priority,
    orders.ship_priority,
    orders.total_price_usd,
    coalesce(lines.line_count, 0) as line_count,
    cast(coalesce(lines.quantity, 0) as numeric(18, 2)) as quantity,
    cast(coalesce(lines.revenue_usd, 0) as numeric(18, 4)) as revenue_usd,
    cast(coalesce(lines.charged_usd, 0) as numeric(18, 6)) as charged_usd,
    lines.first_ship_date,
    lines.last_receipt_date
from orders
left join lines on orders.order_id = lines.order_id
