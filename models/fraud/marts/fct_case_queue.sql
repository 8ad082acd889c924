with alerts as (
    select * from {{ ref('int_alerts_grouped') }}
),

newest as (
    select max(step) as step from {{ ref('fct_transactions') }}
),

cases as (
    select
        account_id,
        case_number,
        cast(min(step) as integer) as opened_step,
        cast(max(step) as integer) as last_alert_step,
        cast(count(*) as integer) as alert_count,
        cast(count(distinct rule_id) as integer) as rule_count,
        cast(count(distinct transaction_id) as integer) as transaction_count,
        cast(sum(amount_at_risk) as numeric(18, 2)) as amount_at_risk,
        max(case when severity = 'high' then 1 else 0 end) = 1 as has_high_severity
    from alerts
    group by account_id, case_number
),

prioritised as (
    select
        cases.*,
        newest.step - cases.last_alert_step <= {{ var('case_gap_steps') }} as is_open,
        case
            when cases.has_high_severity and cases.amount_at_risk >= {{ var('case_high_amount') }} then 1
            when cases.has_high_severity or cases.amount_at_risk >= {{ var('case_high_amount') }} then 2
            else 3
        end as priority
    from cases
    cross join newest
)

select
    {{ dbt.concat(['account_id', "'-'", 'cast(case_number as ' ~ dbt.type_string() ~ ')']) }} as case_id,
    *,
    cast(
        row_number() over (
            order by
                case when is_open then 0 else 1 end asc,
                priority asc,
                amount_at_risk desc,
                account_id asc,
                case_number asc
        ) as integer
    ) as queue_position
from prioritised
