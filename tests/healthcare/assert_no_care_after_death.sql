-- Failing means: a patient was treated after the day of death, so the death or the encounter belongs to
-- someone else. Such stays are left out of admissions. 308646001, the death certificate, is an encounter
-- that follows death.
{{ config(severity='warn', group='healthcare') }}

select
    encounters.encounter_id,
    encounters.started_at,
    patients.death_date
from {{ ref('int_encounters_costed') }} as encounters
inner join {{ ref('stg_synthea__patients') }} as patients on encounters.patient_id = patients.patient_id
where
    cast(encounters.started_at as date) > patients.death_date
    and encounters.encounter_code <> '308646001'
