with evaluation_window as (
    select * from {{ ref('int_evaluation_window') }}
),

session_items as (
    -- Of a session that the cut-off divides, only what came before counts.
    select
        items.session_id,
        items.item_id
    from {{ ref('int_session_items') }} as items
    cross join evaluation_window
    where items.first_event_at < evaluation_window.cutoff_date
),

pairs as (
    {{ item_pairs('session_items') }}
)

select * from pairs
