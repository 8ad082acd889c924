-- Failing means: a part would stand below its reorder point again as soon as the proposed order is
-- received, or is proposed though its stock is above that point.
select
    part_id,
    supplier_id,
    available_quantity,
    proposed_quantity,
    reorder_point
from {{ ref('fct_reorder_proposals') }}
where available_quantity + proposed_quantity < reorder_point or available_quantity > reorder_point
