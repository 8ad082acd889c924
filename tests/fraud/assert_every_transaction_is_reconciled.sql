-- Failing means: the reconciliation lost or counted twice a side of a transaction, or one has no status.
with counted as (
    select
        sum(transaction_count) as side_count,
        sum(adds_up_count + no_balance_count + untracked_count + overdrawn_count + does_not_add_up_count)
            as status_count
    from {{ ref('fct_balance_reconciliation') }}
),

expected as (
    select 2 * count(*) as side_count from {{ ref('int_transactions_keyed') }}
)

select counted.*
from counted
cross join expected
where counted.side_count <> expected.side_count or counted.status_count <> expected.side_count
