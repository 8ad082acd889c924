-- Failing means: a pair of items has another number of sessions, or another lift, than the same pair
-- the other way round, so sessions were counted twice or a row was lost.
select
    pairs.item_id,
    pairs.other_item_id
from {{ ref('fct_item_pairs') }} as pairs
left join {{ ref('fct_item_pairs') }} as mirrored
    on
        pairs.item_id = mirrored.other_item_id
        and pairs.other_item_id = mirrored.item_id
where
    mirrored.item_id is null
    or pairs.session_count <> mirrored.session_count
    or pairs.lift <> mirrored.lift
