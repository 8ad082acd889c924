with source as (
    select * from {{ tpch('part') }}
)

select
    cast(p_partkey as bigint) as part_id,
    p_name as part_name,
    p_mfgr as manufacturer,
    p_brand as brand,
    p_type as part_type,
    cast(p_size as integer) as part_size,
    p_container as container,
    cast(p_retailprice as numeric(18, 2)) as retail_price_usd
from source
