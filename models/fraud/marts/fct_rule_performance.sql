with rules as (
    select rule_id from {{ ref('alert_rules') }}
    union all
    select 'ANY' as rule_id
    union all
    select 'SOURCE' as rule_id
),

days as (
    select
        day_number,
        cast(count(*) as integer) as transaction_count,
        cast(sum(case when is_fraud then 1 else 0 end) as integer) as fraud_count
    from {{ ref('fct_transactions') }}
    group by day_number
),

alerts as (
    select
        rule_id,
        day_number,
        cast(count(*) as integer) as alert_count,
        cast(sum(case when is_fraud then 1 else 0 end) as integer) as true_alert_count
    from {{ ref('int_alerts_judged') }}
    group by rule_id, day_number
)

select
    rules.rule_id,
    days.day_number,
    days.transaction_count,
    days.fraud_count,
    coalesce(alerts.alert_count, 0) as alert_count,
    coalesce(alerts.true_alert_count, 0) as true_alert_count,
    {{ safe_divide('alerts.true_alert_count', 'alerts.alert_count') }} as alert_precision,
    {{ safe_divide('coalesce(alerts.true_alert_count, 0)', 'days.fraud_count') }} as alert_recall,
    {{ safe_divide('1000 * coalesce(alerts.alert_count, 0)', 'days.transaction_count') }}
        as alerts_per_thousand
from rules
cross join days
left join alerts on rules.rule_id = alerts.rule_id and days.day_number = alerts.day_number
