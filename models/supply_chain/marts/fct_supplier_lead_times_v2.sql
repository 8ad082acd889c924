with suppliers as (
    select * from {{ ref('int_suppliers_timed') }}
)

select
    supplier_id,
    receipt_count,
    average_lead_time_days,
    lead_time_spread_days,
    average_transit_days,
    transit_spread_days,
    is_lead_time_borrowed
from suppliers
