with supplies as (
    select * from {{ ref('int_medications_supplied') }}
),

preceded as (
    select
        *,
        max(covered_to_date) over (
            partition by patient_id, drug_class
            order by covered_from_date, covered_to_date, ingredient
            rows between unbounded preceding and 1 preceding
        ) as previous_to_date
    from supplies
),

numbered as (
    -- Days on two drugs of a class count once: supplies that touch or overlap become one period.
    select
        *,
        sum(
            case when {{ days_between('previous_to_date', 'covered_from_date') }} <= 1 then 0 else 1 end
        ) over (
            partition by patient_id, drug_class
            order by covered_from_date, covered_to_date, ingredient
            rows between unbounded preceding and current row
        ) as period_number
    from preceded
)

select
    patient_id,
    drug_class,
    cast(period_number as integer) as period_number,
    min(covered_from_date) as covered_from_date,
    max(covered_to_date) as covered_to_date
from numbered
group by patient_id, drug_class, period_number
