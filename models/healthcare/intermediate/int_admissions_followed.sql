with admissions as (
    select * from {{ ref('int_admissions_merged') }}
),

patients as (
    select * from {{ ref('int_patients_generalised') }}
),

as_of as (
    select * from {{ ref('int_calendar_as_of') }}
),

followed as (
    -- Only the next admission counts: a planned one ends the follow-up of the one before it.
    select
        admissions.*,
        patients.death_date,
        as_of.as_of_date,
        {{ age_in_years('patients.birth_date', 'admissions.admitted_at') }} as age_years,
        lead(admissions.admitted_at) over (
            partition by admissions.patient_id order by admissions.admission_number
        ) as next_admitted_at,
        lead(admissions.is_planned) over (
            partition by admissions.patient_id order by admissions.admission_number
        ) as is_next_planned
    from admissions
    inner join patients on admissions.patient_id = patients.patient_id
    cross join as_of
),

assessed as (
    select
        *,
        {{ days_between('discharged_at', 'next_admitted_at') }} as days_to_next_admission,
        case
            when death_date <= cast(discharged_at as date) then 'died_in_stay'
            when age_years is null or age_years < {{ var('readmission_minimum_age') }} then 'under_age'
            when is_planned then 'planned_care'
            when {{ days_between('discharged_at', 'as_of_date') }} < {{ var('readmission_days') }}
                then 'follow_up_incomplete'
        end as exclusion_reason
    from followed
)

select
    *,
    exclusion_reason is null as is_index_admission,
    coalesce(
        exclusion_reason is null
        and not is_next_planned
        and days_to_next_admission <= {{ var('readmission_days') }}, false
    ) as is_readmitted
from assessed
