with encounters as (
    select * from {{ ref('int_encounters_costed') }}
),

patients as (
    select * from {{ ref('int_patients_generalised') }}
),

as_of as (
    select * from {{ ref('int_calendar_as_of') }}
),

services as (
    select
        patient_id,
        started_at as served_at
    from encounters
    union all
    select
        patient_id,
        served_at
    from {{ ref('stg_synthea__claims') }}
)

-- The export that we read has no enrolment: a member is one from the month of the first service to that of
-- death, or to the end of the data.
select
    services.patient_id,
    {{ month_of('min(services.served_at)') }} as first_month,
    {{ month_of('min(coalesce(patients.death_date, as_of.as_of_date))') }} as last_month
from services
inner join patients on services.patient_id = patients.patient_id
cross join as_of
group by services.patient_id
