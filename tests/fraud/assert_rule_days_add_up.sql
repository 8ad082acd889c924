-- Failing means: the score of a rule over all days is not what its alerts say, so a day was lost or doubled.
with alerts as (
    select
        rule_id,
        count(*) as alert_count,
        sum(case when is_fraud then 1 else 0 end) as true_alert_count
    from {{ ref('fct_alerts') }}
    group by rule_id
)

select
    scores.rule_id,
    scores.alert_count
from {{ ref('fct_rule_scorecard') }} as scores
left join alerts on scores.rule_id = alerts.rule_id
where
    scores.rule_id not in ('ANY', 'SOURCE')
    and (
        scores.alert_count <> coalesce(alerts.alert_count, 0)
        or scores.true_alert_count <> coalesce(alerts.true_alert_count, 0)
    )
