with nations as (
    select * from {{ tpch('nation') }}
),

regions as (
    select * from {{ tpch('region') }}
)

select
    cast(nations.n_nationkey as integer) as nation_id,
    nations.n_name as nation_name,
    regions.r_name as region_name
from nations
left join regions on nations.n_regionkey = regions.r_regionkey
