with transactions as (
    select * from {{ ref('int_transactions_keyed') }}
),

reconciled as (
    select * from {{ ref('int_transactions_reconciled') }}
)

select
    transactions.transaction_id,
    transactions.step,
    transactions.day_number,
    transactions.transacted_at,
    transactions.transaction_type,
    transactions.amount,
    transactions.origin_id,
    transactions.destination_id,
    transactions.occurrence_number,
    transactions.origin_old_balance,
    transactions.origin_new_balance,
    transactions.destination_old_balance,
    transactions.destination_new_balance,
    reconciled.origin_balance_status,
    reconciled.origin_unexplained_amount,
    reconciled.destination_balance_status,
    reconciled.destination_unexplained_amount,
    transactions.is_fraud,
    transactions.is_flagged_by_source
from transactions
inner join reconciled on transactions.transaction_id = reconciled.transaction_id
