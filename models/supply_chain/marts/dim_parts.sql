with parts as (
    select * from {{ ref('stg_tpch__parts') }}
)

select
    part_id,
    part_name,
    manufacturer,
    brand,
    part_type,
    part_size,
    container,
    retail_price_usd,
    part_type like 'PROMO%' as is_promotion
from parts
