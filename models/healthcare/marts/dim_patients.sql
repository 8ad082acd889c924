with patients as (
    select * from {{ ref('int_patients_generalised') }}
),

encounters as (
    select
        *,
        row_number() over (partition by patient_id order by started_at desc, encounter_id asc) as recency
    from {{ ref('int_encounters_costed') }}
    where not has_impossible_dates
)

select
    {{ hash_identifier('patients.patient_id') }} as patient_key,
    patients.gender,
    patients.race,
    patients.ethnicity,
    patients.marital_status,
    patients.state,
    patients.zip3,
    patients.age_band,
    patients.birth_year,
    patients.death_year,
    patients.is_deceased,
    encounters.payer_name as latest_payer_name
from patients
left join encounters on patients.patient_id = encounters.patient_id and encounters.recency = 1
