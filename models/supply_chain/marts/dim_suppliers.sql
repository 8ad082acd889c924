with suppliers as (
    select * from {{ ref('stg_tpch__suppliers') }}
),

nations as (
    select * from {{ ref('stg_tpch__nations') }}
)

select
    suppliers.supplier_id,
    suppliers.supplier_name,
    suppliers.supplier_address,
    coalesce(nations.nation_name, 'Unknown') as nation_name,
    coalesce(nations.region_name, 'Unknown') as region_name,
    suppliers.phone,
    suppliers.account_balance_usd
from suppliers
left join nations on suppliers.nation_id = nations.nation_id
