-- Failing means: fct_order_ageing leaves out open orders, or an order is called open whose last line is
-- received.
with counted as (
    select
        (select count(*) from {{ ref('fct_open_orders') }}) as open_count,
        (select coalesce(sum(order_count), 0) from {{ ref('fct_order_ageing') }}) as aged_count,
        (
            select count(*)
            from {{ ref('fct_orders') }} as orders
            cross join {{ ref('int_supply_as_of') }} as as_of
            where
                orders.line_count > 0
                and orders.order_date <= as_of.as_of_date
                and coalesce(orders.last_receipt_date > as_of.as_of_date, true)
        ) as unreceived_count
)

select *
from counted
where open_count <> aged_count or open_count <> unreceived_count
