with alerts as (
    select * from {{ ref('int_alerts_raised') }}
),

spaced as (
    select
        *,
        lag(step) over (partition by account_id order by step, transaction_id, rule_id) as previous_step,
        row_number() over (partition by account_id, transaction_id order by rule_id) as alert_of_transaction
    from alerts
)

-- A quiet time longer than the gap closes a case: the next alert opens another. What several rules found in
-- one transaction is at risk once.
select
    rule_id,
    severity,
    transaction_id,
    step,
    amount,
    account_id,
    cast(
        1 + sum(case when step - previous_step > {{ var('case_gap_steps') }} then 1 else 0 end) over (
            partition by account_id order by step, transaction_id, rule_id
            rows between unbounded preceding and current row
        ) as integer
    ) as case_number,
    cast(case when alert_of_transaction = 1 then amount else 0 end as numeric(18, 2)) as amount_at_risk
from spaced
