-- Failing means: stock positions were lost before a decision was made on them, for example all of them as
-- the var service_level is not in the seed service_levels.
with decided as (
    select
        part_id,
        supplier_id
    from {{ ref('int_positions_decided') }}
)

select
    cover.part_id,
    cover.supplier_id
from {{ ref('fct_stock_cover') }} as cover
left join decided on cover.part_id = decided.part_id and cover.supplier_id = decided.supplier_id
where decided.part_id is null
