{{ config(materialized='view') }}

-- What version 1 calls lead time is the transit time: it leaves out the days before shipment.
select
    supplier_id,
    receipt_count,
    average_transit_days as lead_time_days,
    transit_spread_days as lead_time_spread_days
from {{ ref('fct_supplier_lead_times', v=2) }}
