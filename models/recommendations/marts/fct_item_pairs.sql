with session_items as (
    select * from {{ ref('int_session_items') }}
),

pairs as (
    {{ item_pairs('session_items') }}
)

select
    *,
    cast(row_number() over (
        partition by item_id order by confidence desc, lift desc, other_item_id asc
    ) as integer) as pair_rank
from pairs
