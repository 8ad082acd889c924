with encounters as (
    select * from {{ ref('int_encounters_costed') }}
),

patients as (
    select * from {{ ref('int_patients_generalised') }}
),

procedures as (
    select
        encounter_id,
        cast(count(*) as integer) as procedure_count
    from {{ ref('stg_synthea__procedures') }}
    group by encounter_id
)

select
    {{ hash_identifier('encounters.encounter_id') }} as encounter_key,
    {{ hash_identifier('encounters.patient_id') }} as patient_key,
    {{ year_of('encounters.started_at') }} as encounter_year,
    {{ age_band(age_in_years('patients.birth_date', 'encounters.started_at')) }} as age_band,
    encounters.encounter_class,
    encounters.encounter_code,
    encounters.encounter_description,
    encounters.reason_code,
    encounters.reason_description,
    encounters.payer_name,
    coalesce(procedures.procedure_count, 0) as procedure_count,
    encounters.total_cost_usd,
    encounters.payer_paid_usd,
    encounters.patient_paid_usd,
    encounters.has_impossible_dates
from encounters
inner join patients on encounters.patient_id = patients.patient_id
left join procedures on encounters.encounter_id = procedures.encounter_id
