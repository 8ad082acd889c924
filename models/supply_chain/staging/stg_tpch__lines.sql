with source as (
    select * from {{ tpch('lineitem') }}
),

numbered as (
    -- A corrected line is sent again under its number. Nothing says when, so the copy that is received last
    -- is taken.
    select
        *,
        row_number() over (
            partition by l_orderkey, l_linenumber
            order by
                cast(l_receiptdate as date) desc nulls last,
                l_shipdate desc,
                l_returnflag desc,
                l_extendedprice desc,
                l_suppkey asc
        ) as copy_number
    from source
)

select
    cast(l_orderkey as bigint) as order_id,
    cast(l_linenumber as integer) as line_number,
    cast(l_partkey as bigint) as part_id,
    cast(l_suppkey as bigint) as supplier_id,
    cast(l_quantity as numeric(18, 2)) as quantity,
    cast(l_extendedprice as numeric(18, 2)) as gross_usd,
    cast(l_discount as numeric(4, 2)) as discount_rate,
    cast(l_tax as numeric(4, 2)) as tax_rate,
    l_returnflag as return_flag,
    l_linestatus as line_status,
    cast(l_shipdate as date) as ship_date,
    cast(l_commitdate as date) as commit_date,
    cast(l_receiptdate as date) as receipt_date,
    l_shipinstruct as ship_instruction,
    l_shipmode as ship_mode
from numbered
where copy_number = 1
