{%- set content = [
    'step', 'transaction_type', 'amount', 'origin_id', 'origin_old_balance', 'origin_new_balance',
    'destination_id', 'destination_old_balance', 'destination_new_balance'
] -%}

with transactions as (
    select * from {{ ref('stg_paysim__transactions') }}
),

counted as (
    -- Which of two rows alike is the first is all the same, but for the label: one that says fraud goes
    -- first.
    select
        *,
        cast(
            row_number() over (
                partition by {{ content | join(', ') }}
                order by is_fraud desc, is_flagged_by_source desc
            ) as integer
        ) as occurrence_number
    from transactions
)

-- PaySim gives no id. Content and occurrence make one that depends neither on the order of rows in the file
-- nor on the labels, which come later. Where the origin's balance moved, a row alike cannot be a second
-- transaction, as that would start from the new balance: it is the first one sent again.
select
    {{ dbt.hash(dbt.concat([
        dbt.safe_cast('step', dbt.type_string()), "'|'", 'transaction_type', "'|'",
        dbt.safe_cast('amount', dbt.type_string()), "'|'", 'origin_id', "'|'",
        dbt.safe_cast('origin_old_balance', dbt.type_string()), "'|'",
        dbt.safe_cast('origin_new_balance', dbt.type_string()), "'|'", 'destination_id', "'|'",
        dbt.safe_cast('destination_old_balance', dbt.type_string()), "'|'",
        dbt.safe_cast('destination_new_balance', dbt.type_string()), "'|'",
        dbt.safe_cast('occurrence_number', dbt.type_string())
    ])) }} as transaction_id,
    *,
    {{ day_of_step('step') }} as day_number,
    {{ moment_of_step('step') }} as transacted_at
from counted
where occurrence_number = 1 or origin_old_balance = origin_new_balance
