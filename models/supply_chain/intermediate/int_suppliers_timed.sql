with suppliers as (
    select * from {{ ref('stg_tpch__suppliers') }}
),

measured as (
    select
        supplier_id,
        {{ timing_measures() }}
    from {{ ref('int_receipts_timed') }}
    group by supplier_id
),

overall as (
    select {{ timing_measures() }}
    from {{ ref('int_receipts_timed') }}
),

judged as (
    select
        suppliers.supplier_id,
        coalesce(measured.receipt_count, 0) as receipt_count,
        coalesce(measured.receipt_count, 0) < {{ var('lead_time_minimum_receipts') }} as is_lead_time_borrowed
    from suppliers
    left join measured on suppliers.supplier_id = measured.supplier_id
)

select
    judged.*,
    {%- for measure in ['average_lead_time_days', 'lead_time_spread_days', 'average_transit_days', 'transit_spread_days'] %}
    case when judged.is_lead_time_borrowed then overall.{{ measure }} else measured.{{ measure }} end as {{ measure }}
    {{- ',' if not loop.last }}
    {%- endfor %}
from judged
left join measured on judged.supplier_id = measured.supplier_id
cross join overall
