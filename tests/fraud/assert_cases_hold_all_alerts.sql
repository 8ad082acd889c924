-- Failing means: an alert is in no case or in two, or an amount at risk counts a transaction of an account
-- twice.
with alerts as (
    select
        account_id,
        transaction_id,
        max(amount) as amount,
        count(*) as alert_count
    from {{ ref('fct_alerts') }}
    group by account_id, transaction_id
),

alerted as (
    select
        account_id,
        sum(alert_count) as alert_count,
        sum(amount) as amount
    from alerts
    group by account_id
),

queued as (
    select
        account_id,
        sum(alert_count) as alert_count,
        sum(amount_at_risk) as amount
    from {{ ref('fct_case_queue') }}
    group by account_id
)

select
    coalesce(alerted.account_id, queued.account_id) as account_id,
    alerted.amount as alerted_amount,
    queued.amount as queued_amount
from alerted
full outer join queued on alerted.account_id = queued.account_id
where
    coalesce(alerted.alert_count, -1) <> coalesce(queued.alert_count, -1)
    or coalesce(alerted.amount, -1) <> coalesce(queued.amount, -1)
