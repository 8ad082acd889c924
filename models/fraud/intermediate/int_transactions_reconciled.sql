with transactions as (
    select * from {{ ref('int_transactions_keyed') }}
),

moved as (
    -- A deposit moves money to the origin, everything else away from it.
    select
        *,
        case when transaction_type = 'CASH_IN' then amount else -amount end as origin_movement
    from transactions
)

select
    transaction_id,
    {{ balance_status('origin_id', 'origin_old_balance', 'origin_new_balance', 'origin_movement') }}
        as origin_balance_status,
    cast(
        case
            when not {{ is_merchant('origin_id') }} then origin_new_balance - origin_old_balance - origin_movement
        end as numeric(18, 2)
    ) as origin_unexplained_amount,
    {{
        balance_status(
            'destination_id',
            'destination_old_balance',
            'destination_new_balance',
            '(-origin_movement)',
        )
    }}
        as destination_balance_status,
    cast(
        case
            when not {{ is_merchant('destination_id') }}
                then destination_new_balance - destination_old_balance + origin_movement
        end as numeric(18, 2)
    ) as destination_unexplained_amount
from moved
