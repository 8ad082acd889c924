with daily as (
    select * from {{ ref('fct_rule_performance') }}
),

totals as (
    select
        rule_id,
        cast(sum(transaction_count) as integer) as transaction_count,
        cast(sum(fraud_count) as integer) as fraud_count,
        cast(sum(alert_count) as integer) as alert_count,
        cast(sum(true_alert_count) as integer) as true_alert_count,
        max(alert_count) as busiest_day_alert_count
    from daily
    group by rule_id
)

select
    totals.rule_id,
    coalesce(rules.rule_name, case when totals.rule_id = 'ANY' then 'any rule' else 'flag of the source' end)
        as rule_name,
    totals.transaction_count,
    totals.fraud_count,
    totals.alert_count,
    totals.true_alert_count,
    totals.busiest_day_alert_count,
    {{ safe_divide('totals.true_alert_count', 'totals.alert_count') }} as alert_precision,
    {{ safe_divide('totals.true_alert_count', 'totals.fraud_count') }} as alert_recall,
    {{ safe_divide('1000 * totals.alert_count', 'totals.transaction_count') }} as alerts_per_thousand
from totals
left join {{ ref('alert_rules') }} as rules on totals.rule_id = rules.rule_id
