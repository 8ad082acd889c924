with alerts as (
    select * from {{ ref('fct_alerts') }}
),

transactions as (
    select * from {{ ref('fct_transactions') }}
)

-- Beside each rule: all rules together, and the flag that the source itself sets, as the mark to beat.
select
    rule_id,
    day_number,
    transaction_id,
    is_fraud
from alerts
union all
select distinct
    'ANY' as rule_id,
    day_number,
    transaction_id,
    is_fraud
from alerts
union all
select
    'SOURCE' as rule_id,
    day_number,
    transaction_id,
    is_fraud
from transactions
where is_flagged_by_source
