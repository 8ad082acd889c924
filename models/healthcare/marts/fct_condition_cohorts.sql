with conditions as (
    select * from {{ ref('int_conditions_grouped') }}
),

patients as (
    select * from {{ ref('int_patients_generalised') }}
),

latest as (
    select * from {{ ref('int_observations_latest') }}
)

select
    {{ hash_identifier('conditions.patient_id') }} as patient_key,
    conditions.cohort,
    {{ year_of('conditions.onset_date') }} as onset_year,
    {{ age_band(age_in_years('patients.birth_date', 'conditions.onset_date')) }} as onset_age_band,
    conditions.is_active,
    case
        when conditions.cohort = 'diabetes' then latest.hba1c_percent <= 9.0
        when conditions.cohort = 'hypertension' then latest.systolic_mmhg < 140 and latest.diastolic_mmhg < 90
    end as is_controlled
from conditions
inner join patients on conditions.patient_id = patients.patient_id
left join latest on conditions.patient_id = latest.patient_id
