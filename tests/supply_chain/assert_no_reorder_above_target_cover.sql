-- Failing means: a part is proposed for reorder at a supplier where its stock already lasts longer than
-- target_cover_days, so money would be tied up for nothing.
select
    proposals.part_id,
    proposals.supplier_id,
    cover.cover_days
from {{ ref('fct_reorder_proposals') }} as proposals
inner join {{ ref('fct_stock_cover') }} as cover
    on proposals.part_id = cover.part_id and proposals.supplier_id = cover.supplier_id
where cover.cover_days > {{ var('target_cover_days') }}
