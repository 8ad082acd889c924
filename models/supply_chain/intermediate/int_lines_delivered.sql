{{
    config(
        materialized='incremental',
        unique_key=['order_id', 'line_number'],
        on_schema_change='fail'
    )
}}

with lines as (
    select * from {{ ref('stg_tpch__lines') }}
),

orders as (
    select * from {{ ref('stg_tpch__orders') }}
),

suppliers as (
    select * from {{ ref('stg_tpch__suppliers') }}
),

positions as (
    select * from {{ ref('stg_tpch__positions') }}
)

select
    lines.*,
    orders.customer_id,
    orders.order_date,
    orders.order_priority,
    cast(lines.gross_usd * (1 - lines.discount_rate) as numeric(18, 4)) as revenue_usd,
    cast(lines.gross_usd * (1 - lines.discount_rate) * (1 + lines.tax_rate) as numeric(18, 6)) as charged_usd,
    cast(lines.quantity * positions.unit_cost_usd as numeric(18, 2)) as cost_usd,
    orders.order_id is not null and suppliers.supplier_id is not null as has_known_parties,
    coalesce(lines.ship_date < orders.order_date or lines.receipt_date < lines.ship_date, false)
        as has_impossible_dates
from lines
left join orders on lines.order_id = orders.order_id
left join suppliers on lines.supplier_id = suppliers.supplier_id
left join positions on lines.part_id = positions.part_id and lines.supplier_id = positions.supplier_id
{% if is_incremental() %}
-- A line changes until it is received, and goes by its order's date, so lines of the newest orders are read
-- again and replace their earlier copy. Those without an order may get one on any day.
where
    orders.order_date is null
    or orders.order_date >= (
        select {{ days_after('max(loaded.order_date)', -var('late_line_days')) }}
        from {{ this }} as loaded
        where not loaded.has_impossible_dates
    )
{% endif %}
