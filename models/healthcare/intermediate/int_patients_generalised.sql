with patients as (
    select * from {{ ref('stg_synthea__patients') }}
),

as_of as (
    select * from {{ ref('int_calendar_as_of') }}
),

dated as (
    select
        patients.*,
        coalesce(patients.death_date, as_of.as_of_date) as age_on_date,
        -- A birth still to come, or after the death, is an error of entry: the patient stays, the age is
        -- unknown.
        case
            when patients.birth_date <= coalesce(patients.death_date, as_of.as_of_date)
                then patients.birth_date
        end as known_birth_date
    from patients
    cross join as_of
),

aged as (
    select
        *,
        {{ age_in_years('known_birth_date', 'age_on_date') }} as age_years
    from dated
)

select
    patient_id,
    known_birth_date as birth_date,
    death_date,
    gender,
    race,
    ethnicity,
    marital_status,
    state,
    {{ zip3('zip') }} as zip3,
    {{ age_band('age_years') }} as age_band,
    -- The birth year of a patient of 90 or more would give the age away.
    case when age_years < 90 then {{ year_of('known_birth_date') }} end as birth_year,
    {{ year_of('death_date') }} as death_year,
    death_date is not null as is_deceased
from aged
