with lines as (
    select * from {{ ref('int_lines_delivered') }}
    where order_date is not null
),

customers as (
    select * from {{ ref('dim_trade_customers') }}
),

suppliers as (
    select * from {{ ref('dim_suppliers') }}
)

select
    {{ month_of('lines.order_date') }} as order_month,
    coalesce(customers.nation_name, 'Unknown') as customer_nation_name,
    coalesce(customers.region_name, 'Unknown') as customer_region_name,
    coalesce(suppliers.nation_name, 'Unknown') as supplier_nation_name,
    coalesce(suppliers.region_name, 'Unknown') as supplier_region_name,
    cast(count(*) as integer) as line_count,
    cast(sum(lines.quantity) as numeric(18, 2)) as quantity,
    cast(sum(lines.gross_usd) as numeric(18, 2)) as gross_usd,
    cast(sum(lines.revenue_usd) as numeric(18, 4)) as revenue_usd,
    cast(sum(lines.revenue_usd - lines.cost_usd) as numeric(18, 4)) as margin_usd
from lines
left join customers on lines.customer_id = customers.customer_id
left join suppliers on lines.supplier_id = suppliers.supplier_id
group by
    {{ month_of('lines.order_date') }},
    coalesce(customers.nation_name, 'Unknown'),
    coalesce(customers.region_name, 'Unknown'),
    coalesce(suppliers.nation_name, 'Unknown'),
    coalesce(suppliers.region_name, 'Unknown')
