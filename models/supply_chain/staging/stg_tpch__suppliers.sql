with source as (
    select * from {{ tpch('supplier') }}
)

select
    cast(s_suppkey as bigint) as supplier_id,
    s_name as supplier_name,
    s_address as supplier_address,
    cast(s_nationkey as integer) as nation_id,
    s_phone as phone,
    cast(s_acctbal as numeric(18, 2)) as account_balance_usd
from source
