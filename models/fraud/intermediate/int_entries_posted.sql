with transactions as (
    select * from {{ ref('int_transactions_keyed') }}
),

entries as (
    select
        transaction_id,
        'origin' as account_role,
        origin_id as account_id,
        destination_id as counterparty_id,
        step,
        amount,
        case when transaction_type = 'CASH_IN' then 0 else 1 end as paid,
        case when transaction_type = 'CASH_IN' then 1 else 0 end as received
    from transactions
    union all
    -- The other side of a deposit is whoever takes the notes: that is no payment by the account.
    select
        transaction_id,
        'destination' as account_role,
        destination_id as account_id,
        origin_id as counterparty_id,
        step,
        amount,
        0 as paid,
        case when transaction_type = 'CASH_IN' then 0 else 1 end as received
    from transactions
)

select
    *,
    cast(paid * amount as numeric(18, 2)) as paid_amount,
    cast(received * amount as numeric(18, 2)) as received_amount,
    cast(paid * amount * amount as numeric(28, 4)) as paid_amount_squared,
    case when {{ is_near_threshold('amount') }} then 1 else 0 end as near_threshold,
    -- Any one of a step's entries may be the first, as only whole steps are counted.
    case
        when row_number() over (
                partition by account_id, counterparty_id order by step, transaction_id, account_role
            ) = 1
            then 1
        else 0
    end as new_counterparty
from entries
