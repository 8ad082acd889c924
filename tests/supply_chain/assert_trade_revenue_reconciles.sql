-- Failing means: revenue was lost or counted twice between the deliveries and the months. The two must
-- agree to the last place, but for lines whose order was not sent, which have no month.
with delivered as (
    select sum(revenue_usd) as usd
    from {{ ref('fct_deliveries') }}
    where order_date is not null
),

booked as (
    select sum(revenue_usd) as usd
    from {{ ref('fct_trade_revenue_months') }}
)

select
    delivered.usd as delivered_usd,
    booked.usd as booked_usd
from delivered
cross join booked
where coalesce(delivered.usd, 0) <> coalesce(booked.usd, 0)
