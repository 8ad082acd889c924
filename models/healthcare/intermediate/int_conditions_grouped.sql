with conditions as (
    select * from {{ ref('stg_synthea__conditions') }}
),

codes as (
    select * from {{ ref('chronic_condition_codes') }}
),

as_of as (
    select * from {{ ref('int_calendar_as_of') }}
)

-- A patient is in a cohort once, from the first of its codes, and stays active while any of them is
-- unresolved.
select
    conditions.patient_id,
    codes.cohort,
    min(conditions.onset_date) as onset_date,
    max(
        case
            when conditions.resolved_date is null or conditions.resolved_date > as_of.as_of_date then 1
            else 0
        end
    ) = 1 as is_active
from conditions
inner join codes on conditions.condition_code = codes.condition_code
cross join as_of
group by conditions.patient_id, codes.cohort
