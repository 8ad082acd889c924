with features as (
    select * from {{ ref('fct_transaction_features') }}
),

rules as (
    select * from {{ ref('alert_rules') }}
)

select
    rules.rule_id,
    rules.severity,
    features.transaction_id,
    features.step,
    features.day_number,
    features.amount,
    case when rules.suspect = 'origin' then features.origin_id else features.destination_id end as account_id
from features
inner join rules on {{ meets_rule('features', 'rules') }}
