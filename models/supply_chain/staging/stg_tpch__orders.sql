with source as (
    select * from {{ tpch('orders') }}
),

numbered as (
    -- Of an order sent more than once, the copy that is furthest (F before O and P) and costs most.
    select
        *,
        row_number() over (
            partition by o_orderkey
            order by
                o_orderstatus asc,
                cast(o_totalprice as numeric(18, 2)) desc,
                o_orderdate desc,
                o_custkey asc
        ) as copy_number
    from source
)

select
    cast(o_orderkey as bigint) as order_id,
    cast(o_custkey as bigint) as customer_id,
    o_orderstatus as order_status,
    cast(o_totalprice as numeric(18, 2)) as total_price_usd,
    cast(o_orderdate as date) as order_date,
    o_orderpriority as order_priority,
    cast(o_shippriority as integer) as ship_priority
from numbered
where copy_number = 1
