with alerts as (
    select * from {{ ref('int_alerts_raised') }}
),

transactions as (
    select * from {{ ref('fct_transactions') }}
)

select
    alerts.transaction_id,
    alerts.rule_id,
    alerts.severity,
    alerts.account_id,
    alerts.step,
    alerts.day_number,
    alerts.amount,
    transactions.transaction_type,
    transactions.is_fraud
from alerts
inner join transactions on alerts.transaction_id = transactions.transaction_id
