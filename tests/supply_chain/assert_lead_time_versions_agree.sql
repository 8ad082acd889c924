-- Failing means: version 1 of the lead times no longer says what it promised, the transit times of version
-- 2, for the same suppliers.
select
    coalesce(old.supplier_id, new.supplier_id) as supplier_id,
    old.lead_time_days,
    new.average_transit_days
from {{ ref('fct_supplier_lead_times', v=1) }} as old
full outer join {{ ref('fct_supplier_lead_times', v=2) }} as new on old.supplier_id = new.supplier_id
where
    old.supplier_id is null
    or new.supplier_id is null
    or coalesce(old.lead_time_days, -1) <> coalesce(new.average_transit_days, -1)
    or coalesce(old.lead_time_spread_days, -1) <> coalesce(new.transit_spread_days, -1)
