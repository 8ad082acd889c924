with source as (
    select * from {{ tpch('partsupp') }}
),

numbered as (
    -- Nothing says which copy is newer; the one with less stock is the safer one to plan with.
    select
        *,
        row_number() over (
            partition by ps_partkey, ps_suppkey
            order by cast(ps_availqty as integer) asc, cast(ps_supplycost as numeric(18, 2)) desc
        ) as copy_number
    from source
)

select
    cast(ps_partkey as bigint) as part_id,
    cast(ps_suppkey as bigint) as supplier_id,
    cast(ps_availqty as integer) as sent_quantity,
    greatest(cast(ps_availqty as integer), 0) as available_quantity,
    cast(ps_supplycost as numeric(18, 2)) as unit_cost_usd
from numbered
where copy_number = 1
