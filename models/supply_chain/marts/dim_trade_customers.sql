with customers as (
    select * from {{ ref('stg_tpch__customers') }}
),

nations as (
    select * from {{ ref('stg_tpch__nations') }}
)

select
    customers.customer_id,
    customers.customer_name,
    customers.customer_address,
    coalesce(nations.nation_name, 'Unknown') as nation_name,
    coalesce(nations.region_name, 'Unknown') as region_name,
    customers.phone,
    customers.account_balance_usd,
    customers.market_segment
from customers
left join nations on customers.nation_id = nations.nation_id
