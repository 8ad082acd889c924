with source as (
    select * from {{ tpch('customer') }}
)

select
    cast(c_custkey as bigint) as customer_id,
    c_name as customer_name,
    c_address as customer_address,
    cast(c_nationkey as integer) as nation_id,
    c_phone as phone,
    cast(c_acctbal as numeric(18, 2)) as account_balance_usd,
    c_mktsegment as market_segment
from source
