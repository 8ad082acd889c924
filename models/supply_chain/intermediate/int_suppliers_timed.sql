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
    case
        when judged.is_lead_time_borrowed then overall.average_lead_time_days
        else measured.average_lead_time_days
    end as average_lead_time_days,
    case
        when judged.is_lead_time_borrowed then overall.lead_time_spread_days
        else measured.lead_time_spread_days
    end as lead_time_spread_days,
    case
        when judged.is_lead_time_borrowed then overall.average_transit_days
        else measured.average_transit_days
    end as average_transit_days,
    case
        when judged.is_lead_time_borrowed then overall.transit_spread_days
        else measured.transit_spread_days
    end as transit_spread_days
from judged
left join measured on judged.supplier_id = measured.supplier_id
cross join overall
